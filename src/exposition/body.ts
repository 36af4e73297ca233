import { Byte } from './bytes.ts';
import type { BlockPart, FamilyBlock, LabelledExposition } from './family-block.ts';
import type { LabelRules } from './label-rules.ts';
import { MetricType, suffixes } from './metric-type.ts';
import type { LineProblem } from './line-problem.ts';
import type { NameTable } from './name-table.ts';
import { ScanError } from './scan-error.ts';

/** One metric family of one body while it is scanned. */
export class BodyFamily {
  readonly name: number;
  type: MetricType = MetricType.none;
  /** Number of the HELP text in the name table, or -1. */
  help: number = -1;
  samples: number = 0;
  /** What strict readers may refuse in it: bits of `Unfit`. */
  unfit: number = 0;
  /** Whether it has samples that bear its name with a suffix. Its type stays as it is then. */
  owns: boolean = false;
  /** Start and end, in the scanner's output, of what is not packed yet. */
  readonly segments: number[] = [];
  /** What is packed. Only the last part may be small and not deflated. */
  parts: BlockPart[] = [];

  constructor(name: number) {
    this.name = name;
  }
}

/** What is known of one body while it is scanned. */
export class Body {
  readonly rules: LabelRules;
  readonly names: NameTable;
  readonly families: Map<number, BodyFamily> = new Map();
  readonly #homes: Map<number, BodyFamily> = new Map();
  /** Lines before the part that is scanned now; for error messages. */
  linesBefore: number = 0;
  /** Samples that were scraped and cannot be written; see OpenMetricsReader. */
  unwritten: number = 0;

  constructor(rules: LabelRules, names: NameTable) {
    this.rules = rules;
    this.names = names;
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
    let home = this.#homes.get(name);
    if (home !== undefined) return home;
    const own = this.families.get(name);
    const declared = own !== undefined && own.type !== MetricType.none;
    home = declared ? own : (this.#owner(name) ?? this.family(name));
    if (home.name !== name) home.owns = true;
    this.#homes.set(name, home);
    return home;
  }

  #owner(name: number): BodyFamily | undefined {
    const text = this.names.text(name);
    const underscore = text.lastIndexOf('_');
    if (underscore <= 0) return undefined;
    const suffix = text.slice(underscore);
    if (suffix !== '_bucket' && suffix !== '_sum' && suffix !== '_count') return undefined;
    const base = this.names.find(text.slice(0, underscore));
    const family = base === undefined ? undefined : this.families.get(base);
    return family !== undefined && suffixes(family.type).includes(suffix) ? family : undefined;
  }

  /** What a problem in the line at `at` makes of the body, when the part that is scanned begins at `start`. */
  refusal({ message, counted }: LineProblem, buffer: Uint8Array, start: number, at: number): ScanError {
    let line = this.linesBefore + 1;
    for (let i = start; i < at; i++) if (buffer[i] === Byte.newline) line++;
    let samplesPost = this.unwritten;
    for (const family of this.families.values()) samplesPost += family.samples;
    return new ScanError(message, { line, samples: samplesPost + Number(counted), samplesPost });
  }

  /** What the body became once all of it is scanned. */
  finish(): LabelledExposition {
    for (const family of this.families.values()) {
      if (family.type !== MetricType.none || family.samples === 0) continue;
      // Samples that came before the TYPE line of their histogram or summary.
      const owner = this.#owner(family.name);
      if (owner === undefined) continue;
      owner.parts = [...family.parts, ...owner.parts];
      owner.samples += family.samples;
      owner.unfit |= family.unfit;
      if (owner.help < 0) owner.help = family.help;
      family.samples = 0;
    }
    const families: FamilyBlock[] = [];
    let samples = this.unwritten;
    let smallBytes = 0;
    for (const { name, type, help, samples: count, unfit, parts } of this.families.values()) {
      if (count === 0) continue;
      families.push({ name, type, help, samples: count, unfit: unfit | this.rules.unfit, parts });
      samples += count;
      for (const part of parts) if (!part.deflated) smallBytes += part.rawLength;
    }
    return { names: this.names, families, samples, smallBytes };
  }
}
