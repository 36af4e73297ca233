import { freeBuffer } from '../exposition/family-block.ts';

/**
 * The parts that an answer is made of, until its reader has taken them. Left to the collector they would have it run after every answer, for
 * the sake of a few large buffers.
 */
export class SentParts {
  /** Each with where the answer goes on behind it. */
  readonly #parts: { readonly bytes: Uint8Array; readonly end: number }[] = [];
  #made = 0;
  #taken = 0;

  /** The answer goes on with so many bytes. */
  made(bytes: number): void {
    this.#made += bytes;
  }

  /** What comes now is of nothing that this part has. */
  end(part: Uint8Array): void {
    this.#parts.push({ bytes: part, end: this.#made });
  }

  /** Nobody reads the next so many bytes any more. */
  taken(bytes: number): void {
    this.#taken += bytes;
    while (this.#parts.length > 0 && this.#parts[0]!.end <= this.#taken)
      freeBuffer(this.#parts.shift()!.bytes);
  }
}
