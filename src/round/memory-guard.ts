import { collectGarbage } from '../worker/collect.ts';
import type { MemoryLedger } from '../worker/memory-ledger.ts';
import type { WorkerPool } from '../worker/worker-pool.ts';
import { SMALLEST_VICTIM } from '../worker/worker-memory.ts';

/** What a reader held comes free a little later than it is cut off; another one need not be cut off meanwhile. */
const CUT_EVERY_MS = 100;
/** How often the size of the process is looked at while there is work. */
const LOOK_EVERY_MS = 250;
/** From this part of the limit on, garbage is collected. */
const COLLECT_AT = 0.85;
/** Collecting costs each thread some tens of milliseconds. */
const COLLECT_EVERY_MS = 2000;
/** The same when the limit is exceeded. */
const COLLECT_SOON_MS = 500;
/** When the process is too large for what is counted, giving up less than this would not help. */
const LARGE_BODY = 4 * 1024 * 1024;

export interface MemoryGuardOptions {
  readonly ledger: MemoryLedger;
  readonly workers: WorkerPool;
  /** Bytes that the process may take in all. */
  readonly limit: number;
  /** Bytes that it takes now; for tests. */
  readonly processBytes?: () => number;
}

/** Makes room when all threads together hold too much: the largest body under way gives way, then the slowest reader. */
export class MemoryGuard implements Disposable {
  readonly #ledger: MemoryLedger;
  readonly #workers: WorkerPool;
  readonly #limit: number;
  readonly #processBytes: () => number;
  /** What cuts a reader off, for answers that are being written; who began first stands first. */
  readonly #readers: Set<() => void> = new Set();
  #lastCut = Number.NEGATIVE_INFINITY;
  #lastCollection = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor({ ledger, workers, limit, processBytes }: MemoryGuardOptions) {
    this.#ledger = ledger;
    this.#workers = workers;
    this.#limit = limit;
    this.#processBytes = processBytes ?? (() => process.memoryUsage.rss());
    if (Number.isFinite(limit)) this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
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

  /** To be called when a worker found that memory is short. */
  relieve(): void {
    if (!this.#ledger.exceeded) return;
    const largest = this.#ledger.largest();
    if (largest !== undefined && (largest.bytes >= SMALLEST_VICTIM || this.#readers.size === 0))
      this.#giveUp(largest.thread, largest.scrape);
    else this.#cutSlowest();
  }

  /**
   * Looks at the size of the process, which is more than what is counted. Garbage is collected where it is large; where that did not
   * help, a large body gives way.
   */
  look(): void {
    if (this.#ledger.held === 0 && this.#readers.size === 0) return;
    const bytes = this.#processBytes();
    if (bytes < this.#limit * COLLECT_AT) return;
    const now = performance.now();
    if (now - this.#lastCollection >= (bytes > this.#limit ? COLLECT_SOON_MS : COLLECT_EVERY_MS)) {
      this.#lastCollection = now;
      for (const thread of this.#workers.threads) thread.post({ type: 'collect' });
      collectGarbage();
    } else if (bytes > this.#limit) {
      const largest = this.#ledger.largest();
      if (largest !== undefined && largest.bytes >= LARGE_BODY) this.#giveUp(largest.thread, largest.scrape);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #giveUp(thread: number, scrape: number): void {
    this.#workers.at(thread).post({ type: 'cancel', scrape, reason: 'memory' });
  }

  #cutSlowest(): void {
    const now = performance.now();
    if (now - this.#lastCut < CUT_EVERY_MS) return;
    this.#lastCut = now;
    const [slowest] = this.#readers;
    if (slowest === undefined) return;
    this.#readers.delete(slowest);
    slowest();
  }
}
