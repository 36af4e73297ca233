import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { copyPiece } from './bytes.ts';
import { DISTANCE_LENGTHS, LITERAL_LENGTHS } from './code-lengths.ts';
import { codeTables, type CodeLengths } from './deflate-codes.ts';
import type { BlockPart } from './family-block.ts';
import type { Injection } from './label-rules.ts';
import type { LineShape } from './line-shape.ts';

/** As much of WebAssembly's JavaScript interface as is needed; its types come with those of browsers only. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}
interface Place {
  readonly value: number;
}

/** What assembly/line-coder.ts exports; numbers are places in its memory. */
interface CoderExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly window: Place;
  readonly windowBytes: Place;
  readonly input: Place;
  readonly inputBytes: Place;
  readonly output: Place;
  readonly outputBytes: Place;
  readonly blocks: Place;
  readonly injections: Place;
  readonly injectionsBytes: Place;
  readonly codes: Place;
  readonly results: Place;
  beginBody(stamp: number, timestamps: boolean, longestLine: number): void;
  leaveInput(): void;
  beginBlock(family: number, leanFrom: number, end: number): void;
  beginSmallBlock(family: number, most: number, end: number): void;
  isLean(): number;
  takesUpTo(end: number): number;
  finishBlock(end: number): number;
  dropBlock(): void;
  clearBlocks(): void;
  blocksEnd(): number;
  blocksRoom(): number;
  skipBlock(length: number): void;
  fingerprint(at: number, length: number): number;
  fingerprintHigh(): number;
  setSeed(low: number, high: number): void;
  pairCodes(): void;
  currentShape(): number;
  jumpTo(shape: number): void;
  setCurrent(shape: number): void;
  run(at: number, limit: number, end: number): number;
  longestLabelValue(): number;
  allocateShape(
    nameLength: number,
    values: number,
    textLength: number,
    bound: number,
    counts: boolean,
  ): number;
  textOf(shape: number): number;
  gapsOf(shape: number): number;
  resolveShape(shape: number, family: number, injection: number, length: number): void;
  forgetShapes(): void;
}

const FILE = new URL('./line-coder.wasm', import.meta.url);
const BEST_CODES: CodeLengths = { literals: LITERAL_LENGTHS, distances: DISTANCE_LENGTHS };
const MOST_LINE = 0x7fff_ffff;
/** A target that adds more than this to a line has its lines labelled without the coder. */
const MOST_INJECTION = 16 * 1024;
/** Lines of a shape with more text than this are never expected to come again. */
const MOST_TEXT = 8 * 1024;

const NEVER = 0xffff_ffff;
const SEEDS = 2 ** 32;

/** A block that was finished: its bytes are behind those of the block before. */
export interface CodedBlock {
  readonly length: number;
  /** Bytes of its lines, and their CRC-32. */
  readonly rawLength: number;
  readonly crc: number;
}

/** What `run` stopped for. */
export type Wanted = LineShape | 'room' | undefined;

const { WebAssembly: api } = globalThis as { readonly WebAssembly?: WebAssemblyApi };
let compiled: object | undefined;

/**
 * Reads, labels and deflates lines that look like those before them, in WebAssembly: assembly/line-coder.ts. It does what `matchLine`,
 * the scanner and the block deflater do for such lines, byte for byte the same after inflating.
 */
export class LineCoder {
  readonly #exports: CoderExports;
  readonly #memory: Uint8Array;
  readonly #words: Uint32Array;
  readonly #window: number;
  readonly #input: number;
  readonly #inputBytes: number;
  readonly #output: number;
  /** What the last call gave beside its result, in `#words`. */
  readonly #results: number;
  readonly #injections: number;
  readonly #injectionsEnd: number;
  #injectionEnd: number;
  /** Where it is what targets add, for the body under way. */
  #placed: Map<Uint8Array, number> = new Map();
  #shapes: Map<number, LineShape> = new Map();
  /** Changes whenever all shapes are forgotten. */
  #generation = 1;
  #stamp = 0;
  /** How often all shapes were forgotten in the body under way. */
  #forgets = 0;
  /** Where lines need not be copied from: a view of its memory, for the scanner's callers. */
  readonly window: Uint8Array;
  /** Labelled lines: a view of its memory. */
  readonly output: Uint8Array;
  /** Finished blocks, and the one under way: a view of its memory. */
  readonly blocks: Uint8Array;

