import { freeBuffer, type FamilyBlock } from './family-block.ts';

/** Sizes of buffers are multiples of this. */
const STEP_BYTES = 4 * 1024;
/** Larger ones are not kept: they are of unusual bodies. */
const MOST_BYTES = 1024 * 1024;
/** What is kept at most. The buffers of a worker's usual round have place in it. */
const MOST_FREE_BYTES = 48 * 1024 * 1024;
const NO_BYTES = new Uint8Array(0);

/** Buffers of a pool whose bytes stay as they are until they are given back, or the pool is cleared. */
export class ParkedBuffers {
  readonly buffers: readonly Uint8Array[];
  readonly #end: (parked: ParkedBuffers) => void;
  #isThere = true;

  /** `end` is called once, when they may be used for anything again. */
  constructor(buffers: readonly Uint8Array[], end: (parked: ParkedBuffers) => void) {
    this.buffers = buffers;
    this.#end = end;
  }

  /** Whether the bytes are still what they were. */
  get isThere(): boolean {
    return this.#isThere;
  }

  /** Their bytes are not wanted any more. */
  give(): void {
    if (!this.#isThere) return;
    this.#isThere = false;
    this.#end(this);
  }
}

/**
 * Buffers for what bodies become, which are given back and used again: memory that comes and goes beside V8's heap makes it look for
 * garbage, and there is none.
 */
export class BufferPool {
  readonly #count: (bytes: number) => void;
  readonly #mostBytes: number;
  /** By size in steps. */
  readonly #free: Uint8Array[][] = [];
  readonly #taken: WeakSet<Uint8Array> = new WeakSet();
  readonly #given: Set<Uint8Array> = new Set();
  readonly #parked: Set<ParkedBuffers> = new Set();
  #freeBytes = 0;

  /** `count` is told how many bytes more, or fewer when negative, are kept for nobody; there are never more than 48 MiB of them, or `mostBytes`. */
  constructor(count: (bytes: number) => void = () => undefined, mostBytes: number = MOST_FREE_BYTES) {
    this.#count = count;
    this.#mostBytes = Math.min(mostBytes, MOST_FREE_BYTES);
  }

  /** A buffer of at least that many bytes, with anything in it. */
  take(length: number): Uint8Array {
    if (length === 0) return NO_BYTES;
    const steps = Math.ceil(length / STEP_BYTES);
    // Bodies differ a little from one scrape to the next.
    const found = this.#free[steps]?.pop() ?? this.#free[steps + 1]?.pop();
    if (found !== undefined) this.#keep(-found.length);
    else this.#makeRoom(steps * STEP_BYTES);
    const buffer = found ?? Buffer.allocUnsafeSlow(steps * STEP_BYTES);
    this.#taken.add(buffer);
    return buffer;
  }

  /** Frees so many bytes of other sizes, where there are as many that are not parked: all together are no more than were in use at once. */
  #makeRoom(bytes: number): void {
    const least = Math.max(0, this.#freeBytes - bytes);
    for (let steps = this.#free.length - 1; steps >= 0 && this.#freeBytes > least;) {
      const buffer = this.#free[steps]?.pop();
      if (buffer === undefined) steps--;
      else {
        this.#keep(-buffer.length);
        freeBuffer(buffer);
      }
    }
  }

  /** Takes back what the parts of these families are in; nobody may use them any more. What `take` did not give is freed. */
  giveBack(families: readonly FamilyBlock[]): void {
    for (const buffer of this.#buffersOf(families)) this.give(buffer);
  }

  /** What the parts of these families are in, each once. */
  #buffersOf(families: readonly FamilyBlock[]): Uint8Array[] {
    const given = this.#given;
    for (const { parts } of families) for (const { bytes } of parts) given.add(bytes);
    const buffers = [...given];
    given.clear();
    return buffers;
  }

  /** Takes back one; nobody may use it any more. One that `take` did not give is freed. */
  give(buffer: Uint8Array): void {
    const fits = buffer.length <= MOST_BYTES && this.#freeBytes + buffer.length <= this.#mostBytes;
    if (!this.#taken.delete(buffer) || !fits) {
      freeBuffer(buffer);
      return;
    }
    (this.#free[buffer.length / STEP_BYTES] ??= []).push(buffer);
    this.#keep(buffer.length);
  }

  /**
   * Keeps what the parts of these families are in as it is, because it may be wanted again: undefined where not all is of the pool, or where that is more
   * than is kept. It is counted as buffers for nobody are.
   */
  park(families: readonly FamilyBlock[]): ParkedBuffers | undefined {
    const buffers = this.#buffersOf(families);
    const bytes = buffers.reduce((sum, { length }) => sum + length, 0);
    const fits = this.#freeBytes + bytes <= this.#mostBytes;
    if (!fits || !buffers.every((buffer) => this.#taken.has(buffer))) return undefined;
    const parked = new ParkedBuffers(buffers, (those) => this.#unpark(those));
    this.#parked.add(parked);
    this.#keep(bytes);
    return parked;
  }

  /** They are counted already. Whoever is told of more bytes may clear the pool, which is in the middle of something. */
  #unpark(parked: ParkedBuffers): void {
    this.#parked.delete(parked);
    let freed = 0;
    for (const buffer of parked.buffers) {
      this.#taken.delete(buffer);
      if (buffer.length <= MOST_BYTES) {
        (this.#free[buffer.length / STEP_BYTES] ??= []).push(buffer);
        continue;
      }
      freed += buffer.length;
      freeBuffer(buffer);
    }
    this.#keep(-freed);
  }

  /** Frees all that is kept. */
  clear(): void {
    for (const parked of this.#parked) parked.give();
    for (const buffers of this.#free) for (const buffer of buffers ?? []) freeBuffer(buffer);
    this.#free.length = 0;
    this.#keep(-this.#freeBytes);
  }

  #keep(bytes: number): void {
    this.#freeBytes += bytes;
    if (bytes !== 0) this.#count(bytes);
  }
}
