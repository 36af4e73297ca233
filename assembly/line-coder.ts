import { commonLength, copy, valueEnd } from './bytes';
import * as writer from './bit-writer';
import { BLOCKS, OUTPUT, OUTPUT_BYTES } from './memory';
import { isPlainNumber, lineEnd } from './number';
import * as shape from './shape';

// Hot. Reads lines of the text format that look like the ones before them, adds the target's labels, and writes them as a deflate stream.
// What repeats is known from the structure of the lines, so nothing is searched. The labelled lines are kept beside the stream: their CRC,
// taken by other code, tells a reader when the stream is not what it should be.
//
// Who calls: src/exposition/line-coder.ts. Numbers that are passed are places in the memory of this module.

export {
  BLOCKS as blocks,
  CODES as codes,
  INJECTIONS as injections,
  INJECTIONS_BYTES as injectionsBytes,
  INPUT as input,
  INPUT_BYTES as inputBytes,
  OUTPUT as output,
  OUTPUT_BYTES as outputBytes,
} from './memory';
export { allocateShape, forgetShapes, gapsOf, textOf } from './shape';

/** A family that there is not. */
const NONE: u32 = u32.MAX_VALUE;
/** Bytes of the longest line that is looked at. */
const MOST_LINE: u32 = 32 * 1024;
/** A stream may take so many bytes for each byte of the text. */
const MOST_BYTES_A_BYTE: u32 = 2;
const MOST_LABELLED_LINE: u32 = MOST_LINE * 2;
const MOST_DISTANCE: u32 = 32768;
/** What is wanted instead of a shape: room, which comes from packing what is there. */
const PACKING: u32 = u32.MAX_VALUE;

/** End of the labelled lines, and of what of them is in the stream. */
let out: u32 = OUTPUT;
let coded: u32 = OUTPUT;
let blockStart: u32 = OUTPUT;
let block: u32 = 0;
let blockBegin: u32 = 0;
/** Whether the last newline is not in the stream yet: it goes with what comes behind it. */
let newlineWaits: bool = false;
/** Whether the block's lines could not all be coded. */
let spoiled: bool = false;
/** The last line of the block, and its shape; 0 when there is none, or when it has none. */
let lastLine: u32 = 0;
let lastShape: u32 = 0;

let current: u32 = 0;
let stamp: u32 = 0;
let family: u32 = NONE;
let timestamps: bool = true;
let longestLine: u32 = 0;
let samples: u32 = 0;
let wanted: u32 = 0;
let longestValue: u32 = 0;
/** The same of the line under way, as far as it is not that of the last line of its shape. */
let longestHere: u32 = 0;

/** Begins or goes on with a body. Shapes whose stamp is another one are not resolved for it. */
export function beginBody(newStamp: u32, readTimestamps: bool, newLongestLine: u32): void {
  stamp = newStamp;
  family = NONE;
  timestamps = readTimestamps;
  longestLine = min(newLongestLine, MOST_LINE);
  longestValue = 0;
  current = 0;
}

/** Where the labelled lines end. */
export function outputEnd(): u32 {
  return out;
}

/** Says where the labelled lines end: more of them were written, or some are not needed any more. */
export function setOutputEnd(end: u32): void {
  out = end;
}

/** Forgets all blocks. There must be none under way. */
export function clearBlocks(): void {
  writer.setPosition(BLOCKS);
  family = NONE;
}

/** Begins a block with the next line, of that family. */
export function beginBlock(newFamily: u32): void {
  family = newFamily;
  block++;
  blockBegin = writer.position();
  blockStart = out;
  coded = out;
  newlineWaits = false;
  spoiled = false;
  lastLine = 0;
  lastShape = 0;
  writer.begin();
}

/** Forgets the block under way. */
export function dropBlock(): void {
  writer.setPosition(blockBegin);
  family = NONE;
}

/** Ends the block; gives how long it is, or 0 when not all of it could be coded: it is forgotten then. */
export function finishBlock(): u32 {
  catchUp();
  family = NONE;
  if (spoiled) {
    writer.setPosition(blockBegin);
    return 0;
  }
  if (newlineWaits) writer.literal(0x0a);
  newlineWaits = false;
  writer.finish();
  return writer.position() - blockBegin;
}

