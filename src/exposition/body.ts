import { Byte } from './bytes.ts';
import { freeParts, type BlockPart, type FamilyBlock, type LabelledExposition } from './family-block.ts';
import type { LabelUsage } from './label-limits.ts';
import type { LabelRules } from './label-rules.ts';
import { MetricType, suffixes } from './metric-type.ts';
import type { LineProblem } from './line-problem.ts';
import type { NameTable } from './name-table.ts';
import { ScanError } from './scan-error.ts';

// Most families of a body with very many have one segment and one part; a list of exactly that length takes a tenth of one that was pushed to.
const NO_SEGMENTS: readonly number[] = Object.freeze([]);
const NO_PARTS: readonly BlockPart[] = Object.freeze([]);

const NO_KEYS: readonly string[] = Object.freeze([]);
/** What stands for the label names of a family with more kinds of samples than are worth remembering. */
export const ANY_LABELS: readonly string[] = Object.freeze(['*']);
const MOST_KEYS = 4;

/**
 * One metric family of one body while it is scanned, and its block afterwards. A body can have a million of them, so nothing is
 * copied.
 */
export class BodyFamily implements FamilyBlock {
  readonly name: number;
  type: MetricType = MetricType.none;
  /** Number of the HELP text in the name table, or -1. */
  help: number = -1;
  samples: number = 0;
  /** What strict readers may refuse in it: bits of `Unfit`. */
  unfit: number = 0;
  /** Whether it has samples that bear its name with a suffix. Its type stays as it is then. */
  owns: boolean = false;
  /** Whether samples of its very name have come and are in it. */
  settled: boolean = false;
  /** Which label names its samples have: for each kind of sample its names with commas between. `*` alone stands for too many kinds. */
  labelKeys: readonly string[] = NO_KEYS;
  /** Start and end, in the scanner's output, of what is not packed yet. */
  segments: readonly number[] = NO_SEGMENTS;
  /** What is packed. Only the last part may be small and not deflated. */
  parts: readonly BlockPart[] = NO_PARTS;

  constructor(name: number) {
    this.name = name;
  }

  /** Takes note of label names that some of its samples have; `keys` has one entry. */
  noteLabels(keys: readonly string[]): void {
    const key = keys[0]!;
    if (this.labelKeys.length === 0) this.labelKeys = keys;
    else if (!this.labelKeys.includes(key) && this.labelKeys !== ANY_LABELS)
      this.labelKeys = this.labelKeys.length < MOST_KEYS ? [...this.labelKeys, key] : ANY_LABELS;
  }

  /** Whether this is the first segment since the last were taken. */
  addSegment(start: number, end: number): boolean {
    const first = this.segments.length === 0;
    if (first) this.segments = [start, end];
    else (this.segments as number[]).push(start, end);
    return first;
  }

  /** Whether what it has ends with something that is not deflated yet. */
  get isOpen(): boolean {
    return this.segments.length > 0 || this.parts.at(-1)?.deflated === false;
  }

  takeSegments(): readonly number[] {
    const { segments } = this;
    this.segments = NO_SEGMENTS;
    return segments;
  }

  addPart(part: BlockPart): void {
    if (this.parts.length === 0) this.parts = [part];
    else (this.parts as BlockPart[]).push(part);
  }

  /** The last part where it is small and not deflated, which is taken out. */
  takeSmallPart(): BlockPart | undefined {
    const last = this.parts.at(-1);
    return last === undefined || last.deflated ? undefined : (this.parts as BlockPart[]).pop();
  }

  /** Lets go of all bytes. */
  clear(): void {
    this.parts = NO_PARTS;
  }
}

/** What a family takes beside its bytes and its name: while its body is read, garbage and tables included, and afterwards. Measured. */
const FAMILY_BYTES = 1000;
const KEPT_FAMILY_BYTES = 400;

/** What a histogram's or summary's samples have behind its name. */
const SUFFIXES = suffixes(MetricType.histogram);
const FAMILIES_A_STEP = 20_000;
/** Families without samples that are told of. */
const MOST_BARE = 5000;

/** What is known of one body while it is scanned. */
export class Body {
  readonly rules: LabelRules;
  readonly names: NameTable;
  readonly families: Map<number, BodyFamily> = new Map();
  /** Those that have segments. */
  touched: BodyFamily[] = [];
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

  /** `sampleLimit` is how many samples it may have; 0 is any number. */
  constructor(
    rules: LabelRules,
    names: NameTable,
    { sampleLimit = 0, rewritten = false }: { sampleLimit?: number; rewritten?: boolean } = {},
  ) {
    this.rules = rules;
    this.names = names;
    this.rewritten = rewritten;
    this.#sampleLimit = sampleLimit;
    this.#namesBefore = names.bytes;
  }

  /** Samples so far. */
  get samples(): number {
    let samples = this.unwritten;
    for (const family of this.families.values()) samples += family.samples;
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
    for (const family of this.families.values()) {
      freeParts(family.parts);
      family.clear();
    }
  }

  /** The family of that very name, made when it is new. */
  family(name: number): BodyFamily {
    let family = this.families.get(name);
    if (family === undefined) {
      family = new BodyFamily(name);
      this.families.set(name, family);
    }
    return family;
  }

  /** Takes note of a TYPE line. The last one counts, as long as the samples so far can be of that type. */
  declare(name: number, type: MetricType): void {
    const family = this.family(name);
    if (!family.owns) family.type = type;
  }

  /**
   * The family that samples of that name belong to: the one of their name where that was declared, else the declared
   * histogram or summary whose suffix they have, else one of their own. What the first of them finds holds for all, so
   * that the samples of a series keep their order.
   */
  familyOfSample(name: number): BodyFamily {
    const own = this.families.get(name);
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
    const family = base === undefined ? undefined : this.families.get(base.number);
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
    let steps = 0;
    for (const family of this.families.values()) {
      if (++steps % FAMILIES_A_STEP === 0) yield;
      if (family.type !== MetricType.none || family.samples === 0) continue;
      // Samples that came before the TYPE line of their histogram or summary.
      const owner = this.#owner(family.name);
      if (owner === undefined) continue;
      owner.parts = [...family.parts, ...owner.parts];
      owner.samples += family.samples;
      owner.unfit |= family.unfit;
      for (const key of family.labelKeys) owner.noteLabels([key]);
      if (owner.help < 0) owner.help = family.help;
      family.samples = 0;
    }
    const families: FamilyBlock[] = [];
    const bare: FamilyBlock[] = [];
    let samples = this.unwritten;
    let smallBytes = 0;
    for (const family of this.families.values()) {
      if (++steps % FAMILIES_A_STEP === 0) yield;
      if (family.samples === 0) {
        const isDeclared = family.type !== MetricType.none || family.help >= 0;
        if (isDeclared && bare.length < MOST_BARE) bare.push(family);
        continue;
      }
      family.unfit |= this.rules.unfit;
      families.push(family);
      samples += family.samples;
      for (const part of family.parts) if (!part.deflated) smallBytes += part.rawLength;
    }
    const heldBytes =
      this.packedBytes + this.#nameBytes + (families.length + bare.length) * KEPT_FAMILY_BYTES;
    return { names: this.names, families, bare, samples, smallBytes, heldBytes, usage: this.usage };
  }
}
