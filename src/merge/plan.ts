import { unfitFor } from '../exposition/unfit.ts';
import { MetricType, suffixes, typeWord } from '../exposition/metric-type.ts';
import type { SurveyFamily } from './share.ts';

/** One metric family of an answer: its metadata lines, and where its samples are. */
export interface PlannedFamily {
  readonly name: string;
  readonly type: MetricType;
  /** HELP and TYPE lines, as far as any target has them. */
  readonly header: string;
  /** Where its samples come from, in the order in which they are written. */
  readonly sources: readonly { readonly worker: number; readonly index: number }[];
}

/** Types whose samples have names with suffixes. */
const COMPOSED_KINDS = (1 << MetricType.histogram) | (1 << MetricType.summary);

interface Tally {
  readonly name: string;
  kinds: number;
  unfit: number;
  stuck: boolean;
  readonly types: number[];
  readonly helps: Map<string, number>;
  readonly reports: { worker: number; index: number }[];
  readonly exposed: { worker: number; index: number }[];
}

/** The type that most targets declare. A tie goes to the later one of MetricType; no TYPE is no vote. */
function electType(types: readonly number[]): MetricType {
  let elected: number = MetricType.none;
  for (let type = 1; type < types.length; type++) {
    if (types[type]! > 0 && types[type]! >= types[elected]!) elected = type;
  }
  return elected as MetricType;
}

/** The HELP text that most targets have. A tie goes to the one that sorts first. */
function electHelp(helps: ReadonlyMap<string, number>): string {
  let elected = '';
  let most = 0;
  for (const [help, count] of helps) {
    if (count > most || (count === most && help < elected)) [elected, most] = [help, count];
  }
  return elected;
}

function tally(surveys: readonly (readonly SurveyFamily[])[]): Map<string, Tally> {
  const tallies = new Map<string, Tally>();
  for (const [worker, survey] of surveys.entries()) {
    for (const [index, family] of survey.entries()) {
      let sum = tallies.get(family.name);
      if (sum === undefined) {
        sum = {
          name: family.name,
          kinds: 0,
          unfit: 0,
          stuck: false,
          types: [0, 0, 0, 0, 0, 0],
          helps: new Map(),
          reports: [],
          exposed: [],
        };
        tallies.set(family.name, sum);
      }
      sum.kinds |= family.kinds;
      sum.unfit |= family.unfit;
      sum.stuck ||= family.stuck;
      for (const [type, count] of family.types.entries()) sum.types[type]! += count;
      for (const [help, count] of family.helps) sum.helps.set(help, (sum.helps.get(help) ?? 0) + count);
      (family.report ? sum.reports : sum.exposed).push({ worker, index });
    }
  }
  return tallies;
}

/** The histogram or summary among these families that has samples of that name; undefined when there is none. */
function baseOf(name: string, types: ReadonlyMap<string, MetricType>): string | undefined {
  const underscore = Math.max(name.lastIndexOf('_'), 0);
  const base = name.slice(0, underscore);
  return suffixes(types.get(base) ?? MetricType.none).includes(name.slice(underscore)) ? base : undefined;
}

/**
 * The type of each family. One whose samples have the name of those of another histogram or summary cannot be of such a
 * type itself: strict readers would read the other's samples by its rules.
 */
function typesOf(tallies: ReadonlyMap<string, Tally>, decided: DecidedTypes): Map<string, MetricType> {
  const types = new Map<string, MetricType>();
  // A base is shorter than what comes from it.
  for (const sum of [...tallies.values()].sort((a, b) => a.name.length - b.name.length)) {
    const type = sum.stuck ? MetricType.untyped : (decided.get(sum.name) ?? electType(sum.types));
    const shadows = suffixes(type).length > 0 && baseOf(sum.name, types) !== undefined;
    types.set(sum.name, shadows ? MetricType.untyped : type);
  }
  return types;
}

/** The types of families that were decided against what their targets elect. */
export type DecidedTypes = ReadonlyMap<string, MetricType>;

/**
 * The families that hold samples which strict readers refuse under the type that is to be written, with that type:
 * those where targets disagree and one of them has a histogram or summary, and those with samples that are unfit.
 * Where settling one has shown that samples of its own name are refused, it is untyped: all samples are kept.
 */
export function disputedFamilies(
  surveys: readonly (readonly SurveyFamily[])[],
  decided: DecidedTypes = new Map(),
): DecidedTypes {
  const disputed = new Map<string, MetricType>();
  const tallies = tally(surveys);
  const types = typesOf(tallies, decided);
  for (const { name, kinds, unfit, stuck } of tallies.values()) {
    const type = types.get(name)!;
    const foreign = kinds & COMPOSED_KINDS & ~(1 << type);
    if (stuck || foreign !== 0 || (unfit & unfitFor(type)) !== 0) disputed.set(name, type);
  }
  return disputed;
}

/**
 * The families of an answer in the order in which they are written: by name, except that a family whose name is that of
 * a histogram or summary with one of its suffixes stands directly before it, since strict readers refuse it after.
 * Within a family report series come first, then the targets in the order of the workers, which is theirs.
 */
export function planAnswer(
  surveys: readonly (readonly SurveyFamily[])[],
  decided: DecidedTypes = new Map(),
): PlannedFamily[] {
  const tallies = tally(surveys);
  const types = typesOf(tallies, decided);
  return [...tallies.values()]
    .map((sum) => ({ sum, base: baseOf(sum.name, types) }))
    .sort(
      (a, b) =>
        compare(a.base ?? a.sum.name, b.base ?? b.sum.name) ||
        // Before its base, which sorts first by name.
        Number(a.base === undefined) - Number(b.base === undefined) ||
        compare(a.sum.name, b.sum.name),
    )
    .map(({ sum }) => {
      const type = types.get(sum.name)!;
      return {
        name: sum.name,
        type,
        header: headerOf(sum.name, type, electHelp(sum.helps)),
        sources: [...sum.reports, ...sum.exposed],
      };
    });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `help` is escaped already: it comes as the body or the report has it. */
function headerOf(name: string, type: MetricType, help: string): string {
  const helpLine = help === '' ? '' : `# HELP ${name} ${help}\n`;
  const typeLine = type === MetricType.none ? '' : `# TYPE ${name} ${typeWord(type)}\n`;
  return helpLine + typeLine;
}