/** Makes that shape the one of the last line. */
export function setCurrent(next: u32): void {
  if (current != 0 && next != 0 && next != current) follow(current, next);
  current = next;
}

/** How many samples were written since it was asked last. */
export function takeSamples(): u32 {
  const taken = samples;
  samples = 0;
  return taken;
}

/** What `run` stopped for: a shape, 0 for a line that it cannot read, or PACKING. */
export function wantedShape(): u32 {
  return wanted;
}

/** Bytes of the longest label value of the body, as it stands. */
export function longestLabelValue(): u32 {
  return longestValue;
}

function follow(before: u32, next: u32): void {
  if (load<u32>(before, shape.NEXT) == next) return;
  store<u32>(before, load<u32>(before, shape.NEXT), shape.OTHER);
  store<u32>(before, next, shape.NEXT);
}

/**
 * Reads lines of `[at, limit)`, which ends with a newline, as long as they belong to the family of the block and have a shape that is expected.
 * Gives where it stopped. When that is a line of a shape that is expected but belongs elsewhere, that shape is wanted.
 */
export function run(at: u32, limit: u32): u32 {
  wanted = 0;
  if (coded != out) catchUp();
  let s = current;
  while (at < limit && s != 0) {
    let next = codeLine(s, at);
    if (next == 0) {
      const before = s;
      s = load<u32>(before, shape.NEXT);
      next = other(s, at);
      if (next == 0 && wanted == 0) {
        s = load<u32>(before, shape.OTHER);
        next = other(s, at);
      }
      if (next == 0) break;
      follow(before, s);
      current = s;
    }
    at = next;
  }
  return at;
}

/** As `codeLine`, for a shape that may belong elsewhere or be none. */
function other(s: u32, at: u32): u32 {
  if (s == 0) return 0;
  if (load<u32>(s, shape.STAMP) == stamp && load<u32>(s, shape.FAMILY) == family) return codeLine(s, at);
  if (matches(s, at) != 0) wanted = s;
  return 0;
}

/** Writes the line at `at` when it has that shape; gives where it ends, else 0. */
function codeLine(s: u32, at: u32): u32 {
  if (load<u32>(s, shape.STAMP) != stamp || load<u32>(s, shape.FAMILY) != family) {
    if (matches(s, at) != 0) wanted = s;
    return 0;
  }
  const nameLength = load<u32>(s, shape.NAME_LENGTH);
  if (commonLength(at, load<u32>(s, shape.TEXT), nameLength) < nameLength) return 0;
  longestHere = 0;
  if (
    spoiled ||
    out + MOST_LABELLED_LINE > OUTPUT + OUTPUT_BYTES ||
    writer.room() < MOST_LABELLED_LINE * MOST_BYTES_A_BYTE
  ) {
    wanted = PACKING;
    return 0;
  }
  const near = load<u32>(s, shape.BLOCK) == block && out - load<u32>(s, shape.LAST) <= MOST_DISTANCE;
  return near ? codeLikeLast(s, at) : codeFirst(s, at);
}

