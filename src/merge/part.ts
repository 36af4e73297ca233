import { inflateBlock, type BlockDeflater } from '../exposition/block-deflater.ts';
import type { BlockPart } from '../exposition/family-block.ts';
import { SMALL_BYTES } from '../exposition/packer.ts';
import { Flush, openInflateRaw, type ZlibHandle } from '../exposition/zlib-handle.ts';

/** The labelled lines of a part. */
export function linesOf({ bytes, start, end, deflated, rawLength }: BlockPart): Uint8Array {
  const own = bytes.subarray(start, end);
  return deflated ? inflateBlock(own, rawLength) : own;
}

/** Scratch above this is given back at the next part. */
const KEPT_SCRATCH = 4 * 1024 * 1024;

/** Reads labelled lines of many parts into scratch that is used again: an inflater of its own takes longer to make than most parts to inflate. */
export class PartReader {
  #inflater: ZlibHandle | undefined;
  #lines: Buffer = Buffer.alloc(0);
  #room: Buffer = Buffer.alloc(0);

  /** The lines of the part. Valid until the next call. */
  lines({ bytes, start, end, deflated, rawLength }: BlockPart): Buffer {
    if (!deflated) return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    this.#lines = sized(this.#lines, rawLength);
    const inflater = (this.#inflater ??= openInflateRaw());
    inflater.reset();
    inflater.write(Flush.sync, bytes, start, end - start, this.#lines, 0, rawLength);
    if (inflater.outputLeft > 0)
      throw new Error(`a block inflates to ${rawLength - inflater.outputLeft} bytes, not ${rawLength}`);
    return this.#lines.subarray(0, rawLength);
  }

  /** So many bytes to write to. Valid until the next call. */
  room(length: number): Buffer {
    this.#room = sized(this.#room, length);
    return this.#room;
  }
}

function sized(scratch: Buffer, length: number): Buffer {
  const fits = scratch.length >= length && (scratch.length <= KEPT_SCRATCH || length > KEPT_SCRATCH);
  return fits ? scratch : Buffer.allocUnsafeSlow(Math.max(length, 64 * 1024));
}

/** A pool of fewer bytes is used again. */
const KEPT_POOL = 256 * 1024;
let spare: Buffer | undefined;

/** Makes parts whose bytes share one buffer of exactly the size: thousands of small ones would keep the collector busy. */
export class PartPool {
  #bytes: Buffer = spare ?? Buffer.allocUnsafeSlow(16 * 1024);
  #end = 0;
  readonly #parts: { bytes: Uint8Array }[] = [];

  constructor() {
    spare = undefined;
  }

  /** A part of these lines; deflated unless they are few. It has its bytes when the pool is closed. */
  add(lines: Uint8Array, deflater: BlockDeflater): BlockPart {
    const deflated = lines.length >= SMALL_BYTES;
    const {
      start: from,
      length,
      crc,
    } = deflated ? deflater.only(lines) : { start: 0, length: lines.length, crc: 0 };
    const start = this.#end;
    this.#end += length;
    if (this.#end > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#end, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, start);
      this.#bytes = larger;
    }
    this.#bytes.set((deflated ? deflater.bytes : lines).subarray(from, from + length), start);
    const part = { bytes: this.#bytes, start, end: this.#end, deflated, rawLength: lines.length, crc };
    this.#parts.push(part);
    return part;
  }

  /** Gives the parts their bytes. */
  close(): void {
    const bytes = new Uint8Array(this.#bytes.subarray(0, this.#end));
    for (const part of this.#parts) part.bytes = bytes;
    if (this.#bytes.length <= KEPT_POOL) spare = this.#bytes;
  }
}

/** A part of these lines, which it may keep; deflated unless they are few. */
export function partOf(lines: Uint8Array, deflater: BlockDeflater): BlockPart {
  const { length } = lines;
  if (length < SMALL_BYTES) {
    // A copy: what was allocated for all lines must not stay for a few.
    return {
      bytes: new Uint8Array(lines),
      start: 0,
      end: length,
      deflated: false,
      rawLength: length,
      crc: 0,
    };
  }
  const block = deflater.only(lines);
  return {
    bytes: new Uint8Array(deflater.bytes.subarray(0, block.length)),
    start: 0,
    end: block.length,
    deflated: true,
    rawLength: length,
    crc: block.crc,
  };
}
