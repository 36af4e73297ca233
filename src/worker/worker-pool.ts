import type { Outcome } from '../scrape/outcome.ts';
import type { MemoryLedger } from './memory-ledger.ts';
import { WorkerThread } from './worker-thread.ts';

/** A thread that ran for this long has not crashed because it cannot run. */
const STEADY_MS = 10_000;
const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 10_000;

/** What happens to the threads of a pool. */
export interface PoolEvents {
  scraped(scrape: number, outcome: Outcome): void;
  /** Memory is short, and a thread has nothing large under way that could give way. */
  memoryShort(): void;
  /** The thread at that place has ended unasked and lost all that it had; a new one stands there. */
  crashed(index: number, error: Error): void;
}

/**
 * Worker threads by place. One that crashes is replaced: at once when it had run well, else after a delay that doubles
 * up to 10 s. Requests to a thread wait until it runs.
 */
export class WorkerPool implements AsyncDisposable {
  readonly #userAgent: string;
  readonly #ledger: MemoryLedger;
  readonly #events: PoolEvents;
  readonly #threads: WorkerThread[] = [];

  constructor(userAgent: string, ledger: MemoryLedger, events: PoolEvents) {
    this.#userAgent = userAgent;
    this.#ledger = ledger;
    this.#events = events;
  }

  get size(): number {
    return this.#threads.length;
  }

  get threads(): readonly WorkerThread[] {
    return this.#threads;
  }

  /** The thread at a place below `size`. */
  at(index: number): WorkerThread {
    return this.#threads[index]!;
  }

  /** Starts threads until there are so many. There are never fewer afterwards. */
  grow(count: number): void {
    while (this.#threads.length < count) this.#start(this.#threads.length, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread[Symbol.asyncDispose]()));
  }

  #start(index: number, delayMs: number): void {
    const startedAt = performance.now() + delayMs;
    this.#threads[index] = new WorkerThread(
      {
        userAgent: this.#userAgent,
        thread: index,
        ledger: this.#ledger.options,
      },
      {
        scraped: (scrape, outcome) => this.#events.scraped(scrape, outcome),
        memoryShort: () => this.#events.memoryShort(),
        crashed: (error) => {
          this.#ledger.write(index, 0, 0, 0);
          const steady = performance.now() - startedAt >= STEADY_MS;
          this.#start(index, steady ? 0 : Math.min(MAX_DELAY_MS, Math.max(FIRST_DELAY_MS, delayMs * 2)));
          this.#events.crashed(index, error);
        },
      },
      delayMs,
    );
  }
}