  /** Undefined where WebAssembly is not available, or the file was not built (`npm run build:coder`). */
  static open(codes: CodeLengths = BEST_CODES): LineCoder | undefined {
    if (api === undefined) return undefined;
    if (compiled === undefined && existsSync(FILE)) compiled = new api.Module(readFileSync(FILE));
    return compiled && new LineCoder(new api.Instance(compiled).exports as CoderExports, codes);
  }

  private constructor(exports: CoderExports, lengths: CodeLengths) {
    this.#exports = exports;
    const { memory, window, windowBytes, input, inputBytes, output, outputBytes } = exports;
    const { blocks, injections, injectionsBytes, codes } = exports;
    this.#memory = new Uint8Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.#results = exports.results.value / 4;
    this.#window = window.value;
    this.window = this.#memory.subarray(window.value, window.value + windowBytes.value);
    this.#input = input.value;
    this.#inputBytes = inputBytes.value;
    this.#output = output.value;
    this.output = this.#memory.subarray(output.value, output.value + outputBytes.value);
    this.blocks = this.#memory.subarray(blocks.value);
    this.#injections = injections.value;
    this.#injectionEnd = injections.value;
    this.#injectionsEnd = injections.value + injectionsBytes.value;
    this.#words.set(codeTables(lengths), codes.value / 4);
    exports.pairCodes();
    exports.setSeed(randomInt(SEEDS), randomInt(SEEDS));
  }

  /** Begins or goes on with a body; `clearBlocks` is to follow. Lines that are longer stay unread. */
  beginBody(timestamps: boolean, longestLine: number): void {
    this.#stamp++;
    this.#forgets = 0;
    this.#injectionEnd = this.#injections;
    this.#placed.clear();
    this.#exports.beginBody(this.#stamp, timestamps, Math.min(longestLine, MOST_LINE));
  }

