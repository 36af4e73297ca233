import { Byte } from './bytes.ts';
import type { BodyFamily, FamilySet } from './body-family.ts';
import { freeParts, type FamilyBlock, type LabelledExposition } from './family-block.ts';
import type { LabelUsage } from './label-limits.ts';
import type { LabelRules } from './label-rules.ts';
import { MetricType, suffixes } from './metric-type.ts';
import type { LineProblem } from './line-problem.ts';
import type { NameTable } from './name-table.ts';
import { ScanError } from './scan-error.ts';

/** What a family takes beside its bytes and its name: while its body is read, garbage and tables included, and afterwards. Measured. */
const FAMILY_BYTES = 1000;
const KEPT_FAMILY_BYTES = 670;

/** What a histogram's or summary's samples have behind its name. */
const SUFFIXES = suffixes(MetricType.histogram);
const FAMILIES_A_STEP = 20_000;
/** Families without samples that are told of. */
const MOST_BARE = 5000;

/** What is known of one body while it is scanned. */
export class Body {
  readonly rules: LabelRules;
  readonly names: NameTable;
  readonly families: FamilySet;
  /** Where samples go that are not in the family of their name. */
  readonly #homes: Map<number, BodyFamily> = new Map();
  /** Lines before the part that is scanned now; for error messages. */
  linesBefore: number = 0;
  /** Samples that were scraped and cannot be written; see OpenMetricsReader. */
  unwritten: number = 0;
  /** Whether its text is what OpenMetricsReader made of it. */
  readonly rewritten: boolean;
  /** Bytes of the parts that its families have. */
  packedBytes: number = 0;
  readonly usage: LabelUsage = { labels: 0, nameLength: 0, valueLength: 0 };
  /** Whether its samples are only counted: it will be refused, or has been. */
  discarded: boolean = false;
  readonly #sampleLimit: number;
  readonly #namesBefore: number;
  #full = false;

  /** `families` is where its families will be, and is empty; `sampleLimit` is how many samples it may have; 0 is any number. */
  constructor(
    rules: LabelRules,
    families: FamilySet,
    { sampleLimit = 0, rewritten = false }: { sampleLimit?: number; rewritten?: boolean } = {},
  ) {
    const { names } = families;
    this.rules = rules;
    this.names = names;
    this.families = families;
    this.rewritten = rewritten;
    this.#sampleLimit = sampleLimit;
    this.#namesBefore = names.bytes;
  }

  /** Samples so far. */
  get samples(): number {
    const { list, size } = this.families;
    let samples = this.unwritten;
    for (let i = 0; i < size; i++) samples += list[i]!.samples;
    return samples;
  }

  /** Whether one more sample is beyond what it may have. */
  get isFull(): boolean {
    // Counting takes time, and there are never fewer.
    this.#full ||= this.#sampleLimit > 0 && this.samples >= this.#sampleLimit;
    return this.#full;
  }

  /** Memory that it takes, in bytes. */
  get heldBytes(): number {
    return this.packedBytes + this.#nameBytes + this.families.size * FAMILY_BYTES;
  }

  /** Bytes of names and HELP texts that came since it began, and are mostly its own. */
  get #nameBytes(): number {
    return Math.max(0, this.names.bytes - this.#namesBefore);
  }

  /** Takes note of what was packed. Of a body with more samples than it may have no bytes are kept. */
  packed(bytes: number): void {
    this.packedBytes += bytes;
    if (this.#sampleLimit > 0 && !this.discarded && this.samples > this.#sampleLimit) this.discard();
  }

  /** Lets go of the bytes so far; those to come are not kept either. */
  discard(): void {
    this.discarded = true;
    this.packedBytes = 0;
    const { list, size } = this.families;
    for (let i = 0; i < size; i++) {
      freeParts(list[i]!.parts);
      list[i]!.clear();
    }
  }

  /** The family of that very name, made when it is new. */
  family(name: number): BodyFamily {
    return this.families.begin(name);
  }

  /** Takes note of a TYPE line. The last one counts, as long as the samples so far can be of that type. */
  declare(family: BodyFamily, type: MetricType): void {
    if (!family.owns) family.type = type;
  }

  /**
   * The family that samples of that name belong to: the one of their name where that was declared, else the declared
   * histogram or summary whose suffix they have, else one of their own. What the first of them finds holds for all, so
   * that the samples of a series keep their order.
   */
  familyOfSample(name: number): BodyFamily {
    const own = this.families.find(name);
    if (own?.settled === true) return own;
    const known = this.#homes.get(name);
    if (known !== undefined) return known;
    const declared = own !== undefined && own.type !== MetricType.none;
    const home = declared ? own : (this.#owner(name) ?? this.family(name));
    if (home.name === name) home.settled = true;
    else {
      home.owns = true;
      this.#homes.set(name, home);
    }
    return home;
  }

  #owner(name: number): BodyFamily | undefined {
    const base = this.names.withoutSuffix(name, SUFFIXES);
    const family = base === undefined ? undefined : this.families.find(base.number);
    return family !== undefined && suffixes(family.type).includes(base!.suffix) ? family : undefined;
  }

  /** What a problem in the line at `at` makes of the body, when the part that is scanned begins at `start`. */
  refusal(
    { message, counted, limit }: LineProblem,
    buffer: Uint8Array,
    start: number,
    at: number,
  ): ScanError {
    let line = this.linesBefore + 1;
    for (let i = start; i < at; i++) if (buffer[i] === Byte.newline) line++;
    const samplesPost = this.samples;
    const samples = samplesPost + Number(counted);
    return new ScanError(message, { line, samples, samplesPost, limit, usage: this.usage });
  }

  /** What the body became once all of it is scanned. Pauses now and then, as `BodyReader` does. */
  *finish(): Generator<void, LabelledExposition, void> {
    const { families: set } = this;
    const { list, size } = set;
    for (let i = 0; i < size; i++) {
      if (i % FAMILIES_A_STEP === FAMILIES_A_STEP - 1) yield;
      const family = list[i]!;
      if (family.type !== MetricType.none || family.samples === 0) continue;
      // Samples that came before the TYPE line of their histogram or summary.
      const owner = this.#owner(family.name);
      if (owner === undefined) continue;
      owner.takeOver(family);
    }
    const bare: FamilyBlock[] = [];
    let samples = this.unwritten;
    let smallBytes = 0;
    let kept = 0;
    for (let i = 0; i < size; i++) {
      if (i % FAMILIES_A_STEP === FAMILIES_A_STEP - 1) yield;
      const family = list[i]!;
      if (family.samples === 0) {
        const isDeclared = family.type !== MetricType.none || family.help >= 0;
        if (isDeclared && bare.length < MOST_BARE) bare.push(family);
        continue;
      }
      family.unfit |= this.rules.unfit;
      list[kept++] = family;
      samples += family.samples;
      for (const part of family.parts) if (!part.deflated) smallBytes += part.rawLength;
    }
    set.end(kept);
    set.rules = this.rules;
    const heldBytes = this.packedBytes + this.#nameBytes + (kept + bare.length) * KEPT_FAMILY_BYTES;
    const { names, usage } = this;
    return { set, names, families: list, bare, samples, smallBytes, heldBytes, usage };
  }
}