/** The line is compared with the last one of its shape. */
function codeLikeLast(s: u32, at: u32): u32 {
  const nameLength = load<u32>(s, shape.NAME_LENGTH);
  const head = nameLength + load<u32>(s, shape.INJECTION_LENGTH);
  const last = load<u32>(s, shape.LAST);
  const values = load<u32>(s, shape.VALUES);
  const quotes = load<u32>(s, shape.QUOTES);
  const newQuotes = load<u32>(s, shape.NEW_QUOTES);
  const tail = at + nameLength;
  const lastTail = last + head;
  const lastEnd = lastTail + load<u32>(s, shape.TAIL);
  const line = out;
  // Where the bytes of a run are, should it be too short for a match.
  copy(line, last, head);
  copy(line + head, tail, 16);
  writer.mark();
  // The run under way, in the line and in the last one, with what stands before it: the head, and the newline before that.
  let lead = head;
  if (newlineWaits) {
    if (last > blockStart) lead++;
    else writer.literal(0x0a);
  }
  let p = tail;
  let q = lastTail;
  let runStart = p;
  let source = line + head - lead;
  let distance = line - last;
  let k: u32 = 0;
  let end: u32 = 0;
  while (true) {
    const n = commonLength(p, q, lastEnd - q);
    p += n;
    q += n;
    const shift = p - tail - (q - lastTail);
    while (k < values) {
      const quote = load<u32>(quotes + (k << 2));
      if (q <= lastTail + quote) break;
      store<u32>(newQuotes + (k << 2), quote + shift);
      k++;
    }
    if (q == lastEnd) {
      end = p;
      break;
    }
    const begins =
      k == 0
        ? load<u32>(s, shape.GAPS)
        : load<u32>(quotes + ((k - 1) << 2)) + load<u32>(s + (k << 2), shape.GAPS);
    // Not a value, but what stands between two.
    if (q < lastTail + begins) return undo();
    if (k == values) {
      const start =
        k == 0
          ? tail + begins
          : tail + load<u32>(newQuotes + ((k - 1) << 2)) + load<u32>(s + (k << 2), shape.GAPS);
      end = lineEnd(start, timestamps);
      if (end == 0) return undo();
      break;
    }
    // Not into the middle of an escape.
    const value = tail + begins + shift;
    let back = p;
    while (back > value && load<u8>(back - 1) == 0x5c) back--;
    const odd = (p - back) & 1;
    p -= odd;
    q -= odd;
    const quote = valueEnd(p);
    if (quote == 0) return undo();
    if (quote - value > longestHere) longestHere = quote - value;
    if (quote - at > longestLine) return undo();
    writer.run(source, p - runStart + lead, distance);
    writer.literals(p, quote - p);
    store<u32>(newQuotes + (k << 2), quote - tail);
    p = quote;
    q = lastTail + load<u32>(quotes + (k << 2));
    k++;
    runStart = p;
    source = p;
    distance = line + head + (p - tail) - q;
    lead = 0;
  }
  if (end - at > longestLine || !isFit(s, newQuotes, tail)) return undo();
  copy(line + head, tail, end - tail);
  // The newline at the end waits for the next line.
  const runEnd = min(p, end - 1);
  writer.run(source, runEnd - runStart + lead, distance);
  writer.literals(runEnd, end - 1 - runEnd);
  store<u32>(s, newQuotes, shape.QUOTES);
  store<u32>(s, quotes, shape.NEW_QUOTES);
  wrote(s, line, end - tail, line + head + (end - tail));
  return end;
}

function undo(): u32 {
  writer.rewind();
  return 0;
}

function wrote(s: u32, line: u32, tailLength: u32, end: u32): void {
  store<u32>(s, block, shape.BLOCK);
  store<u32>(s, line, shape.LAST);
  store<u32>(s, tailLength, shape.TAIL);
  lastLine = line;
  lastShape = s;
  newlineWaits = true;
  if (longestHere > longestValue) longestValue = longestHere;
  out = end;
  coded = end;
  samples++;
}

/** Whether strict readers take it: the bound is a number, and no count is negative. Anything unusual is left to the reader's own way. */
function isFit(s: u32, quotes: u32, tail: u32): bool {
  const values = load<u32>(s, shape.VALUES);
  const b = load<u32>(s, shape.BOUND);
  if (b != u32.MAX_VALUE) {
    const start =
      b == 0
        ? load<u32>(s, shape.GAPS)
        : load<u32>(quotes + ((b - 1) << 2)) + load<u32>(s + (b << 2), shape.GAPS);
    if (!isPlainNumber(tail + start, tail + load<u32>(quotes + (b << 2)))) return false;
  }
  if (load<u32>(s, shape.COUNTS) != 0) {
    const start =
      values == 0
        ? load<u32>(s, shape.GAPS)
        : load<u32>(quotes + ((values - 1) << 2)) + load<u32>(s + (values << 2), shape.GAPS);
    if (load<u8>(tail + start) == 0x2d) return false;
  }
  return true;
}

