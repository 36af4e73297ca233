import type { BlockDeflater } from '../exposition/block-deflater.ts';
import type { LabelledExposition } from '../exposition/family-block.ts';
import type { LabelRules } from '../exposition/label-rules.ts';
import { LineFilter } from '../merge/line-filter.ts';
import { ReadyRuns, type TargetParts } from '../merge/ready-runs.ts';
import { MatchCostError, type Selector } from '../selector/selector.ts';
import type { AheadView } from './compose-ahead.ts';

/** Labelled bytes of an exposition, some milliseconds of work. One with more is left to the answer, whose work pauses. */
const MOST_BYTES = 4 * 1024 * 1024;

/** What takes longer is left to the answer, whose work pauses: the bodies of others wait meanwhile. */
const MOST_MS = 20;

/** What matching ahead needs of the worker. */
export interface MatchHost {
  /** Scratch that is used only between pauses. */
  readonly deflater: BlockDeflater;
  /** What was made ahead takes so many bytes more, or fewer when negative. */
  count(bytes: number): void;
}

/** What selectors that somebody waits with leave of the targets. */
class SelectedView implements AheadView {
  readonly filter: LineFilter;
  readonly runs: ReadyRuns = new ReadyRuns();
  /** How many wait with them. */
  callers: number = 0;
  /** Whether a target took so long that no more is done before it is asked for. */
  isSlow: boolean = false;
  /** By scrape, what was made of it. */
  readonly made: Map<number, { readonly exposition: LabelledExposition; readonly bytes: number }> = new Map();

  constructor(selectors: readonly Selector[]) {
    this.filter = new LineFilter(selectors);
  }

  get expected(): boolean {
    return this.callers > 0;
  }

  partsOf(exposition: LabelledExposition): TargetParts | undefined {
    const families = this.filter.kept(exposition)?.map(({ block: { name }, parts }) => ({ name, parts }));
    return families && { names: exposition.names, families };
  }
}

/**
 * Picks the lines that match out of each target's exposition as soon as it is there, while the round waits for others. Then only the last
 * target's are left to pick when the last body is there.
 */
export class MatchAhead {
  readonly #host: MatchHost;
  readonly #views: Map<string, SelectedView> = new Map();
  /** By question, its selectors. */
  readonly #questions: Map<number, string> = new Map();

  constructor(host: MatchHost) {
    this.#host = host;
  }

  /** A round begins whose answer will have only what these select. */
  expect(question: number, selectors: readonly Selector[]): void {
    const key = JSON.stringify(selectors);
    this.#questions.set(question, key);
    let view = this.#views.get(key);
    if (view === undefined) this.#views.set(key, (view = new SelectedView(selectors)));
    view.callers++;
  }

  /** The round is over, and its answer was begun or never will be. */
  forget(question: number): void {
    const key = this.#questions.get(question);
    const view = key === undefined ? undefined : this.#views.get(key);
    if (view === undefined) return;
    this.#questions.delete(question);
    if (--view.callers > 0) return;
    this.#views.delete(key!);
    for (const { bytes } of view.made.values()) this.#host.count(-bytes);
    this.#host.count(-view.runs.heldBytes);
    view.runs.clear();
  }

  /** The filter for these selectors, with what was made ahead. */
  viewOf(selectors: readonly Selector[]): Pick<SelectedView, 'filter' | 'runs'> {
    return this.#views.get(JSON.stringify(selectors)) ?? new SelectedView(selectors);
  }

  /** What all that somebody waits with leave. */
  get views(): Iterable<AheadView> {
    return this.#views.values();
  }

  /** A scrape has ended with this exposition. */
  scraped(scrape: number, exposition: LabelledExposition, rules: LabelRules): void {
    if (this.#views.size === 0 || rawLengthOf(exposition) > MOST_BYTES) return;
    for (const view of this.#views.values()) {
      if (view.isSlow) continue;
      const bytes = runAtMost(MOST_MS, view.filter.keep(exposition, rules, this.#host.deflater));
      if (bytes === undefined) {
        view.isSlow = true;
        continue;
      }
      view.made.set(scrape, { exposition, bytes });
      this.#host.count(bytes);
    }
  }

  /** These scrapes' expositions are given up. */
  released(scrapes: readonly number[]): void {
    for (const view of this.#views.values()) {
      const { filter, made, runs } = view;
      for (const scrape of scrapes) {
        const kept = made.get(scrape);
        if (kept === undefined) continue;
        made.delete(scrape);
        const before = runs.heldBytes;
        runs.forget(view.partsOf(kept.exposition)!);
        filter.drop(kept.exposition);
        this.#host.count(runs.heldBytes - before - kept.bytes);
      }
    }
  }
}

/** Runs steps to their end; undefined when that takes longer, or the selectors turn out to ask for too much, which the answer will tell. */
function runAtMost<T>(milliseconds: number, steps: Generator<void, T, void>): T | undefined {
  const end = performance.now() + milliseconds;
  try {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (performance.now() > end) return undefined;
    }
  } catch (error) {
    if (error instanceof MatchCostError) return undefined;
    throw error;
  }
}

function rawLengthOf({ families }: LabelledExposition): number {
  let length = 0;
  for (const { parts } of families) for (const { rawLength } of parts) length += rawLength;
  return length;
}
