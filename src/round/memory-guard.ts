import { collectGarbage } from '../worker/collect.ts';
import { COLLECT_AT, RELIEVE_AT, type MemoryLedger } from '../worker/memory-ledger.ts';
import type { WorkerPool } from '../worker/worker-pool.ts';
import { trimAllocator } from '../worker/trim-allocator.ts';
import { SMALLEST_VICTIM } from '../worker/worker-memory.ts';

/** What a reader held comes free a little later than it is cut off; another one need not be cut off meanwhile. */
const CUT_EVERY_MS = 100;
/** How often the size of the process is looked at while there is work. */
const LOOK_EVERY_MS = 250;
/** Collecting costs each thread some tens of milliseconds. */
const COLLECT_EVERY_MS = 2000;
/** The same when the limit is exceeded. */
const COLLECT_SOON_MS = 500;
/** What it takes until all threads have collected theirs. */
const COLLECTION_MS = 150;

/** Makes room when all threads together hold too much: the largest body under way gives way, then the slowest reader. */
export class MemoryGuard implements Disposable {
  readonly #ledger: MemoryLedger;
  readonly #workers: WorkerPool;
  /** What cuts a reader off, for answers that are being written; who began first stands first. */
  readonly #readers: Set<() => void> = new Set();
  #lastCut = Number.NEGATIVE_INFINITY;
  #lastCollection = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #trimTimer: NodeJS.Timeout | undefined;

  constructor(ledger: MemoryLedger, workers: WorkerPool) {
    this.#ledger = ledger;
    this.#workers = workers;
    if (Number.isFinite(ledger.processLimit))
      this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  /** Answers that are being written. */
  get readers(): number {
    return this.#readers.size;
  }

  /** Bytes that all workers hold. */
  get held(): number {
    return this.#ledger.held;
  }

  /** Bytes that they may hold. */
  get heldLimit(): number {
    return this.#ledger.limit;
  }

  /** Takes note of an answer that is being written, until it is disposed of. `cut` breaks it off. */
  reading(cut: () => void): Disposable {
    // A function of its own, since the same one could come twice.
    const reader = (): void => cut();
    this.#readers.add(reader);
    return { [Symbol.dispose]: () => void this.#readers.delete(reader) };
  }

  /**
   * To be called when a worker found that memory is short. What is counted is enough to give up a large body. Answers are cut off, and
   * small bodies given up, only when the process is really as large as that: the next caller would need the same again. `now` is in
   * milliseconds, on the clock of `performance.now`.
   */
  relieve(processBytes: number = process.memoryUsage.rss(), now: number = performance.now()): void {
    const largest = this.#ledger.largest();
    const isLarge = processBytes > this.#ledger.processLimit * RELIEVE_AT;
    if (largest !== undefined && largest.bytes >= SMALLEST_VICTIM) {
      if (isLarge || this.#ledger.exceeded) this.#giveUp(largest.thread, largest.scrape);
    } else if (isLarge && this.#readers.size > 0) this.#cutSlowest(now);
    else if (isLarge && largest !== undefined) this.#giveUp(largest.thread, largest.scrape);
  }

  /** Collects garbage when the process, which takes more than what is counted, has become large. Workers look themselves. */
  look(processBytes: number = process.memoryUsage.rss()): void {
    if (this.#ledger.held === 0 && this.#readers.size === 0) return;
    if (processBytes < this.#ledger.processLimit * COLLECT_AT) return;
    const now = performance.now();
    const every = processBytes > this.#ledger.processLimit ? COLLECT_SOON_MS : COLLECT_EVERY_MS;
    if (now - this.#lastCollection < every) return;
    // Where it was collected a moment ago, that was not enough.
    if (processBytes > this.#ledger.processLimit) this.relieve(processBytes);
    this.#collect(now);
  }

  /** To be called when there is nothing to do: collects the garbage of the threads where that is worth it, and gives the system what is free then. */
  tidy(): void {
    for (const thread of this.#workers.threads) thread.post({ type: 'collect', when: 'worthwhile' });
    collectGarbage('worthwhile');
    clearTimeout(this.#trimTimer);
    this.#trimTimer = setTimeout(trimAllocator, COLLECTION_MS).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    clearTimeout(this.#trimTimer);
  }

  #giveUp(thread: number, scrape: number): void {
    this.#workers.at(thread).post({ type: 'cancel', scrape, reason: 'memory' });
  }

  #collect(now: number): void {
    this.#lastCollection = now;
    for (const thread of this.#workers.threads) thread.post({ type: 'collect', when: 'now' });
    collectGarbage('now');
  }

  #cutSlowest(now: number): void {
    const sinceCollection = now - this.#lastCollection;
    // Garbage first, and a moment for the workers to do the same.
    if (sinceCollection > COLLECT_SOON_MS) this.#collect(now);
    if (sinceCollection > COLLECT_SOON_MS || sinceCollection < COLLECTION_MS) return;
    if (now - this.#lastCut < CUT_EVERY_MS) return;
    this.#lastCut = now;
    const [slowest] = this.#readers;
    if (slowest === undefined) return;
    this.#readers.delete(slowest);
    slowest();
  }
}
