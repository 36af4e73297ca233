import type { BlockDeflater } from '../exposition/block-deflater.ts';
import type { LabelledExposition } from '../exposition/family-block.ts';
import type { LabelRules } from '../exposition/label-rules.ts';
import { LineFilter } from '../merge/line-filter.ts';
import { MatchCostError, type Selector } from '../selector/selector.ts';

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

/** Selectors that somebody waits with. */
interface Expected {
  readonly filter: LineFilter;
  /** How many wait with them. */
  callers: number;
  /** Whether a target took so long that no more is done before it is asked for. */
  isSlow: boolean;
  /** By scrape, what was made of it. */
  readonly made: Map<number, { readonly exposition: LabelledExposition; readonly bytes: number }>;
}

/**
 * Picks the lines that match out of each target's exposition as soon as it is there, while the round waits for others. Then only the last
 * target's are left to pick when the last body is there.
 */
export class MatchAhead {
  readonly #host: MatchHost;
  readonly #expected: Map<string, Expected> = new Map();
  /** By question, its selectors. */
  readonly #questions: Map<number, string> = new Map();

  constructor(host: MatchHost) {
    this.#host = host;
  }

  /** A round begins whose answer will have only what these select. */
  expect(question: number, selectors: readonly Selector[]): void {
    const key = JSON.stringify(selectors);
    this.#questions.set(question, key);
    const expected = this.#expected.get(key);
    if (expected !== undefined) expected.callers++;
    else
      this.#expected.set(key, {
        filter: new LineFilter(selectors),
        callers: 1,
        isSlow: false,
        made: new Map(),
      });
  }

  /** The round is over, and its answer was begun or never will be. */
  forget(question: number): void {
    const key = this.#questions.get(question);
    const expected = key === undefined ? undefined : this.#expected.get(key);
    if (expected === undefined) return;
    this.#questions.delete(question);
    if (--expected.callers > 0) return;
    this.#expected.delete(key!);
    for (const { bytes } of expected.made.values()) this.#host.count(-bytes);
  }

  /** The filter for these selectors, with what was made ahead. */
  filterOf(selectors: readonly Selector[]): LineFilter {
    return this.#expected.get(JSON.stringify(selectors))?.filter ?? new LineFilter(selectors);
  }

  /** A scrape has ended with this exposition. */
  scraped(scrape: number, exposition: LabelledExposition, rules: LabelRules): void {
    if (this.#expected.size === 0 || rawLengthOf(exposition) > MOST_BYTES) return;
    for (const expected of this.#expected.values()) {
      if (expected.isSlow) continue;
      const bytes = runAtMost(MOST_MS, expected.filter.keep(exposition, rules, this.#host.deflater));
      if (bytes === undefined) {
        expected.isSlow = true;
        continue;
      }
      expected.made.set(scrape, { exposition, bytes });
      this.#host.count(bytes);
    }
  }

  /** These scrapes' expositions are given up. */
  released(scrapes: readonly number[]): void {
    for (const { filter, made } of this.#expected.values()) {
      for (const scrape of scrapes) {
        const kept = made.get(scrape);
        if (kept === undefined) continue;
        made.delete(scrape);
        filter.drop(kept.exposition);
        this.#host.count(-kept.bytes);
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
