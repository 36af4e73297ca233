import type { BlockDeflater } from '../exposition/block-deflater.ts';
import { ANY_LABELS } from '../exposition/body-family.ts';
import type { BlockPart, FamilyBlock, LabelledExposition } from '../exposition/family-block.ts';
import type { LabelRules } from '../exposition/label-rules.ts';
import { MetricType, suffixes } from '../exposition/metric-type.ts';
import type { NameTable } from '../exposition/name-table.ts';
import { compileSelector, MatchLimits, type CompiledMatcher, type Selector } from '../selector/selector.ts';
import { LineSearch } from './line-search.ts';
import { PartPool, PartReader, partOf } from './part.ts';

const METRIC_NAME = '__name__';
/** Labels beyond so many share a bit of a mask. */
const MASK_LABELS = 31;
const ANY_LABEL = ANY_LABELS[0]!;

/** What a selector says of all names that a family's samples can have. */
const Names = { none: 0, some: 1, all: 2 } as const;
type Names = (typeof Names)[keyof typeof Names];

/** What the selectors say of a family's names, one after the other. One object for all that are the same. */
type NameVerdict = readonly Names[];

/** What of a family block matches: nothing, all of it, or the lines that a search finds. */
type BlockVerdict = 'none' | 'all' | LineSearch;

/** What is known of a target's labels: for each selector, which of its matchers fit them where a sample has no label of that name. */
interface TargetVerdict {
  readonly fits: readonly (readonly boolean[])[];
  readonly blocks: Map<NameVerdict, Map<number, BlockVerdict>>;
}

interface Choice {
  readonly onName: readonly CompiledMatcher[];
  readonly onLabels: readonly { readonly matcher: CompiledMatcher; readonly bit: number }[];
}

/** Lines of one family block that match. */
export interface BlockMatch {
  readonly block: FamilyBlock;
  readonly parts: readonly BlockPart[];
  /** Memory that the parts take where they are not the block's own. */
  readonly copiedBytes: number;
}

/** What a match takes beside the bytes of its parts, about. */
const MATCH_BYTES = 200;

/** Family blocks that are looked at between two pauses. */
const STEP_FAMILIES = 256;

/** One for the thread. */
const reader = new PartReader();

/**
 * Keeps the labelled lines whose series any of the selectors matches. Most blocks are decided without a look at their lines: by the
 * names that their samples can have, and by the target's labels where the samples have none of that name.
 */
export class LineFilter {
  readonly #choices: readonly Choice[];
  /** Names of the labels that the selectors ask for, by their bits. */
  readonly #labels: readonly string[];
  readonly #whole: LineSearch;
  readonly #verdicts: Map<string, NameVerdict> = new Map();
  /** By the number of the name, three for each: without suffixes, of a summary, of a histogram. */
  readonly #names: WeakMap<NameTable, (NameVerdict | undefined)[]> = new WeakMap();
  /** By the text of `labelKeys`, which of the labels are in it. */
  readonly #keys: Map<string, number> = new Map();
  readonly #targets: WeakMap<LabelRules, TargetVerdict> = new WeakMap();
  readonly #searches: Map<string, LineSearch> = new Map();

  readonly #never: NameVerdict;
  /** What the patterns may take. */
  readonly #limits = new MatchLimits();
  /** What was found already. */
  readonly #kept: WeakMap<LabelledExposition, readonly BlockMatch[]> = new WeakMap();

