import { inflateRawSync } from 'node:zlib';
import type { BlockDeflater } from '../exposition/block-deflater.ts';
import type { BlockPart } from '../exposition/family-block.ts';
import { SMALL_BYTES } from '../exposition/packer.ts';
import { Flush } from '../exposition/zlib-handle.ts';

/** The labelled lines of a part. */
export function linesOf({ bytes, start, end, deflated, rawLength }: BlockPart): Uint8Array {
  const own = bytes.subarray(start, end);
  return deflated ? inflateRawSync(own, { finishFlush: Flush.sync, maxOutputLength: rawLength }) : own;
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
  deflater.clear();
  deflater.begin();
  deflater.add(lines, 0, length);
  const block = deflater.finish();
  return {
    bytes: new Uint8Array(deflater.bytes.subarray(0, block.length)),
    start: 0,
    end: block.length,
    deflated: true,
    rawLength: length,
    crc: block.crc,
  };
}
