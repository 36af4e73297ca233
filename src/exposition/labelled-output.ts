import { inflateBlock } from './block-deflater.ts';
import type { BodyFamily } from './body-family.ts';
import type { Body } from './body.ts';
import { copyPiece } from './bytes.ts';
import { freeBuffer, type BlockPart } from './family-block.ts';
import type { CodedBlock, LineCoder } from './line-coder.ts';
import type { NameTable } from './name-table.ts';
import { packRuns, SMALL_BYTES, type CodedBlocks, type Packer } from './packer.ts';
import { Runs } from './runs.ts';

/** Labelled bytes that are gathered before they are packed. Enough that a family of a usual body is one block. */
const OUTPUT_BYTES = 2 * 1024 * 1024;
/**
 * A block that is larger than this part of its lines is made anew by zlib: the coder knows of no more than a line's neighbour, and zlib
 * searches for what repeats. Usual blocks are a fifteenth.
 */
const WORTH_SEARCHING = 1 / 10;
/**
 * Of a body that is waited for alone, runs of so many bytes on are blocks, as the coder makes them, if those are no larger than this part of
 * their lines: who waits for it would wait longer for zlib to deflate them than for the bytes.
 */
const LATE_SMALL_BYTES = 512;
const LATE_WORTH_SEARCHING = 1 / 2;
/** A larger part is not taken over from an earlier body. */
const MOST_TAKEN_BYTES = 256 * 1024;
const NO_BYTES = new Uint8Array(0);
/** Names of families that are remembered. */
const MOST_KINDS = 8192;
/** What is known of a family's runs: large ones that the coder makes well, and those that are better left to zlib. */
const Kind = { unknown: 0, small: 1, large: 2, searched: 3 } as const;
/** How the coder takes each kind: from how many bytes on its lines are in a block alone. */
const LEAN_FROM = [SMALL_BYTES, SMALL_BYTES, 0, Infinity] as const;

/**
 * Hot. The labelled lines of the body that is scanned, gathered in runs of one family each, until they are packed. Runs that the coder wrote
 * are deflate blocks already.
 */
export class LabelledOutput {
  readonly #packer: Packer;
  readonly #coder: LineCoder | undefined;
  /** Where lines are gathered while there is nothing of unusual size. */
  readonly #usual: Uint8Array;
  #body!: Body;
  #runStart = 0;
  readonly #runs = new Runs();
  /** For each name number the kind of its family's last run; of names in that table. */
  readonly #kinds = new Uint8Array(MOST_KINDS);
  #names: NameTable | undefined;
  /** Whether the run under way has no block. */
  #plain = false;
  /** Whether the body that is scanned is waited for alone. */
  #late = false;
  /** The coder's blocks that are not packed yet. */
  #coded: CodedBlocks['blocks'][number][] = [];
  #codedBytes = 0;
  /** The lines. */
  bytes: Uint8Array;
  /** Where they end. */
  end: number = 0;
  /** The family of the run under way. */
  family: BodyFamily | undefined;
  /** How many runs were begun so far. */
  opened: number = 0;

  /** Without a coder zlib makes all blocks. */
  constructor(packer: Packer, coder: LineCoder | undefined) {
    this.#packer = packer;
    this.#coder = coder;
    this.#usual = coder?.output ?? new Uint8Array(OUTPUT_BYTES);
    this.bytes = this.#usual;
  }

