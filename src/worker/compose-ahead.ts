import { BlockDeflater } from '../exposition/block-deflater.ts';
import type { LabelledExposition } from '../exposition/family-block.ts';
import { ReadyRuns, type TargetParts } from '../merge/ready-runs.ts';
import type { AnswerEntry } from './packed-entries.ts';

/** Nothing came for so long: whoever is still missing is late. */
const IDLE_MS = 5;
/** The part of the targets that may be late. */
const LATE_PART = 1 / 8;

/** What some callers will have of the targets: all that they expose, or what selectors leave of it. */
export interface AheadView {
  readonly runs: ReadyRuns;
  /** Whether somebody waits for it. */
  readonly expected: boolean;
  /** Whether some of it is still being found. */
  readonly unfinished: boolean;
  /** What a target has in it; undefined where that is not known yet. */
  partsOf(exposition: LabelledExposition): TargetParts | undefined;
}

/** What composing ahead needs of the worker. */
export interface AheadHost {
  /** Scrapes under way. */
  running(): number;
  /** What callers will have who do not wait for everything. */
  selected(): Iterable<AheadView>;
  /** What was made ahead takes so many bytes more, or fewer when negative. */
  count(bytes: number): void;
}

/**
 * Deflates small blocks together while a round waits for its last targets, so that only those targets' blocks are left when the last body
 * is there. It takes each time what came since, when the late targets are few and when they are half as many; bodies that come meanwhile
 * have their turn.
 */
export class ComposeAhead {
  /** Of answers with everything. */
  readonly runs: ReadyRuns = new ReadyRuns();
  readonly #host: AheadHost;
  /** Questions of those who wait for everything. */
  readonly #questions: Set<number> = new Set();
  /** Scratch that is used only between pauses, by answers too. */
  readonly deflater: BlockDeflater = new BlockDeflater();
  /** The targets of the last answer in their order. */
  #order: readonly number[] = [];
  /** What targets have exposed last, and by scrape whose it is. */
  readonly #expositions: Map<number, LabelledExposition> = new Map();
  readonly #targets: Map<number, { readonly target: number; readonly exposition: LabelledExposition }> =
    new Map();
  #timer: NodeJS.Timeout | undefined;
  /** Late targets from which on it pays. */
  #late = 0;
  /** Changes whenever what is under way is to be left. */
  #turn = 0;

  constructor(host: AheadHost) {
    this.#host = host;
  }

  /** A round begins whose answer will have everything. */
  expect(question: number): void {
    this.#questions.add(question);
  }

  /** Somebody has begun to wait, and the scrapes that were missing are under way: few, where most are used again. */
  waiting(): void {
    // Not every round ends with an answer that is made here.
    this.#late = Math.max(1, Math.floor(this.#order.length * LATE_PART));
    this.#makeLater(this.#host.running());
  }

  /** The round is over, and its answer was begun or never will be. */
  forget(question: number): void {
    this.#questions.delete(question);
  }

  /** An answer is made of these; nothing is late any more. */
  answered(entries: readonly AnswerEntry[]): void {
    this.#stop();
    if (entries.length < this.#order.length && this.#host.running() > 0) return;
    this.#order = entries.map(({ target }) => target);
  }

  /** A scrape begins: what the target has exposed before stands beside nothing that comes now. */
  begun(target: number): void {
    this.#expositions.delete(target);
  }

  /** A scrape has ended; with what the target exposed when it is up. */
  scraped(scrape: number, target: number, exposition: LabelledExposition | undefined): void {
    if (exposition !== undefined) {
      this.#expositions.set(target, exposition);
      this.#targets.set(scrape, { target, exposition });
    }
    const running = this.#host.running();
    // Where none is under way any more the answer may come at once, or the late ones are another worker's.
    if (running === 0) this.#stop();
    this.#makeLater(running);
  }

  /** These scrapes' expositions are given up. */
  released(scrapes: readonly number[]): void {
    const before = this.runs.heldBytes;
    let isStopped = false;
    for (const scrape of scrapes) {
      const known = this.#targets.get(scrape);
      if (known === undefined) continue;
      if (!isStopped) this.#stop();
      isStopped = true;
      this.#targets.delete(scrape);
      this.runs.forget(known.exposition);
      if (this.#expositions.get(known.target) === known.exposition) this.#expositions.delete(known.target);
    }
    this.#count(this.runs.heldBytes - before);
    // Most likely they were another round's than that for which something was made.
    if (isStopped) this.waiting();
  }

  #makeLater(running: number): void {
    clearTimeout(this.#timer);
    if (running <= this.#late) this.#timer = setTimeout(() => void this.#make(running), IDLE_MS);
  }

  async #make(running: number): Promise<void> {
    const turn = ++this.#turn;
    this.#late = Math.floor(running / 2);
    for (const view of this.#views()) {
      while (view.unfinished) {
        await new Promise((resolve) => setImmediate(resolve));
        if (turn !== this.#turn) return;
      }
      for (const targets of this.#neighbours(view)) {
        const steps = view.runs.make(targets, this.deflater);
        for (let done: boolean | undefined = false; done !== true && view.expected;) {
          const before = view.runs.heldBytes;
          ({ done } = steps.next());
          this.#count(view.runs.heldBytes - before);
          // A body that came meanwhile goes first.
          await new Promise((resolve) => setImmediate(resolve));
          if (turn !== this.#turn) return;
        }
      }
    }
  }

  *#views(): Generator<AheadView, void, void> {
    const questions = this.#questions;
    yield {
      runs: this.runs,
      get expected() {
        return questions.size > 0;
      },
      unfinished: false,
      partsOf: (exposition) => exposition,
    };
    yield* this.#host.selected();
  }

  /** What targets have that follow one another. */
  #neighbours(view: AheadView): TargetParts[][] {
    const all: TargetParts[][] = [];
    let some: TargetParts[] = [];
    for (const target of this.#order) {
      const exposition = this.#expositions.get(target);
      const parts = exposition && view.partsOf(exposition);
      if (parts !== undefined) some.push(parts);
      else if (some.length > 0) {
        all.push(some);
        some = [];
      }
    }
    if (some.length > 0) all.push(some);
    return all.filter(({ length }) => length > 1);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#turn++;
  }

  #count(bytes: number): void {
    if (bytes !== 0) this.#host.count(bytes);
  }
}
