const CHUNK_BITS = 14;
const CHUNK_NUMBERS = 1 << CHUNK_BITS;

/**
 * A list of whole numbers of 32 bits, for lists that can be long: four bytes each. It grows in chunks, so that no step of
 * it takes long.
 */
export class IntList {
  #last: Int32Array<ArrayBuffer>;
  #used = 0;
  readonly #chunks: Int32Array<ArrayBuffer>[];

  /** With room for so many before it has to grow. */
  constructor(capacity: number = 64) {
    this.#last = new Int32Array(Math.min(Math.max(capacity, 1), CHUNK_NUMBERS));
    this.#chunks = [this.#last];
  }

  /** How many there are. */
  get length(): number {
    return (this.#chunks.length - 1) * CHUNK_NUMBERS + this.#used;
  }

  push(number: number): void {
    if (this.#used === this.#last.length) this.#grow();
    this.#last[this.#used++] = number;
  }

  /** The number at an index below `length`. */
  at(index: number): number {
    return this.#chunks[index >>> CHUNK_BITS]![index & (CHUNK_NUMBERS - 1)]!;
  }

  /** Replaces the number at an index below `length`. */
  set(index: number, number: number): void {
    this.#chunks[index >>> CHUNK_BITS]![index & (CHUNK_NUMBERS - 1)] = number;
  }

  /** All numbers in one piece, which belongs to the caller. */
  toArray(): Int32Array<ArrayBuffer> {
    const all = new Int32Array(this.length);
    for (const [i, chunk] of this.#chunks.entries())
      all.set(chunk === this.#last ? chunk.subarray(0, this.#used) : chunk, i * CHUNK_NUMBERS);
    return all;
  }

  #grow(): void {
    const { length } = this.#last;
    const next = new Int32Array(Math.min(length * 2, CHUNK_NUMBERS));
    if (length < CHUNK_NUMBERS) {
      next.set(this.#last);
      this.#chunks.pop();
    } else this.#used = 0;
    this.#chunks.push(next);
    this.#last = next;
  }
}