  /** Begins or goes on with a body. What another one gathered has been packed, or is not wanted any more: that body broke off. */
  begin(body: Body): void {
    this.#body = body;
    this.#late = this.#packer.isLate();
    if (body.names !== this.#names) this.#kinds.fill(Kind.unknown);
    this.#names = body.names;
    this.#useUsual();
    this.end = 0;
    this.family = undefined;
    this.#runs.forget();
    this.#coded = [];
    this.#codedBytes = 0;
    this.#coder?.clearBlocks();
  }

  /** Whether lines are gathered where the coder can write them. */
  get codes(): boolean {
    return this.#coder !== undefined && this.bytes === this.#usual;
  }

  /** Hot. Makes room for one sample of that family, whose line of at most so many bytes the caller writes at `end`. */
  add(family: BodyFamily, bytes: number): void {
    if (this.end + bytes > this.bytes.length || this.#isBeyond(this.end + bytes)) {
      this.#pack();
      if (bytes > this.bytes.length) {
        this.#useUsual();
        this.bytes = new Uint8Array(bytes);
      }
    }
    if (family !== this.family) this.open(family);
    family.samples++;
  }

  /** Ends the run of the family before and begins one of `family`. */
  open(family: BodyFamily): void {
    this.#close();
    this.opened++;
    this.family = family;
    this.#runStart = this.end;
    if (!this.codes) return;
    const coder = this.#coder!;
    const kind = this.#kinds[family.name] ?? Kind.unknown;
    this.#plain = kind === Kind.small && !family.isOpen && !this.#late;
    // A small run before it comes before it: they will be one.
    if (family.isOpen) coder.beginBlock(family.name, Infinity, this.end);
    else if (this.#plain) coder.beginSmallBlock(family.name, SMALL_BYTES, this.end);
    else coder.beginBlock(family.name, LEAN_FROM[kind]!, this.end);
  }

  /** Ends the run under way: more lines of its family begin another one. */
  endRun(): void {
    this.#close();
  }

  /** Whether a run of that family would now be kept in the form that this part of an earlier one has. There has to be a coder. */
  wouldBeLike({ deflated, rawLength, start, end }: BlockPart): boolean {
    const least = this.#late ? LATE_SMALL_BYTES : SMALL_BYTES;
    return this.codes && deflated === rawLength >= least && end - start <= MOST_TAKEN_BYTES;
  }

  /** Adds a run of that family, which has no other, as it came out of an earlier body. The caller counts its samples. */
  take(family: BodyFamily, part: BlockPart): void {
    const { bytes, start, end, deflated, rawLength, crc } = part;
    this.#close();
    const length = end - start;
    if (deflated) {
      // Packing only takes buffers from the pool, so those of the part stay as they are.
      if (!this.#coder!.appendBlock(part)) {
        this.#pack();
        this.#coder!.appendBlock(part);
      }
      this.#coded.push({ family, length, rawLength, crc });
      this.#codedBytes += length;
      return;
    }
    if (this.end + length > this.bytes.length) this.#pack();
    copyPiece(bytes, this.bytes, this.end, start, end);
    this.#runs.add(family, this.end, this.end + length);
    this.end += length;
  }

  /** Packs what was gathered, so that there is room, or another body can be scanned. */
  pack(): void {
    this.#pack();
    this.#useUsual();
  }

  /** What one long line needed is given back at once. */
  #useUsual(): void {
    if (this.bytes !== this.#usual) freeBuffer(this.bytes);
    this.bytes = this.#usual;
  }

  #pack(): void {
    this.#close();
    const blocks = this.#coded;
    this.#coded = [];
    packRuns(this.#body, this.#runs, this.bytes, this.#packer, {
      blocks,
      bytes: this.#coder?.blocks ?? NO_BYTES,
    });
    if (this.codes) this.#coder!.clearBlocks();
    this.#codedBytes = 0;
    this.end = 0;
  }

  #close(): void {
    const { family } = this;
    this.family = undefined;
    if (family === undefined || (this.codes && this.#closeBlock(family))) return;
    if (this.end > this.#runStart) this.#runs.add(family, this.#runStart, this.end);
  }

  /** Whether lines that end there are more than the coder's block takes, of which there are none beside the block. */
  #isBeyond(end: number): boolean {
    return this.codes && this.#coder!.isLean && !this.#coder!.takesUpTo(end);
  }

  /** Ends the coder's block; true when it is what the run becomes. */
  #closeBlock(family: BodyFamily): boolean {
    const coder = this.#coder!;
    const { isLean } = coder;
    const kinds = this.#kinds;
    const written = this.end - this.#runStart;
    const least = this.#late ? LATE_SMALL_BYTES : SMALL_BYTES;
    if (!isLean && (this.#plain || written < least || family.isOpen)) {
      kinds[family.name] = written < SMALL_BYTES ? Kind.small : Kind.large;
      coder.dropBlock();
      return false;
    }
    const block = coder.finishBlock(this.end);
    if (block === undefined) return false;
    const { length, rawLength } = block;
    if (rawLength < least) {
      kinds[family.name] = Kind.small;
      const lines = this.#linesOf(block);
      this.bytes.set(lines, this.#runStart);
      this.end = this.#runStart + rawLength;
      return false;
    }
    const isSmall = rawLength < SMALL_BYTES;
    const isGood = length <= rawLength * (isSmall ? LATE_WORTH_SEARCHING : WORTH_SEARCHING);
    kinds[family.name] = isSmall ? Kind.small : isGood ? Kind.large : Kind.searched;
    if (!isGood && !isLean) {
      coder.dropBlock();
      return false;
    }
    this.#coded.push({ family, ...(isGood ? block : this.#search(block)) });
    if (isGood) this.#codedBytes += length;
    // What is in a block is not needed any more.
    this.end = this.#runStart;
    return true;
  }

  /** The lines of the coder's last block, which is dropped. */
  #linesOf({ length, rawLength }: CodedBlock): Uint8Array {
    const coder = this.#coder!;
    const bytes = coder.blocks.subarray(this.#codedBytes, this.#codedBytes + length);
    const lines = inflateBlock(bytes, rawLength);
    coder.dropBlock();
    return lines;
  }

  /** Makes the coder's last block anew with zlib. */
  #search(found: CodedBlock): CodedBlock & { readonly bytes: Uint8Array } {
    const lines = this.#linesOf(found);
    const { deflater, buffers } = this.#packer;
    const block = deflater.only(lines);
    const bytes = buffers.take(block.length);
    copyPiece(deflater.bytes, bytes, 0, 0, block.length);
    return { ...block, bytes };
  }
}
