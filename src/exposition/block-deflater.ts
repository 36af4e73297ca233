import { crc32, inflateRawSync } from 'node:zlib';
import { Flush, openDeflate, type ZlibHandle } from './zlib-handle.ts';

/**
 * Level 1: on labelled expositions level 6 takes three times as long for a fifth less; the answer's reader
 * waits for the slowest, so time comes first.
 */
const LEVEL = 1;
const FIRST_BYTES = 256 * 1024;
/** What one large body needed is given back. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024;
const NO_BYTES = new Uint8Array(0);

/** The bytes that a block of its own was made of, which are so many. Throws when it is not intact. */
export function inflateBlock(block: Uint8Array, rawLength: number): Uint8Array {
  return inflateRawSync(block, { finishFlush: Flush.sync, maxOutputLength: rawLength });
}

/** A finished block: where it lies in `BlockDeflater.bytes`, and what it stands for. */
export interface Block {
  readonly start: number;
  readonly length: number;
  /** Bytes before compression. */
  readonly rawLength: number;
  /** CRC-32 of the bytes before compression. */
  readonly crc: number;
}

/**
 * Hot. Makes deflate blocks that may stand one after the other in any order in one stream: each begins with an empty
 * window, but for those of `beginBehind`, and ends on a byte boundary without a final block (zlib's sync flush).
 */
export class BlockDeflater {
  readonly #zlib: ZlibHandle = openDeflate(LEVEL);
  /** Finished blocks and the one under way. Belongs to the deflater: replaced when it grows, overwritten after `clear`. */
  bytes: Uint8Array = new Uint8Array(FIRST_BYTES);
  #end = 0;
  #start = 0;
  #rawLength = 0;
  #crc = 0;

  /** End of the last finished block in `bytes`. */
  get length(): number {
    return this.#end;
  }

  /** Forgets all blocks. */
  clear(): void {
    this.#end = 0;
    if (this.bytes.length > MAX_KEPT_BYTES) this.bytes = new Uint8Array(FIRST_BYTES);
  }

  begin(): void {
    this.#zlib.reset();
    this.#start = this.#end;
    this.#rawLength = 0;
    this.#crc = 0;
  }

  /**
   * Begins a block that may refer back to these bytes: it must stand directly behind them in the stream. They are no part of it.
   */
  beginBehind(before: Uint8Array, start: number, end: number): void {
    this.begin();
    const at = this.#end;
    this.#write(Flush.none, before, start, end);
    this.#write(Flush.sync, NO_BYTES, 0, 0);
    this.#end = at;
  }

  /** Adds bytes to the block under way. */
  add(input: Uint8Array, start: number, end: number): void {
    this.#crc = crc32(start === 0 && end === input.length ? input : input.subarray(start, end), this.#crc);
    this.#rawLength += end - start;
    this.#write(Flush.none, input, start, end);
  }

  finish(): Block {
    this.#write(Flush.sync, NO_BYTES, 0, 0);
    return {
      start: this.#start,
      length: this.#end - this.#start,
      rawLength: this.#rawLength,
      crc: this.#crc >>> 0,
    };
  }

  /** Forgets all blocks, and makes one of these bytes. */
  only(input: Uint8Array): Block {
    this.clear();
    this.begin();
    this.add(input, 0, input.length);
    return this.finish();
  }

  /** Appends a block that was made before, as it is. */
  append(block: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    this.bytes.set(block.subarray(start, end), this.#end);
    this.#end += end - start;
  }

  #write(flush: number, input: Uint8Array, start: number, end: number): void {
    do {
      this.#reserve(Math.max(1024, (end - start) >> 3));
      const free = this.bytes.length - this.#end;
      this.#zlib.write(flush, input, start, end - start, this.bytes, this.#end, free);
      this.#end += free - this.#zlib.outputLeft;
      start = end - this.#zlib.inputLeft;
      // A full output says that more waits inside, even when all input was taken.
    } while (this.#zlib.outputLeft === 0 || start < end);
  }

  #reserve(bytes: number): void {
    if (this.bytes.length - this.#end >= bytes) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.#end + bytes));
    grown.set(this.bytes.subarray(0, this.#end));
    this.bytes = grown;
  }
}