  /**
   * Takes the lines `[start, limit)`, which end with a newline and are valid UTF-8. Gives how much further they are in `buffer` than in its memory;
   * undefined when they are too many. Those in its window are read where they are, and stay until `leaveWindow`.
   */
  load(buffer: Uint8Array, start: number, limit: number): number | undefined {
    if (buffer === this.window) return -this.#window;
    if (limit - start > this.#inputBytes) return undefined;
    this.#exports.leaveInput();
    this.#memory.set(buffer.subarray(start, limit), this.#input);
    return start - this.#input;
  }

  /** Other lines are to be written to the window. */
  leaveWindow(): void {
    this.#exports.leaveInput();
  }

  /**
   * Hot. Reads the lines that were loaded, from `at` on, as long as they belong to the family of the block under way; the labelled lines before them end
   * at `outputEnd`. Gives where it stopped; places are those in its memory. `samples`, `outputEnd` and `wanted` are to be read before the next call.
   */
  run(at: number, limit: number, outputEnd: number): number {
    return this.#exports.run(at, limit, this.#output + outputEnd);
  }

  /** Samples that `run` wrote. */
  get samples(): number {
    return this.#words[this.#results]!;
  }

  /** Where the labelled lines in `output` end after `run`. */
  get outputEnd(): number {
    return this.#words[this.#results + 1]! - this.#output;
  }

  /** What `run` stopped for: a shape that the next line has and that is to be made current; room; or a line that it cannot read. */
  get wanted(): Wanted {
    const wanted = this.#words[this.#results + 2]!;
    if (wanted === 0) return undefined;
    return wanted === NEVER ? 'room' : this.#shapes.get(wanted)!;
  }

  /** Whether the body under way has more shapes than there is room for, so that it is quicker without the coder. */
  get thrashes(): boolean {
    return this.#forgets > 1;
  }

  /** Bytes of the longest label value that it read of the body under way, escapes as they stand. */
  get longestLabelValue(): number {
    return this.#exports.longestLabelValue();
  }

  /**
   * Begins a block with the lines of a family that come next in `output`, from `outputEnd` on. Once they are so many bytes, those that it reads are in the
   * block alone, and `output` has no whole lines any more.
   */
  beginBlock(family: number, leanFrom: number, outputEnd: number): void {
    this.#exports.beginBlock(family, Math.min(leanFrom, NEVER), this.#output + outputEnd);
  }

  /** The same for lines that are expected to be less than `most` bytes, and to be wanted in `output` only: there will be no block. */
  beginSmallBlock(family: number, most: number, outputEnd: number): void {
    this.#exports.beginSmallBlock(family, most, this.#output + outputEnd);
  }

  /** Whether `output` lacks lines of the block under way. */
  get isLean(): boolean {
    return this.#exports.isLean() !== 0;
  }

  /** Whether the block under way has room for the lines that others wrote, when those end there. One that is lean must not get more. */
  takesUpTo(outputEnd: number): boolean {
    return this.#exports.takesUpTo(this.#output + outputEnd) !== 0;
  }

  /** Ends the block, whose lines end there in `output`, as `BlockDeflater.finish` does; undefined when it was dropped, because it does not fit. */
  finishBlock(outputEnd: number): CodedBlock | undefined {
    const length = this.#exports.finishBlock(this.#output + outputEnd);
    if (length === 0) return undefined;
    return { length, rawLength: this.#words[this.#results]!, crc: this.#words[this.#results + 1]! };
  }

  /** Forgets the block under way. */
  dropBlock(): void {
    this.#exports.dropBlock();
  }

  /** Forgets all blocks; none is under way. */
  clearBlocks(): void {
    this.#exports.clearBlocks();
  }

  /** Takes a block that was made before, when there is room for it; none is under way. */
  appendBlock({ bytes, start, end }: Pick<BlockPart, 'bytes' | 'start' | 'end'>): boolean {
    const length = end - start;
    if (length > this.#exports.blocksRoom() >>> 0) return false;
    copyPiece(bytes, this.#memory, this.#exports.blocksEnd(), start, end);
    this.#exports.skipBlock(length);
    return true;
  }

  /** The lower half of what tells these loaded bytes from others of that length; two halves of 32 bits each, signed. */
  fingerprint(at: number, length: number): number {
    return this.#exports.fingerprint(at, length);
  }

  /** The upper half of the last fingerprint. */
  get fingerprintHigh(): number {
    return this.#exports.fingerprintHigh();
  }

  /** The shape of the last line, if it had one. */
  get current(): LineShape | undefined {
    return this.#shapes.get(this.#exports.currentShape() >>> 0);
  }

  /** Goes on behind a line of that shape, which was not read here. */
  jumpTo(shape: LineShape | undefined): void {
    this.#exports.jumpTo(shape !== undefined && this.#knows(shape) ? shape.coded : 0);
  }

  /** Expects lines like those of that shape, which is resolved for the body under way. False when the coder cannot read such lines. */
  expect(shape: LineShape, family: number, injection: Injection): boolean {
    if (!this.#knows(shape) && !this.#add(shape)) return false;
    const added = shape.labelled ? injection.before : injection.alone;
    const place = this.#place(added);
    if (place === undefined) return false;
    this.#exports.resolveShape(shape.coded, family, place, added.length);
    this.#exports.setCurrent(shape.coded);
    return true;
  }

  #knows(shape: LineShape): boolean {
    return shape.codedIn === this.#generation && this.#shapes.get(shape.coded) === shape;
  }

  #add(shape: LineShape): boolean {
    const { text, ends, nameLength, labelNames, boundPiece, countsOnly } = shape;
    if (text.length > MOST_TEXT) return false;
    const allocate = (): number =>
      this.#exports.allocateShape(nameLength, labelNames.length, text.length, boundPiece, countsOnly) >>> 0;
    let place = allocate();
    if (place === 0) {
      this.#forget();
      place = allocate();
    }
    this.#memory.set(text, this.#exports.textOf(place));
    const gaps = this.#exports.gapsOf(place) / 4;
    for (const [i, end] of ends.entries())
      this.#words[gaps + i] = end - (i === 0 ? nameLength : ends[i - 1]!);
    this.#shapes.set(place, shape);
    shape.coded = place;
    shape.codedIn = this.#generation;
    return true;
  }

  #forget(): void {
    this.#exports.forgetShapes();
    this.#exports.setCurrent(0);
    this.#shapes = new Map();
    this.#generation++;
    this.#forgets++;
  }

  #place(added: Uint8Array): number | undefined {
    let place = this.#placed.get(added);
    if (place === undefined) {
      if (added.length > MOST_INJECTION || this.#injectionEnd + added.length > this.#injectionsEnd)
        return undefined;
      place = this.#injectionEnd;
      this.#injectionEnd += added.length;
      this.#memory.set(added, place);
      this.#placed.set(added, place);
    }
    return place;
  }
}
