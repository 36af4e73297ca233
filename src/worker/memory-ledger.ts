/** Threads that may have a page: the workers, and the serving thread as the last one. */
const MOST_THREADS = 64;
/** The page of the serving thread. */
export const SERVING_PAGE: number = MOST_THREADS - 1;
/** Numbers of a page: what the thread holds, its largest body, and whose that is. Sizes in KiB, since 32 bits count up to 2 TiB of them. */
const PAGE = 3;
const KIBIBYTE = 1024;

/** From this part of the process' limit on, garbage is collected. */
export const COLLECT_AT = 0.75;
/** From this part of the process' limit on, garbage or not, something is given up: the system would end the whole process. */
export const RELIEVE_AT = 0.92;
/** What the program takes with nothing under way. */
const PROGRAM_BYTES = 128 * 1024 * KIBIBYTE;
/** What is counted is less than what is taken: garbage, and buffers below what can be counted here. */
const COUNTED_PART = 0.6;
const LEAST_BUDGET = 16 * 1024 * KIBIBYTE;

/** Bytes that bodies and answers may hold together, in a process that may take so many in all. */
export function heldLimit(processLimit: number): number {
  return Math.max(LEAST_BUDGET, Math.floor((processLimit - PROGRAM_BYTES) * COUNTED_PART));
}

/** How a ledger begins. */
export interface LedgerOptions {
  readonly processLimit?: number;
  /** Follows from `processLimit` by default. */
  readonly limit?: number;
  readonly shared?: SharedArrayBuffer;
}

/** The largest body that is being read in any thread. */
export interface LargestBody {
  readonly thread: number;
  readonly scrape: number;
  readonly bytes: number;
}

/**
 * What all threads hold together, in memory that they share: each writes a page of its own and reads those of all.
 * So a thread knows at once, without a message, when all of them hold too much, and whose the largest body is.
 */
export class MemoryLedger {
  readonly #pages: Int32Array;
  /** Bytes that all threads may hold together. */
  readonly limit: number;
  /** Bytes that the process may take. */
  readonly processLimit: number;

  /** `shared` is what `shared` of the ledger of another thread is; without it, this is the first. By default there is no bound. */
  constructor({
    processLimit = Number.POSITIVE_INFINITY,
    limit = heldLimit(processLimit),
    shared = new SharedArrayBuffer(MOST_THREADS * PAGE * 4),
  }: LedgerOptions = {}) {
    this.limit = limit;
    this.processLimit = processLimit;
    this.#pages = new Int32Array(shared);
  }

  /** What makes the same ledger in another thread. */
  get options(): Required<LedgerOptions> {
    const { limit, processLimit } = this;
    return { limit, processLimit, shared: this.#pages.buffer as SharedArrayBuffer };
  }

  /** Writes the page of a thread. `scrape` is that of its largest body. */
  write(thread: number, held: number, largest: number, scrape: number): void {
    const at = thread * PAGE;
    Atomics.store(this.#pages, at, Math.ceil(held / KIBIBYTE));
    Atomics.store(this.#pages, at + 1, Math.ceil(largest / KIBIBYTE));
    Atomics.store(this.#pages, at + 2, scrape);
  }

  /** Bytes that all threads hold. */
  get held(): number {
    let held = 0;
    for (let at = 0; at < this.#pages.length; at += PAGE) held += Atomics.load(this.#pages, at);
    return held * KIBIBYTE;
  }

  get exceeded(): boolean {
    return this.held > this.limit;
  }

  /** Undefined when no body is being read. */
  largest(): LargestBody | undefined {
    let found = -1;
    let most = 0;
    for (let at = 0; at < this.#pages.length; at += PAGE) {
      const bytes = Atomics.load(this.#pages, at + 1);
      if (bytes > most) [found, most] = [at, bytes];
    }
    if (found < 0) return undefined;
    return {
      thread: found / PAGE,
      scrape: Atomics.load(this.#pages, found + 2),
      bytes: most * KIBIBYTE,
    };
  }
}
