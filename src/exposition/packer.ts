import type { BlockDeflater } from './block-deflater.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { BodyFamily, FilledPart } from './body-family.ts';
import type { Body } from './body.ts';
import { copyPiece } from './bytes.ts';
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
  /** Whether the body that is about to be scanned is waited for alone, the neighbours of its small runs being deflated by now. */
  isLate(): boolean;
}

/** Blocks of families that were made already, one after the other from the beginning of `bytes`, but for those that have bytes of their own. */
export interface CodedBlocks {
  readonly blocks: readonly (CodedBlock & { readonly family: BodyFamily; readonly bytes?: Uint8Array })[];
  readonly bytes: Uint8Array;
}

/** Bytes of parts that are not there yet. */
const NO_BYTES = new Uint8Array(0);

/**
 * Hot. Packs the runs that the families of `body` have in `output`, and takes them away. The blocks of `coded`, which come before the runs of their families,
 * and what is deflated here share one buffer of the pool. So do small parts of a body's first call, which nearly always is its only one; later ones may
 * move them on, and have a buffer of their own.
 */
export function packRuns(
  body: Body,
  runs: Runs,
  output: Uint8Array,
  packer: Packer,
  coded: CodedBlocks,
): void {
  if (!body.discarded) {
    const parts: FilledPart[] = [];
    const codedBytes = addCoded(coded, parts);
    const replaced = packLarge(runs, output, packer, codedBytes, parts);
    const { deflater, buffers } = packer;
    const deflatedBytes = codedBytes + deflater.length;
    const small = lengthOfSmall(runs);
    const isFirst = body.packedBytes === 0;
    const packed = buffers.take(deflatedBytes + (isFirst ? small.bytes : 0));
    copyPiece(coded.bytes, packed, 0, 0, codedBytes);
    copyPiece(deflater.bytes, packed, codedBytes, 0, deflater.length);
    for (const part of parts) part.bytes = packed;
    if (isFirst) packSmall(runs, output, packed, deflatedBytes);
    else packSmall(runs, output, buffers.take(small.bytes), 0);
    body.packed(deflatedBytes + ownBytes(coded) + small.bytes - small.replaced - replaced);
  }
  runs.clear();
}

/** Deflates all that is not small, to stand from `from` on; how many bytes the families had of that before. */
function packLarge(
  runs: Runs,
  output: Uint8Array,
  { deflater, keepSmall }: Packer,
  from: number,
  parts: FilledPart[],
): number {
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
    part.set(NO_BYTES, from + start, from + start + length, true, rawLength, crc);
    parts.push(part);
  }
  return replaced;
}

/** Of the runs that are left with the small parts before them; and of those parts alone. */
function lengthOfSmall(runs: Runs): { readonly bytes: number; readonly replaced: number } {
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
  return { bytes: bytes + replaced, replaced };
}

/** Copies the runs that are left. */
function packSmall(runs: Runs, output: Uint8Array, packed: Uint8Array, from: number): void {
  const { families } = runs;
  let end = from;
  for (let i = 0; i < families.length; i++) {
    const family = families[i]!;
    if (family.firstRun < 0) continue;
    const start = end;
    const before = family.smallPart;
    if (before !== undefined) {
      end += copyPiece(before.bytes, packed, end, before.start, before.end);
      family.dropSmallPart();
    }
    for (let run = family.firstRun; run >= 0; run = runs.after(run))
      end += copyPiece(output, packed, end, runs.startOf(run), runs.endOf(run));
    family.addPart().set(packed, start, end, false, end - start, 0);
  }
}

/** Gives the families their blocks; how many bytes are still to be copied, for `parts`. */
function addCoded({ blocks }: CodedBlocks, parts: FilledPart[]): number {
  let end = 0;
  for (const { family, length, rawLength, crc, bytes } of blocks) {
    const start = bytes === undefined ? end : 0;
    const part = family.addPart();
    part.set(bytes ?? NO_BYTES, start, start + length, true, rawLength, crc);
    if (bytes !== undefined) continue;
    end += length;
    parts.push(part);
  }
  return end;
}

/** Of blocks that have bytes of their own. */
function ownBytes({ blocks }: CodedBlocks): number {
  let own = 0;
  for (const { bytes, length } of blocks) if (bytes !== undefined) own += length;
  return own;
}
