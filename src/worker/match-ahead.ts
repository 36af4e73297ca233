import type { BlockDeflater } from '../exposition/block-deflater.ts';
import type { LabelledExposition } from '../exposition/family-block.ts';
import type { LabelRules } from '../exposition/label-rules.ts';
import { LineFilter } from '../merge/line-filter.ts';
import { ReadyRuns, type TargetParts } from '../merge/ready-runs.ts';
import { MatchCostError, type Selector } from '../selector/selector.ts';
import type { AheadView } from './compose-ahead.ts';

/** How long the bodies of others wait for it. Most targets take less. */
const TURN_MS = 5;

/** What matching ahead needs of the worker. */
export interface MatchHost {
  /** Scratch that is used only between pauses. */
  readonly deflater: BlockDeflater;
  /** What was made ahead takes so many bytes more, or fewer when negative. */
  count(bytes: number): void;
}

/** An exposition that somebody asks for a part of. */
export interface HeldExposition {
  readonly scrape: number;
  readonly exposition: LabelledExposition;
  readonly rules: LabelRules;
}

/** One of which lines are being picked out. */
interface Pending {
  readonly exposition: LabelledExposition;
  /** Gives the bytes that its lines take. */
  readonly steps: Generator<void, number, void>;
}

/** What selectors that somebody waits with leave of the targets. */
class SelectedView implements AheadView {
  readonly filter: LineFilter;
  readonly runs: ReadyRuns = new ReadyRuns();
  /** How many wait with them. */
  callers: number = 0;
  /** Whether the selectors have turned out to ask for too much, which the answer will tell. */
  isTooCostly: boolean = false;
  /** By scrape, what is not done yet. */
  readonly pending: Map<number, Pending> = new Map();
  /** By scrape, what was made of it. */
  readonly made: Map<number, { readonly exposition: LabelledExposition; readonly bytes: number }> = new Map();

  constructor(selectors: readonly Selector[]) {
    this.filter = new LineFilter(selectors);
  }

  get expected(): boolean {
    return this.callers > 0;
  }

  get unfinished(): boolean {
    return this.pending.size > 0;
  }

  partsOf(exposition: LabelledExposition): TargetParts | undefined {
    const families = this.filter.kept(exposition)?.map(({ block: { name }, parts }) => ({ name, parts }));
    return families && { names: exposition.names, families };
  }
}

/**
 * Picks the lines that match out of each target's exposition as soon as it is there, while the round waits for others. Then only the last
 * target's are left to pick when the last body is there. What takes long goes on whenever the event loop has gone round.
 */
export class MatchAhead {
  readonly #host: MatchHost;
  readonly #views: Map<string, SelectedView> = new Map();
  /** By question, its selectors. */
  readonly #questions: Map<number, string> = new Map();
  #turn: NodeJS.Immediate | undefined;

  constructor(host: MatchHost) {
    this.#host = host;
  }

  /** A round begins whose answer will have only what these select; with those of its scrapes that have ended before. */
  expect(question: number, selectors: readonly Selector[], ended: readonly HeldExposition[] = []): void {
    const key = JSON.stringify(selectors);
    this.#questions.set(question, key);
    let view = this.#views.get(key);
    if (view === undefined) this.#views.set(key, (view = new SelectedView(selectors)));
    else view.filter.renewLimits();
    view.callers++;
    for (const { scrape, exposition, rules } of ended) this.#add(view, scrape, exposition, rules);
    this.#takeTurn();
  }

  /** The round is over, and its answer was begun or never will be. */
  forget(question: number): void {
    const key = this.#questions.get(question);
    const view = key === undefined ? undefined : this.#views.get(key);
    if (view === undefined) return;
    this.#questions.delete(question);
    if (--view.callers > 0) return;
    this.#views.delete(key!);
    view.pending.clear();
    for (const { bytes } of view.made.values()) this.#host.count(-bytes);
    this.#host.count(-view.runs.heldBytes);
    view.runs.clear();
  }

  /** For an answer: the filter for these selectors, with what was made ahead. What is not done yet is left to the answer. */
  viewOf(selectors: readonly Selector[]): Pick<SelectedView, 'filter' | 'runs'> {
    const view = this.#views.get(JSON.stringify(selectors));
    view?.pending.clear();
    return view ?? new SelectedView(selectors);
  }

  /** What all that somebody waits with leave. */
  get views(): Iterable<AheadView> {
    return this.#views.values();
  }

  /** A scrape has ended with this exposition. */
  scraped(scrape: number, exposition: LabelledExposition, rules: LabelRules): void {
    for (const view of this.#views.values()) {
      this.#add(view, scrape, exposition, rules);
      const pending = view.pending.get(scrape);
      if (pending !== undefined) this.#goOn(view, scrape, pending);
    }
    this.#takeTurn();
  }

  /** These scrapes' expositions are given up. */
  released(scrapes: readonly number[]): void {
    for (const view of this.#views.values()) {
      const { filter, made, pending, runs } = view;
      for (const scrape of scrapes) {
        pending.delete(scrape);
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

  #add(view: SelectedView, scrape: number, exposition: LabelledExposition, rules: LabelRules): void {
    if (view.isTooCostly || view.made.has(scrape) || view.pending.has(scrape)) return;
    view.pending.set(scrape, { exposition, steps: view.filter.keep(exposition, rules, this.#host.deflater) });
  }

  /** Picks out lines of one until it is done or the turn is over; says which. */
  #goOn(view: SelectedView, scrape: number, { exposition, steps }: Pending, end = turnEnd()): boolean {
    try {
      for (;;) {
        const step = steps.next();
        if (step.done === true) {
          view.pending.delete(scrape);
          view.made.set(scrape, { exposition, bytes: step.value });
          this.#host.count(step.value);
          return true;
        }
        if (performance.now() > end) return false;
      }
    } catch (error) {
      if (!(error instanceof MatchCostError)) throw error;
      view.isTooCostly = true;
      view.pending.clear();
      return true;
    }
  }

  /** Goes on with what is not done yet when the event loop has gone round. */
  #takeTurn(): void {
    if (this.#turn !== undefined || !this.#views.values().some(({ unfinished }) => unfinished)) return;
    this.#turn = setImmediate(() => {
      this.#turn = undefined;
      const end = turnEnd();
      for (const view of this.#views.values()) {
        for (const [scrape, pending] of view.pending) {
          if (!this.#goOn(view, scrape, pending, end) || performance.now() > end) break;
        }
      }
      this.#takeTurn();
    });
  }
}

function turnEnd(): number {
  return performance.now() + TURN_MS;
}