  constructor(selectors: readonly Selector[]) {
    // One without matchers selects nothing.
    const compiled = selectors
      .map((selector) => compileSelector(selector, this.#limits))
      .filter(({ length }) => length > 0);
    const labels = new Set(compiled.flat().map(({ name }) => name));
    labels.delete(METRIC_NAME);
    this.#labels = [...labels];
    this.#choices = compiled.map((matchers) => ({
      onName: matchers.filter(({ name }) => name === METRIC_NAME),
      onLabels: matchers
        .filter(({ name }) => name !== METRIC_NAME)
        .map((matcher) => ({ matcher, bit: this.#bitOf(this.#labels.indexOf(matcher.name)) })),
    }));
    this.#never = this.#shared(compiled.map(() => Names.none));
    this.#whole = new LineSearch(compiled);
  }

  /** Another one asks the same: patterns may take for each of them what they may for one. */
  renewLimits(): void {
    this.#limits.renew();
  }

  /** Whether a family of that name and type can hold a series that matches. */
  mayMatch(name: string, type: MetricType): boolean {
    return this.#onNames(name, type) !== this.#never;
  }

  /** Hot. Whether a target has a family whose names may match. Without pauses: for one that has few families. */
  mayHold({ families, names }: LabelledExposition): boolean {
    if (families.length > STEP_FAMILIES) return true;
    const known = this.#knownOf(names);
    for (const block of families) if (this.#onNamesOf(block, names, known) !== this.#never) return true;
    return false;
  }

  /** The blocks of a target that match, or what is left of them. Pauses; `deflater` is used only between pauses. Throws MatchCostError. */
  *matches(
    exposition: LabelledExposition,
    rules: LabelRules,
    deflater: BlockDeflater,
  ): Generator<void, readonly BlockMatch[], void> {
    return this.#kept.get(exposition) ?? (yield* this.#find(exposition, rules, deflater));
  }

  /** Finds what `matches` will give, before it is asked for; returns the memory that it takes. Pauses, and throws as `matches` does. */
  *keep(
    exposition: LabelledExposition,
    rules: LabelRules,
    deflater: BlockDeflater,
  ): Generator<void, number, void> {
    const found = yield* this.#find(exposition, rules, deflater);
    this.#kept.set(exposition, found);
    return found.reduce((sum, { copiedBytes }) => sum + copiedBytes + MATCH_BYTES, 0);
  }

  /** What was kept of it; undefined where nothing was looked for yet. */
  kept(exposition: LabelledExposition): readonly BlockMatch[] | undefined {
    return this.#kept.get(exposition);
  }

  /** Forgets what was kept of it. */
  drop(exposition: LabelledExposition): void {
    this.#kept.delete(exposition);
  }

  *#find(
    { families, names }: LabelledExposition,
    rules: LabelRules,
    deflater: BlockDeflater,
  ): Generator<void, readonly BlockMatch[], void> {
    const found: BlockMatch[] = [];
    this.#limits.begin();
    let pool: PartPool | undefined;
    const known = this.#knownOf(names);
    let target: TargetVerdict | undefined;
    let blocks = 0;
    for (const block of families) {
      if (++blocks % STEP_FAMILIES === 0) yield;
      const onNames = this.#onNamesOf(block, names, known);
      if (onNames === this.#never) continue;
      target ??= this.#targetOf(rules);
      const verdict = this.#verdictOn(block, onNames, target);
      if (verdict === 'none') continue;
      if (verdict === 'all') {
        found.push({ block, parts: block.parts, copiedBytes: 0 });
        continue;
      }
      const parts: BlockPart[] = [];
      let copiedBytes = 0;
      for (const part of block.parts) {
        this.#limits.begin();
        const lines = search(part, verdict);
        if (lines === 'all') parts.push(part);
        else if (lines !== 'none') {
          const kept = (pool ??= new PartPool()).add(lines, deflater);
          parts.push(kept);
          copiedBytes += kept.end - kept.start;
        }
        yield;
      }
      if (parts.length > 0) found.push({ block, parts, copiedBytes });
    }
    pool?.close();
    return found;
  }

  /** The lines of the part that match, whoever's they are; undefined when none does. Big results are deflated again. */
  filter(part: BlockPart, deflater: BlockDeflater): BlockPart | undefined {
    this.#limits.begin();
    const lines = search(part, this.#whole);
    if (lines === 'none') return undefined;
    return lines === 'all' ? part : partOf(lines, deflater);
  }

  /** Hot. */
  #onNamesOf({ name, type }: FamilyBlock, names: NameTable, known: (NameVerdict | undefined)[]): NameVerdict {
    const place = name * 3 + (type === MetricType.histogram ? 2 : type === MetricType.summary ? 1 : 0);
    let onNames = known[place];
    if (onNames === undefined) known[place] = onNames = this.#onNames(names.text(name), type);
    return onNames;
  }

  #knownOf(names: NameTable): (NameVerdict | undefined)[] {
    let known = this.#names.get(names);
    if (known === undefined) this.#names.set(names, (known = []));
    return known;
  }

  #verdictOn({ labelKeys }: FamilyBlock, onNames: NameVerdict, target: TargetVerdict): BlockVerdict {
    let mask = 0;
    for (const key of labelKeys) mask |= this.#maskOf(key);
    let byMask = target.blocks.get(onNames);
    if (byMask === undefined) target.blocks.set(onNames, (byMask = new Map()));
    let verdict = byMask.get(mask);
    if (verdict === undefined) byMask.set(mask, (verdict = this.#decide(onNames, mask, target)));
    return verdict;
  }

  /** What is left of the selectors for a family of those names whose samples may have the labels in `mask` themselves. */
  #decide(onNames: NameVerdict, mask: number, { fits }: TargetVerdict): BlockVerdict {
    const left: CompiledMatcher[][] = [];
    let id = '';
    for (const [i, { onName, onLabels }] of this.#choices.entries()) {
      if (onNames[i] === Names.none) continue;
      const isLeft = ({ bit }: { readonly bit: number }): boolean => (mask & bit) !== 0;
      if (!onLabels.every((one, j) => isLeft(one) || fits[i]![j])) continue;
      const labels = onLabels.filter(isLeft);
      const matchers = [
        ...(onNames[i] === Names.some ? onName : []),
        ...labels.map(({ matcher }) => matcher),
      ];
      if (matchers.length === 0) return 'all';
      left.push(matchers);
      id += `${i} ${onNames[i]} ${labels.map((one) => onLabels.indexOf(one)).join()};`;
    }
    if (left.length === 0) return 'none';
    let search = this.#searches.get(id);
    if (search === undefined) this.#searches.set(id, (search = new LineSearch(left)));
    return search;
  }

  #onNames(name: string, type: MetricType): NameVerdict {
    const all = ['', ...suffixes(type)].map((suffix) => name + suffix);
    const verdicts = this.#choices.map(({ onName }): Names => {
      const fit = all.filter((one) => onName.every(({ fits }) => fits(one))).length;
      return fit === 0 ? Names.none : fit === all.length ? Names.all : Names.some;
    });
    return this.#shared(verdicts);
  }

  /** The one object for these. */
  #shared(verdicts: NameVerdict): NameVerdict {
    const key = verdicts.join('');
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    this.#verdicts.set(key, verdicts);
    return verdicts;
  }

  #targetOf(rules: LabelRules): TargetVerdict {
    let target = this.#targets.get(rules);
    if (target === undefined) {
      const fits = this.#choices.map(({ onLabels }) =>
        onLabels.map(({ matcher }) => matcher.fits(rules.value(matcher.name))),
      );
      target = { fits, blocks: new Map() };
      this.#targets.set(rules, target);
    }
    return target;
  }

  #maskOf(key: string): number {
    let mask = this.#keys.get(key);
    if (mask === undefined) {
      const own = key.split(',');
      mask = 0;
      for (const [i, label] of this.#labels.entries())
        if (key === ANY_LABEL || own.includes(label)) mask |= this.#bitOf(i);
      this.#keys.set(key, mask);
    }
    return mask;
  }

  #bitOf(label: number): number {
    return 1 << Math.min(label, MASK_LABELS);
  }
}

/** The lines that fit, where not all or none do. Valid until the next search. */
function search(part: BlockPart, lineSearch: LineSearch): Uint8Array | 'all' | 'none' {
  const lines = reader.lines(part);
  const kept = reader.room(lines.length);
  const length = lineSearch.copy(lines, kept);
  if (length === lines.length) return 'all';
  return length === 0 ? 'none' : kept.subarray(0, length);
}
