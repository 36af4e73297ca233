import type { Labels } from '../discovery/target.ts';
import { escapeLabelValue } from './escape.ts';
import { NO_LABEL_LIMITS, namesFit, type LabelLimits, type LabelUsage } from './label-limits.ts';
import { Unfit, unfitOf } from './unfit.ts';

/** The bytes that a target adds to a sample, in the two places where they can stand. */
export interface Injection {
  /** `a="1",b="2",` for a sample that has labels of its own. Empty when nothing is added. */
  readonly before: Uint8Array;
  /** `{a="1",b="2"}` for a sample without. Empty when nothing is added. */
  readonly alone: Uint8Array;
}

/** One label of a sample as it was exposed, its value unescaped. */
export interface SampleLabel {
  readonly name: string;
  readonly value: string;
}

/** What a sample's labels become: the target's labels to put before them, and its own that stay. */
export interface LabelResult {
  readonly injection: Injection;
  /** What `injection` adds. */
  readonly added: Labels;
  readonly own: readonly SampleLabel[];
}

/**
 * How a target's labels join those of its samples: Prometheus' `mutateSampleLabels` for one target.
 *
 * A reader would add its own `job` and `instance` to a sample that has neither, so a target without one of them adds
 * it with an empty value, which the reader stores as no label.
 */
export class LabelRules {
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly limits: LabelLimits;
  /** Whether there are any. */
  readonly limited: boolean;
  /**
   * A line of at most so many bytes holds no value that breaks a limit. -1 when what the target adds breaks one already, so that every
   * line has to be looked at.
   */
  readonly longestLine: number;
  /** Names of the target's labels, in the order of their bits in a mask. */
  readonly names: readonly string[];
  /** Equal for rules that treat the same label names alike; line shapes are shared by it. */
  readonly shapeKey: string;
  /** What the target's own labels make unfit for strict readers in every family: bits of `Unfit`. */
  readonly unfit: number;
  readonly #labels: Labels;
  readonly #injections: Map<number, Injection> = new Map();

  constructor(
    labels: Labels,
    honorLabels: boolean,
    honorTimestamps: boolean,
    limits: LabelLimits = NO_LABEL_LIMITS,
  ) {
    const complete = [...labels];
    for (const name of ['instance', 'job']) {
      if (!labels.some((label) => label[0] === name)) complete.push([name, '']);
    }
    // A mask has 31 bits. More labels than that can still be told apart by name, never by mask.
    this.#labels = complete.sort((a, b) => (a[0] < b[0] ? -1 : 1));
    this.names = this.#labels.map((label) => label[0]);
    const valueOf = (name: string): string | undefined => labels.find((label) => label[0] === name)?.[1];
    // With an `le` of the target's every sample of a histogram is a bucket, which may have a negative value.
    const le = valueOf('le');
    this.unfit = unfitOf(le, valueOf('quantile'), false, '0') | (le === undefined ? 0 : Unfit.negative);
    this.honorLabels = honorLabels;
    this.honorTimestamps = honorTimestamps;
    this.limits = limits;
    const { labelLimit, labelNameLengthLimit, labelValueLengthLimit: most } = limits;
    const tooLong = most > 0 && labels.some(([, value]) => Buffer.byteLength(value) > most);
    this.limited = labelLimit > 0 || labelNameLengthLimit > 0 || most > 0;
    this.longestLine = tooLong ? -1 : most > 0 ? most : Number.POSITIVE_INFINITY;
    // An empty label counts for no limit.
    const names = this.#labels.map(([name, value]) => (value === '' ? `${name}=` : name)).join(',');
    this.shapeKey = `${honorLabels} ${honorTimestamps} ${labelLimit} ${labelNameLengthLimit} ${names}`;
  }

  /** Whether a mask can say which of the target's labels a sample has. */
  get fitsMask(): boolean {
    return this.names.length <= 31;
  }

  /** What a sample has as that label when it has none of that name of its own; empty for none. */
  value(name: string): string {
    return this.#labels.find((label) => label[0] === name)?.[1] ?? '';
  }

  /** Whether samples with these labels of their own can break a limit by nothing but a long value. */
  fits(own: readonly string[]): boolean {
    return namesFit(this.limits, this.#finalNames(own));
  }

  /** Takes note of how near samples with these labels of their own, the first of which was checked, come to the limits. */
  note(own: readonly string[], usage: LabelUsage): void {
    const names = this.#finalNames(own);
    usage.labels = Math.max(usage.labels, names.length);
    for (const name of names) usage.nameLength = Math.max(usage.nameLength, name.length);
  }

  #finalNames(own: readonly string[]): string[] {
    const added = this.#labels.filter(([name, value]) => value !== '' && !own.includes(name));
    return ['__name__', ...own, ...added.map(([name]) => name)];
  }

  /** What is added to a sample that has, of the target's labels, those in `mask`. Only where labels are honored or `mask` is 0. */
  injection(mask: number): Injection {
    let injection = this.#injections.get(mask);
    if (injection === undefined) {
      injection = encode(this.#labels.filter((_, bit) => (mask & (1 << bit)) === 0));
      this.#injections.set(mask, injection);
    }
    return injection;
  }

  /** The whole rule, for any sample. `sample` has no label named `__name__`. */
  apply(sample: readonly SampleLabel[]): LabelResult {
    const has = (name: string): boolean => sample.some((label) => label.name === name);
    // Prometheus' label builder takes an empty value as the wish to have no label of that name, so where one of two
    // labels of the same name is empty both go.
    const voided = new Set<string>();
    if (sample.some((label) => label.value === '')) {
      const counts = new Map<string, number>();
      for (const { name } of sample) counts.set(name, (counts.get(name) ?? 0) + 1);
      for (const { name, value } of sample) if (value === '' && counts.get(name)! > 1) voided.add(name);
    }
    let own = sample.filter((label) => !voided.has(label.name));
    if (this.honorLabels) {
      const added = this.#labels.filter(([name]) => !has(name));
      const masks = [...voided].filter((name) => this.names.includes(name));
      return { injection: encode([...added, ...masks.map((name) => [name, ''] as const)]), added, own };
    }
    const conflicts: { from: string; to: string; value: string }[] = [];
    for (const [name, value] of this.#labels) {
      if (value === '') continue;
      const exposed = sample.find((label) => label.name === name);
      if (exposed === undefined) continue;
      if (exposed.value !== '') conflicts.push({ from: name, to: name, value: exposed.value });
      own = own.filter((label) => label.name !== name);
    }
    conflicts.sort((a, b) => a.from.length - b.from.length);
    for (const [index, conflict] of conflicts.entries()) {
      do conflict.to = `exported_${conflict.to}`;
      while (
        has(conflict.to) ||
        this.names.includes(conflict.to) ||
        conflicts.slice(0, index).some((earlier) => earlier.to === conflict.to)
      );
    }
    const renamed = conflicts.map(({ to, value }) => ({ name: to, value }));
    const added = this.#labels.filter(([name, value]) => value !== '' || !has(name) || voided.has(name));
    return { injection: encode(added), added, own: [...own, ...renamed] };
  }
}

function encode(labels: Labels): Injection {
  if (labels.length === 0) return { before: new Uint8Array(0), alone: new Uint8Array(0) };
  const text = labels.map(([name, value]) => `${name}="${escapeLabelValue(value)}"`).join(',');
  return { before: Buffer.from(`${text},`), alone: Buffer.from(`{${text}}`) };
}
