import { MemoryError, type Account } from '../exposition/account.ts';
import { COLLECT_AT, RELIEVE_AT, type MemoryLedger } from './memory-ledger.ts';

/** A body below this is not given up for the sake of memory while something else can be: there are many of them, and each gives little. */
export const SMALLEST_VICTIM = 1024 * 1024;
/** Bodies of a worker that grow by this much are worth a look at the process. */
const LOOK_EVERY_BYTES = 8 * 1024 * 1024;
/** Milliseconds between two collections, which take some tens of them. */
const COLLECT_EVERY_MS = 100;
/** Milliseconds between two calls for help. */
const CALL_EVERY_MS = 5;

/** What a worker cannot do alone when memory is short. */
export interface MemoryEvents {
  /** Gives up what is kept for nobody. */
  spare(): void;
  /** The scrape of this worker that has to give way. */
  giveWay(scrape: number): void;
  /** Memory is short, and nothing here can be given up for it. */
  call(): void;
  /** Bytes that the process takes. */
  processBytes(): number;
  /** Collects the garbage of this thread. */
  collect(): void;
}

/** Counts what one worker holds: bodies under way, expositions that somebody may still ask for, and parts of answers. */
export class WorkerMemory {
  readonly #ledger: MemoryLedger;
  readonly #thread: number;
  readonly #events: MemoryEvents;
  readonly #bodies: Map<number, number> = new Map();
  #held = 0;
  #largest = 0;
  #largestScrape = 0;
  #lastCall = Number.NEGATIVE_INFINITY;
  #lastCollection = Number.NEGATIVE_INFINITY;
  /** Bytes that bodies have grown by since the process was looked at. */
  #grown = 0;

  constructor(ledger: MemoryLedger, thread: number, events: MemoryEvents) {
    this.#ledger = ledger;
    this.#thread = thread;
    this.#events = events;
    this.#write();
  }

  /** The account of the body of a scrape. To be closed when the scrape ends. */
  account(scrape: number): Account {
    return { hold: (bytes) => this.#hold(scrape, bytes) };
  }

  close(scrape: number): void {
    const bytes = this.#bodies.get(scrape);
    if (bytes === undefined) return;
    this.#bodies.delete(scrape);
    this.#held -= bytes;
    if (scrape === this.#largestScrape) this.#findLargest();
    this.#write();
  }

  /** What the body of a scrape under way takes. */
  bytesOf(scrape: number): number {
    return this.#bodies.get(scrape) ?? 0;
  }

  /** Counts bytes that are no body's: more of them, or fewer when negative. */
  add(bytes: number): void {
    this.#held += bytes;
    this.#write();
    if (bytes > 0 && this.#isShort) this.#call();
  }

  #hold(scrape: number, bytes: number): void {
    const before = this.#bodies.get(scrape) ?? 0;
    this.#bodies.set(scrape, bytes);
    this.#held += bytes - before;
    if (bytes >= this.#largest) {
      this.#largest = bytes;
      this.#largestScrape = scrape;
    } else if (scrape === this.#largestScrape) this.#findLargest();
    this.#write();
    if (bytes <= before) return;
    if (this.#isShort) this.#relieve(scrape, bytes);
    this.#grown += bytes - before;
    if (this.#grown >= LOOK_EVERY_BYTES) this.#look(scrape, bytes);
  }

  /** What is counted is less than what the process takes: there is garbage, and it is collected here before it is too much. */
  #look(scrape: number, bytes: number): void {
    this.#grown = 0;
    const { processLimit } = this.#ledger;
    if (this.#events.processBytes() < processLimit * COLLECT_AT) return;
    const now = performance.now();
    if (now - this.#lastCollection >= COLLECT_EVERY_MS) {
      this.#lastCollection = now;
      this.#events.collect();
    }
    if (this.#events.processBytes() > processLimit * RELIEVE_AT) this.#relieve(scrape, bytes);
  }

  #relieve(scrape: number, bytes: number): void {
    const largest = this.#ledger.largest();
    if (largest === undefined || largest.thread !== this.#thread || largest.bytes < SMALLEST_VICTIM)
      this.#call();
    else if (largest.scrape === scrape) throw new MemoryError(memoryMessage(bytes, this.#ledger));
    else this.#events.giveWay(largest.scrape);
  }

  /** Whether all threads hold too much, even without what is kept for nobody here. */
  get #isShort(): boolean {
    if (!this.#ledger.exceeded) return false;
    this.#events.spare();
    return this.#ledger.exceeded;
  }

  #call(): void {
    const now = performance.now();
    if (now - this.#lastCall < CALL_EVERY_MS) return;
    this.#lastCall = now;
    this.#events.call();
  }

  #findLargest(): void {
    this.#largest = 0;
    this.#largestScrape = 0;
    for (const [scrape, bytes] of this.#bodies) {
      if (bytes > this.#largest) [this.#largestScrape, this.#largest] = [scrape, bytes];
    }
  }

  #write(): void {
    this.#ledger.write(this.#thread, this.#held, this.#largest, this.#largestScrape);
  }
}

/** What is said of a body that was given up. */
export function memoryMessage(bytes: number, { held, limit }: MemoryLedger): string {
  const mebibytes = (count: number): string => `${(count / 1024 / 1024).toFixed(1)} MiB`;
  return `memory is short, and this body was the largest under way (it held ${mebibytes(bytes)}, all together ${mebibytes(held)} of ${mebibytes(limit)}); raise --memory.limit or set body_size_limit`;
}
