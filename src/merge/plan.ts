import { MetricType } from '../exposition/metric-type.ts';
import { unfitFor } from '../exposition/unfit.ts';
import { ConflictCounter, type Conflicts } from './conflicts.ts';
import { IntList } from './int-list.ts';
import { PlannedFamilies } from './planned-families.ts';
import type { SurveyReader } from './survey.ts';
import { Votes } from './votes.ts';

/** Types whose samples have names with suffixes. */
const COMPOSED_KINDS = (1 << MetricType.histogram) | (1 << MetricType.summary);
/** Families that are worked on between two pauses. */
const STEP_FAMILIES = 256;
const REPORTS_FIRST = [true, false] as const;

/** The types of families that were decided against what their targets elect, by name. */
export interface DecidedTypes {
  readonly names: readonly string[];
  readonly types: readonly MetricType[];
}

export const NOTHING_DECIDED: DecidedTypes = { names: [], types: [] };

/** What came of planning an answer. */
export interface Planned {
  /** What is written, when nothing is disputed. */
  readonly families: PlannedFamilies;
  /**
   * The families that hold samples which strict readers refuse under the type that is to be written: those where targets
   * disagree and one of them has a histogram or summary, and those with samples that are unfit. For each worker, index
   * and type of those that it has. Undefined when there are none.
   */
  readonly disputed: readonly Int32Array<ArrayBuffer>[] | undefined;
  /** What was decided before, and the types of the disputed families. */
  readonly decided: DecidedTypes;
  readonly conflicts: Conflicts;
  /** Families in which two targets, or a target and the report, may have the same series; not all where there are very many. */
  readonly claimed: readonly string[];
}

/** Tells by label names whether targets can have the same series. */
export interface CollisionCheck {
  mayCollide(labelTexts: Iterable<string>): boolean;
}

/** Families with claims that are listed. */
const MOST_CLAIMED = 1000;

/**
 * Merges the surveys of the workers. Every family gets the type and the HELP that most of its targets have, or the type
 * that was decided. Where settling one has shown that samples of its own name are refused, it is untyped: all samples are
 * kept. Within a family report series come first, then the targets in the order of the workers, which is theirs.
 *
 * Yields the reader that needs its next page, which it must have been given when the generator goes on; or undefined,
 * every few hundred families, so that others can have their turn.
 */
export function* planAnswer(
  readers: readonly SurveyReader[],
  before: DecidedTypes,
  check?: CollisionCheck,
): Generator<SurveyReader | undefined, Planned, void> {
  const families = new PlannedFamilies();
  const conflicts = { types: new ConflictCounter(), helps: new ConflictCounter() };
  const decisions = new Decisions(before, readers.length);
  const votes = new Votes();
  const claimed: string[] = [];
  const labels = new Set<string>();
  for (const reader of readers) if (reader.hungry) yield reader;
  for (;;) {
    const name = leastName(readers);
    if (name === undefined) break;
    votes.clear();
    labels.clear();
    let exposed = 0;
    let kinds = 0;
    let unfit = 0;
    let stuck = false;
    let reported = false;
    for (const report of REPORTS_FIRST) {
      for (let worker = 0; worker < readers.length; worker++) {
        const reader = readers[worker]!;
        if (reader.name !== name || reader.report !== report) continue;
        families.addSource(worker, reader.index);
        if (report) reported = true;
        else {
          exposed++;
          labels.add(reader.labels);
          decisions.has(worker, reader.index);
        }
        reader.addVotesTo(votes);
        kinds |= reader.kinds;
        unfit |= reader.unfit;
        stuck ||= reader.stuck;
        reader.next();
        if (reader.hungry) yield reader;
      }
    }
    const decided = decisions.typeOf(name);
    const elected = stuck ? MetricType.untyped : (decided ?? votes.electType());
    const type = families.add(name, elected, votes.electHelp());
    const foreign = kinds & COMPOSED_KINDS & ~(1 << type);
    const disputed = stuck || foreign !== 0 || (unfit & unfitFor(type)) !== 0;
    decisions.end(name, disputed ? type : undefined);
    if (check !== undefined && exposed > 0 && claimed.length < MOST_CLAIMED) {
      if (reported || check.mayCollide(labels)) claimed.push(Buffer.from(name).toString());
    }
    if (!reported && votes.typesDiffer) conflicts.types.add(name);
    if (!reported && votes.helpsDiffer) conflicts.helps.add(name);
    if (families.size % STEP_FAMILIES === 0) yield undefined;
  }
  return { families, ...decisions.made(), conflicts, claimed };
}

function leastName(readers: readonly SurveyReader[]): string | undefined {
  let least: string | undefined;
  for (const { name } of readers) {
    if (name !== undefined && (least === undefined || name < least)) least = name;
  }
  return least;
}

/** Goes through the types that were decided before, by name, and takes down those that are decided now. */
class Decisions {
  readonly #before: DecidedTypes;
  #at = 0;
  readonly #names: string[] = [];
  readonly #types: MetricType[] = [];
  readonly #disputed: readonly IntList[];
  #some = false;
  /** For each worker its index of the family, or -1. */
  readonly #indexes: number[];

  constructor(before: DecidedTypes, workers: number) {
    this.#before = before;
    this.#disputed = Array.from({ length: workers }, () => new IntList(2));
    this.#indexes = Array.from({ length: workers }, () => -1);
  }

  /** A worker has the family that is looked at. */
  has(worker: number, index: number): void {
    this.#indexes[worker] = index;
  }

  /** The type that was decided before. To be asked by name. */
  typeOf(name: string): MetricType | undefined {
    const { names, types } = this.#before;
    for (; this.#at < names.length && names[this.#at]! < name; this.#at++)
      this.#decide(names[this.#at]!, types[this.#at]!);
    return names[this.#at] === name ? types[this.#at] : undefined;
  }

  /** Ends a family, which was asked for; with the type when it is disputed. */
  end(name: string, disputed: MetricType | undefined): void {
    const known = this.#before.names[this.#at] === name;
    const type = disputed ?? (known ? this.#before.types[this.#at] : undefined);
    if (known) this.#at++;
    if (type !== undefined) this.#decide(name, type);
    for (let worker = 0; worker < this.#indexes.length; worker++) {
      const index = this.#indexes[worker]!;
      this.#indexes[worker] = -1;
      if (disputed === undefined || index < 0) continue;
      this.#disputed[worker]!.push(index);
      this.#disputed[worker]!.push(disputed);
      this.#some = true;
    }
  }

  made(): Pick<Planned, 'disputed' | 'decided'> {
    const { names, types } = this.#before;
    for (; this.#at < names.length; this.#at++) this.#decide(names[this.#at]!, types[this.#at]!);
    return {
      disputed: this.#some ? this.#disputed.map((list) => list.toArray()) : undefined,
      decided: { names: this.#names, types: this.#types },
    };
  }

  #decide(name: string, type: MetricType): void {
    this.#names.push(name);
    this.#types.push(type);
  }
}
