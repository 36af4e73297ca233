import type { BlockDeflater } from './block-deflater.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { BodyFamily, FilledPart } from './body-family.ts';
import type { Body } from './body.ts';
import type { CodedBlock } from './line-coder.ts';
import type { Runs } from './runs.ts';

/**
 * A run of fewer bytes is kept as it is and deflated beside its neighbours of the same family when an answer is
 * composed: alone it would find little to repeat.
 */
export const SMALL_BYTES = 4096;

/** Turns what the scanner gathered into parts of family blocks. `keepSmall` may be turned off to bound memory. */
export interface Packer {
  readonly deflater: BlockDeflater;
  readonly buffers: BufferPool;
  readonly keepSmall: boolean;
}

/** Blocks of families that were made already, one after the other from the beginning of `bytes`, but for those that have bytes of their own. */
export interface CodedBlocks {
  readonly blocks: readonly (CodedBlock & { readonly family: BodyFamily; readonly bytes?: Uint8Array })[];
  readonly bytes: Uint8Array;
}

/** Bytes of parts that are not there yet. */
const NO_BYTES = new Uint8Array(0);

/**
 * Hot. Packs the runs that the families of `body` have in `output`, and takes them away. Small ones of one call share
 * one buffer of the pool, and so do the deflated ones, and those of `coded`, which come before the runs of their families.
 */
export function packRuns(
  body: Body,
  runs: Runs,
  output: Uint8Array,
  packer: Packer,
  coded: CodedBlocks,
): void {
  if (!body.discarded) {
    const codedBytes = addCoded(coded, packer.buffers);
    body.packed(codedBytes + packLarge(runs, output, packer) + packSmall(runs, output, packer));
  }
  runs.clear();
}

/** Deflates all that is not small; how many bytes more the families have then. */
function packLarge(runs: Runs, output: Uint8Array, { deflater, buffers, keepSmall }: Packer): number {
  const parts: FilledPart[] = [];
  let replaced = 0;
  deflater.clear();
  const { families } = runs;
  for (let i = 0; i < families.length; i++) {
    const family = families[i]!;
    const before = family.smallPart;
    const smallLength = before === undefined ? 0 : before.rawLength;
    if (keepSmall && smallLength + runs.lengthOf(family) < SMALL_BYTES) continue;
    deflater.begin();
    if (before !== undefined) {
      deflater.add(before.bytes, before.start, before.end);
      family.dropSmallPart();
      replaced += smallLength;
    }
    for (let run = family.firstRun; run >= 0; run = runs.after(run))
      deflater.add(output, runs.startOf(run), runs.endOf(run));
    const { start, length, rawLength, crc } = deflater.finish();
    family.firstRun = -1;
    const part = family.addPart();
    part.set(NO_BYTES, start, start + length, true, rawLength, crc);
    parts.push(part);
  }
  const packed = copyOf(deflater.bytes, deflater.length, buffers);
  for (const part of parts) part.bytes = packed;
  return deflater.length - replaced;
}

/** Copies the runs that are left; how many bytes more the families have then. */
function packSmall(runs: Runs, output: Uint8Array, { buffers }: Packer): number {
  const { families } = runs;
  let bytes = 0;
  let replaced = 0;
  for (let i = 0; i < families.length; i++) {
    const family = families[i]!;
    if (family.firstRun < 0) continue;
    const { smallPart } = family;
    if (smallPart !== undefined) replaced += smallPart.rawLength;
    bytes += runs.lengthOf(family);
  }
  const kept = buffers.take(bytes + replaced);
  let end = 0;
  for (let i = 0; i < families.length; i++) {
    const family = families[i]!;
    if (family.firstRun < 0) continue;
    const start = end;
    const before = family.smallPart;
    if (before !== undefined) {
      end += copy(before.bytes, kept, end, before.start, before.end);
      family.dropSmallPart();
    }
    for (let run = family.firstRun; run >= 0; run = runs.after(run))
      end += copy(output, kept, end, runs.startOf(run), runs.endOf(run));
    family.addPart().set(kept, start, end, false, end - start, 0);
  }
  return bytes;
}

/** Copies a piece, without a view of it. */
function copy(from: Uint8Array, to: Uint8Array, at: number, start: number, end: number): number {
  return Buffer.prototype.copy.call(from, to, at, start, end);
}

/** Gives the families their blocks; how many bytes those are. */
function addCoded({ blocks, bytes }: CodedBlocks, buffers: BufferPool): number {
  let end = 0;
  let own = 0;
  for (const block of blocks) {
    if (block.bytes === undefined) end += block.length;
    else own += block.length;
  }
  const kept = copyOf(bytes, end, buffers);
  end = 0;
  for (const { family, length, rawLength, crc, bytes: alone } of blocks) {
    const start = alone === undefined ? end : 0;
    if (alone === undefined) end += length;
    family.addPart().set(alone ?? kept, start, start + length, true, rawLength, crc);
  }
  return end + own;
}

function copyOf(bytes: Uint8Array, length: number, buffers: BufferPool): Uint8Array {
  const copy = buffers.take(length);
  copy.set(bytes.subarray(0, length));
  return copy;
}
