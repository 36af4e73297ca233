import type { BlockDeflater } from './block-deflater.ts';
import type { Body, BodyFamily } from './body.ts';
import type { BlockPart } from './family-block.ts';
import type { CodedBlock } from './line-coder.ts';

/**
 * A run of fewer bytes is kept as it is and deflated beside its neighbours of the same family when an answer is
 * composed: alone it would find little to repeat.
 */
export const SMALL_BYTES = 4096;

/** Turns what the scanner gathered into parts of family blocks. `keepSmall` may be turned off to bound memory. */
export interface Packer {
  readonly deflater: BlockDeflater;
  readonly keepSmall: boolean;
}

/** Blocks of families that were made already, one after the other from the beginning of `bytes`, but for those that have bytes of their own. */
export interface CodedBlocks {
  readonly blocks: readonly (CodedBlock & { readonly family: BodyFamily; readonly bytes?: Uint8Array })[];
  readonly bytes: Uint8Array;
}

/**
 * Hot. Packs the segments that the families of `body` have in `output`, and empties them. Small runs of one call share
 * one buffer, and so do the deflated ones, and those of `coded`, which come before the segments of their families: one allocation each,
 * of exactly the size.
 */
export function packSegments(body: Body, output: Uint8Array, packer: Packer, coded: CodedBlocks): void {
  const { deflater } = packer;
  const { touched } = body;
  body.touched = [];
  if (body.discarded) {
    for (const family of touched) family.takeSegments();
    return;
  }
  const codedBytes = addCoded(coded);
  const small: {
    family: BodyFamily;
    segments: readonly number[];
    before: BlockPart | undefined;
    length: number;
  }[] = [];
  const deflated: { family: BodyFamily; start: number; length: number; rawLength: number; crc: number }[] =
    [];
  let smallBytes = 0;
  let replaced = 0;
  deflater.clear();
  for (const family of touched) {
    const segments = family.takeSegments();
    const before = family.takeSmallPart();
    let length = 0;
    if (before !== undefined) {
      length = before.end - before.start;
      replaced += length;
    }
    for (let i = 0; i < segments.length; i += 2) length += segments[i + 1]! - segments[i]!;
    if (length < SMALL_BYTES && packer.keepSmall) {
      small.push({ family, segments, before, length });
      smallBytes += length;
      continue;
    }
    deflater.begin();
    if (before !== undefined) deflater.add(before.bytes, before.start, before.end);
    for (let i = 0; i < segments.length; i += 2) deflater.add(output, segments[i]!, segments[i + 1]!);
    deflated.push({ family, ...deflater.finish() });
  }
  const packed = copyOf(deflater.bytes, deflater.length);
  for (const { family, start, length, rawLength, crc } of deflated) {
    family.addPart({ bytes: packed, start, end: start + length, deflated: true, rawLength, crc });
  }
  const kept = Buffer.allocUnsafeSlow(smallBytes);
  let end = 0;
  for (const { family, segments, before, length } of small) {
    const start = end;
    if (before !== undefined) {
      kept.set(before.bytes.subarray(before.start, before.end), end);
      end += before.end - before.start;
    }
    for (let i = 0; i < segments.length; i += 2) {
      kept.set(output.subarray(segments[i], segments[i + 1]), end);
      end += segments[i + 1]! - segments[i]!;
    }
    family.addPart({ bytes: kept, start, end: start + length, deflated: false, rawLength: length, crc: 0 });
  }
  body.packed(codedBytes + packed.length + smallBytes - replaced);
}

/** Gives the families their blocks; how many bytes those are. */
function addCoded({ blocks, bytes }: CodedBlocks): number {
  let end = 0;
  let own = 0;
  for (const block of blocks) {
    if (block.bytes === undefined) end += block.length;
    else own += block.length;
  }
  const kept = copyOf(bytes, end);
  end = 0;
  for (const { family, length, rawLength, crc, bytes: alone } of blocks) {
    const start = alone === undefined ? end : 0;
    if (alone === undefined) end += length;
    family.addPart({ bytes: alone ?? kept, start, end: start + length, deflated: true, rawLength, crc });
  }
  return end + own;
}

function copyOf(bytes: Uint8Array, length: number): Uint8Array {
  const copy = Buffer.allocUnsafeSlow(length);
  copy.set(bytes.subarray(0, length));
  return copy;
}
