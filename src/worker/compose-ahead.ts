import { BlockDeflater } from '../exposition/block-deflater.ts';
import type { LabelledExposition } from '../exposition/family-block.ts';
import { ReadyRuns } from '../merge/ready-runs.ts';
import type { AnswerEntry } from './packed-entries.ts';

/** Nothing came for so long: whoever is still missing is late. */
const IDLE_MS = 5;
/** The part of the targets that may be late. */
const LATE_PART = 1 / 8;

/** What composing ahead needs of the worker. */
export interface AheadHost {
  /** Scrapes under way. */
  running(): number;
  /** What was made ahead takes so many bytes more, or fewer when negative. */
  count(bytes: number): void;
}

/**
 * Deflates small blocks together while a round waits for its last targets, so that only those targets' blocks are left when the last body
 * is there. It takes each time what came since, when the late targets are few and when they are half as many; bodies that come meanwhile
 * have their turn.
 */
export class ComposeAhead {
  readonly runs: ReadyRuns = new ReadyRuns();
  readonly #host: AheadHost;
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

  /** An answer is made of these; nothing is late any more. */
  answered(entries: readonly AnswerEntry[]): void {
    this.#stop();
    if (entries.length < this.#order.length && this.#host.running() > 0) return;
    this.#order = entries.map(({ target }) => target);
    this.#late = Math.max(1, Math.floor(entries.length * LATE_PART));
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
    clearTimeout(this.#timer);
    if (running === 0) this.#stop();
    else if (running <= this.#late) this.#timer = setTimeout(() => void this.#make(running), IDLE_MS);
  }

  /** These scrapes' expositions are given up. */
  released(scrapes: readonly number[]): void {
    const before = this.runs.heldBytes;
    for (const scrape of scrapes) {
      const known = this.#targets.get(scrape);
      if (known === undefined) continue;
      this.#stop();
      this.#targets.delete(scrape);
      this.runs.forget(known.exposition);
      if (this.#expositions.get(known.target) === known.exposition) this.#expositions.delete(known.target);
    }
    this.#count(before);
  }

  async #make(running: number): Promise<void> {
    const turn = ++this.#turn;
    this.#late = Math.floor(running / 2);
    for (const expositions of this.#neighbours()) {
      const steps = this.runs.make(expositions, this.deflater);
      for (;;) {
        const before = this.runs.heldBytes;
        const { done } = steps.next();
        this.#count(before);
        // A body that came meanwhile goes first.
        await new Promise((resolve) => setImmediate(resolve));
        if (turn !== this.#turn) return;
        if (done === true) break;
      }
    }
  }

  /** What targets have that follow one another. */
  #neighbours(): LabelledExposition[][] {
    const all: LabelledExposition[][] = [];
    let some: LabelledExposition[] = [];
    for (const target of this.#order) {
      const exposition = this.#expositions.get(target);
      if (exposition !== undefined) some.push(exposition);
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

  #count(before: number): void {
    const bytes = this.runs.heldBytes - before;
    if (bytes !== 0) this.#host.count(bytes);
  }
}