/** Where the line at `at` ends when it has that shape, else 0. Notes where its values end. */
function matches(s: u32, at: u32): u32 {
  let text = load<u32>(s, shape.TEXT);
  const nameLength = load<u32>(s, shape.NAME_LENGTH);
  if (commonLength(at, text, nameLength) < nameLength) return 0;
  text += nameLength;
  at += nameLength;
  const tail = at;
  const values = load<u32>(s, shape.VALUES);
  const quotes = load<u32>(s, shape.NEW_QUOTES);
  let k: u32 = 0;
  while (true) {
    const gap = load<u32>(s + (k << 2), shape.GAPS);
    if (commonLength(at, text, gap) < gap) return 0;
    at += gap;
    text += gap;
    if (k == values) return lineEnd(at, timestamps);
    const quote = valueEnd(at);
    if (quote == 0) return 0;
    if (quote - at > longestHere) longestHere = quote - at;
    store<u32>(quotes + (k << 2), quote - tail);
    at = quote;
    k++;
  }
}

/** The first line of its shape in the block. */
function codeFirst(s: u32, at: u32): u32 {
  const end = matches(s, at);
  if (end == 0) return 0;
  const nameLength = load<u32>(s, shape.NAME_LENGTH);
  const tail = at + nameLength;
  const quotes = load<u32>(s, shape.NEW_QUOTES);
  if (end - at > longestLine || !isFit(s, quotes, tail)) return 0;
  const injection = load<u32>(s, shape.INJECTION);
  const injectionLength = load<u32>(s, shape.INJECTION_LENGTH);
  const line = out;
  copy(line, at, nameLength);
  copy(line + nameLength, injection, injectionLength);
  copy(line + nameLength + injectionLength, tail, end - tail);
  const lineLimit = line + nameLength + injectionLength + (end - tail);
  let from = line;
  if (lastLine != 0) {
    from = codePrefix(line, lineLimit - 1);
    if (lastShape != 0 && from < line + nameLength && load<u32>(lastShape, shape.INJECTION) == injection) {
      writer.literals(from, line + nameLength - from);
      from = line + nameLength;
      const like = lastLine + load<u32>(lastShape, shape.NAME_LENGTH);
      const n = commonLength(from, like, lineLimit - 1 - from);
      writer.run(from, n, from - like);
      from += n;
    }
  } else if (newlineWaits) writer.literal(0x0a);
  writer.literals(from, lineLimit - 1 - from);
  store<u32>(s, quotes, shape.NEW_QUOTES);
  const other = load<u32>(s, shape.QUOTES);
  store<u32>(s, quotes, shape.QUOTES);
  store<u32>(s, other, shape.NEW_QUOTES);
  wrote(s, line, end - tail, lineLimit);
  return end;
}

/** Writes what `[line, end)` has in common with the beginning of the last line; gives where that ends. */
function codePrefix(line: u32, end: u32): u32 {
  const n = commonLength(line, lastLine, end - line);
  let lead: u32 = 0;
  if (newlineWaits) {
    if (lastLine > blockStart) lead = 1;
    else writer.literal(0x0a);
  }
  writer.run(line - lead, n + lead, line - lastLine);
  newlineWaits = false;
  return line + n;
}

/** Puts labelled lines into the stream that were written by others. */
function catchUp(): void {
  if ((out - coded) * MOST_BYTES_A_BYTE + MOST_LINE > writer.room()) spoiled = true;
  if (spoiled) coded = out;
  while (coded < out) {
    let end = coded;
    while (load<u8>(end) != 0x0a) end++;
    let from = coded;
    if (lastLine != 0) from = codePrefix(coded, end);
    writer.literals(from, end - from);
    lastLine = coded;
    lastShape = 0;
    newlineWaits = true;
    coded = end + 1;
  }
}

/** Says of a shape what it is for the body: its family, and what the target adds. */
export function resolveShape(s: u32, itsFamily: u32, injection: u32, injectionLength: u32): void {
  store<u32>(s, stamp, shape.STAMP);
  store<u32>(s, itsFamily, shape.FAMILY);
  store<u32>(s, injection, shape.INJECTION);
  store<u32>(s, injectionLength, shape.INJECTION_LENGTH);
}
