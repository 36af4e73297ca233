import { commonLength, copy, valueEnd } from './bytes';
import * as writer from './bit-writer';
import { crcMoved, crcOf } from './crc';
import { BEGINNING, BLOCKS, OUTPUT, OUTPUT_BYTES, WHOLE } from './memory';
import { isPlainNumber, lineEnd } from './number';
import * as shape from './shape';

// Hot. Reads lines of the text format that look like the ones before them, adds the target's labels, and writes them as a deflate stream.
// What repeats is known from the structure of the lines, so nothing is searched. Nor is their CRC taken byte by byte: it is that of the line
// before with what differs. It is made of the lines and not of the stream, and so tells a reader when the stream is not what it should be.
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
export { allocateShape, gapsOf, textOf } from './shape';

/** A family that there is not. */
const NONE: u32 = u32.MAX_VALUE;
/** Bytes of the longest line that is looked at. */
const MOST_LINE: u32 = 32 * 1024;
/** A stream may take so many bytes for each byte of the text. */
const MOST_BYTES_A_BYTE: u32 = 2;
const MOST_LABELLED_LINE: u32 = MOST_LINE * 2;
const MOST_DISTANCE: u32 = 32768;
/** A line that begins with fewer bytes than this before its first value might begin without a match. */
const SHORT_HEAD: u32 = 16;
const MOST_BLOCK: u32 = OUTPUT_BYTES;
/** What is wanted instead of a shape: room, which comes from packing what is there. */
const PACKING: u32 = u32.MAX_VALUE;

/** End of the labelled lines, and of what of them is in the stream. */
let out: u32 = OUTPUT;
let coded: u32 = OUTPUT;
let block: u32 = 0;
/** Bytes of lines that are in the block, and their CRC register. */
let raw: u32 = 0;
let crc: u32 = 0;
/** From how many bytes of lines on they are left out of the output, and whether some were. */
let leanFrom: u32 = 0;
let lean: bool = false;
let blockBegin: u32 = 0;
/** Whether the last newline is not in the stream yet: it goes with what comes behind it. */
let newlineWaits: bool = false;
/** Whether the block's lines could not all be coded. */
let spoiled: bool = false;
/** Where the last line of the block begins, in its text; where it is in the output, or 0 when it is not; its shape, or 0 when it has none. */
let hasLast: bool = false;
let lastAt: u32 = 0;
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

/**
 * Begins a block with the next line, of that family. Once it has `newLeanFrom` bytes of lines, those that come are not kept beside the stream:
 * who wants them inflates it.
 */
export function beginBlock(newFamily: u32, newLeanFrom: u32): void {
  family = newFamily;
  block++;
  blockBegin = writer.position();
  coded = out;
  raw = 0;
  crc = u32.MAX_VALUE;
  leanFrom = newLeanFrom;
  lean = false;
  newlineWaits = false;
  spoiled = false;
  hasLast = false;
  lastShape = 0;
  writer.begin();
}

/** Bytes of lines that the block under way has, as far as they are in the stream. */
export function blockText(): u32 {
  return raw;
}

/** The CRC-32 of those lines. */
export function blockCrc(): u32 {
  return ~crc;
}

/** Whether some of those lines are not in the output. */
export function isLean(): bool {
  return lean;
}

/** Whether lines that others wrote find room in the block when they end there in the output. */
export function takesUpTo(end: u32): bool {
  return (end - coded) * MOST_BYTES_A_BYTE + MOST_LINE <= writer.room();
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
    raw > MOST_BLOCK ||
    out + MOST_LABELLED_LINE > OUTPUT + OUTPUT_BYTES ||
    writer.room() < MOST_LABELLED_LINE * MOST_BYTES_A_BYTE
  ) {
    wanted = PACKING;
    return 0;
  }
  const near = load<u32>(s, shape.BLOCK) == block && raw - load<u32>(s, shape.LINE) <= MOST_DISTANCE;
  return near ? codeLikeLast(s, at) : codeFirst(s, at);
}

/** The line is compared with the last one of its shape. */
function codeLikeLast(s: u32, at: u32): u32 {
  const nameLength = load<u32>(s, shape.NAME_LENGTH);
  const head = nameLength + load<u32>(s, shape.INJECTION_LENGTH);
  const values = load<u32>(s, shape.VALUES);
  const quotes = load<u32>(s, shape.QUOTES);
  const newQuotes = load<u32>(s, shape.NEW_QUOTES);
  const tail = at + nameLength;
  const lastTail = load<u32>(s, shape.TAIL);
  const lastEnd = lastTail + load<u32>(s, shape.TAIL_LENGTH);
  const lastNumber = lastTail + numberStart(s, quotes);
  const streamOnly = raw >= leanFrom;
  const line = out;
  const newTail = streamOnly ? line : line + head;
  if (!streamOnly) copy(line, lastTail - head, head);
  // Where the bytes of the first run are, should it be too short for a match.
  let source = line;
  if (head < SHORT_HEAD) {
    store<u8>(BEGINNING, 0x0a);
    copy(BEGINNING + 1, load<u32>(s, shape.TEXT), nameLength);
    copy(BEGINNING + 1 + nameLength, load<u32>(s, shape.INJECTION), head - nameLength);
    copy(BEGINNING + 1 + head, tail, 16);
    source = BEGINNING + 1;
  }
  writer.mark();
  // The run under way, in the line and in the last one, with what stands before it: the head, and the newline before that.
  let lead = head;
  if (newlineWaits) {
    if (load<u32>(s, shape.LINE) > 0) lead++;
    else writer.literal(0x0a);
  }
  source -= lead - head;
  let p = tail;
  let q = lastTail;
  let runStart = p;
  const far = raw - load<u32>(s, shape.LINE);
  let distance = far;
  // The first value that differs, with the CRC registers around it, and where it ends. What is behind it is mostly as it was.
  let changed = NONE;
  let changedBegin: u32 = 0;
  let changedEnd: u32 = 0;
  let behind: u32 = 0;
  let isOnlyOne = true;
  let upToNumber = load<u32>(s, shape.CRC);
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
      end = lineEnd(tail + numberStart(s, newQuotes), timestamps);
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
    const lastQuote = lastTail + load<u32>(quotes + (k << 2));
    if (changed == NONE) {
      changed = k;
      behind = quote;
      let end: u32;
      if (load<u32>(s, shape.CHANGED) == k) {
        changedBegin = load<u32>(s, shape.CHANGED_BEGIN);
        end = load<u32>(s, shape.CHANGED_END);
      } else {
        changedBegin = crcOf(load<u32>(s, shape.HEAD_CRC), tail, begins);
        end = crcOf(changedBegin, lastTail + begins, lastQuote - lastTail - begins);
      }
      changedEnd = crcOf(changedBegin, value, quote - value);
      upToNumber ^= crcMoved(end ^ changedEnd, lastNumber - lastQuote);
    } else isOnlyOne = false;
    p = quote;
    q = lastQuote;
    k++;
    runStart = p;
    source = p;
    distance = far + (p - tail) - (q - lastTail);
    lead = 0;
  }
  if (end - at > longestLine || !isFit(s, newQuotes, tail)) return undo();
  copy(newTail, tail, end - tail);
  const number = numberStart(s, newQuotes);
  if (changed != NONE) {
    if (!isOnlyOne) upToNumber = crcOf(changedEnd, behind, tail + number - behind);
    store<u32>(s, changed, shape.CHANGED);
    store<u32>(s, changedBegin, shape.CHANGED_BEGIN);
    store<u32>(s, changedEnd, shape.CHANGED_END);
  }
  // The newline at the end waits for the next line.
  const runEnd = min(p, end - 1);
  writer.run(source, runEnd - runStart + lead, distance);
  writer.literals(runEnd, end - 1 - runEnd);
  store<u32>(s, newQuotes, shape.QUOTES);
  store<u32>(s, quotes, shape.NEW_QUOTES);
  lean = streamOnly || lean;
  addToCrc(upToNumber, head + number, tail + number, end);
  wrote(s, streamOnly ? 0 : line, head, newTail, end - tail, upToNumber);
  return end;
}

function undo(): u32 {
  writer.rewind();
  return 0;
}

/** Where in a tail the number begins, when its values end there. */
function numberStart(s: u32, quotes: u32): u32 {
  const values = load<u32>(s, shape.VALUES);
  if (values == 0) return load<u32>(s, shape.GAPS);
  return load<u32>(quotes + ((values - 1) << 2)) + load<u32>(s + (values << 2), shape.GAPS);
}

/** The CRC with a line whose register up to its number is known. What was just written is slow to read, so the number is the one that was read. */
function addToCrc(upToNumber: u32, length: u32, number: u32, end: u32): void {
  crc = crcOf(crcMoved(crc, length) ^ upToNumber, number, end - number);
}

/** A line is in the stream, and its tail in the output. `upToNumber` is the CRC register of all before its number. */
function wrote(s: u32, line: u32, head: u32, tail: u32, tailLength: u32, upToNumber: u32): void {
  store<u32>(s, block, shape.BLOCK);
  store<u32>(s, raw, shape.LINE);
  store<u32>(s, tail, shape.TAIL);
  store<u32>(s, tailLength, shape.TAIL_LENGTH);
  store<u32>(s, upToNumber, shape.CRC);
  hasLast = true;
  lastAt = raw;
  lastLine = line;
  lastShape = s;
  newlineWaits = true;
  if (longestHere > longestValue) longestValue = longestHere;
  raw += head + tailLength;
  out = tail + tailLength;
  coded = out;
  samples++;
}

/** Whether strict readers take it: the bound is a number, and no count is negative. Anything unusual is left to the reader's own way. */
function isFit(s: u32, quotes: u32, tail: u32): bool {
  const b = load<u32>(s, shape.BOUND);
  if (b != u32.MAX_VALUE) {
    const start =
      b == 0
        ? load<u32>(s, shape.GAPS)
        : load<u32>(quotes + ((b - 1) << 2)) + load<u32>(s + (b << 2), shape.GAPS);
    if (!isPlainNumber(tail + start, tail + load<u32>(quotes + (b << 2)))) return false;
  }
  if (load<u32>(s, shape.COUNTS) != 0 && load<u8>(tail + numberStart(s, quotes)) == 0x2d) return false;
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
  if (hasLast) {
    const last = wholeLast();
    from = codePrefix(line, lineLimit - 1, last);
    if (lastShape != 0 && from < line + nameLength && load<u32>(lastShape, shape.INJECTION) == injection) {
      writer.literals(from, line + nameLength - from);
      from = line + nameLength;
      const lastName = load<u32>(lastShape, shape.NAME_LENGTH);
      const n = commonLength(from, last + lastName, lineLimit - 1 - from);
      writer.run(from, n, raw + nameLength - (lastAt + lastName));
      from += n;
    }
  } else if (newlineWaits) writer.literal(0x0a);
  writer.literals(from, lineLimit - 1 - from);
  store<u32>(s, quotes, shape.NEW_QUOTES);
  const other = load<u32>(s, shape.QUOTES);
  store<u32>(s, quotes, shape.QUOTES);
  store<u32>(s, other, shape.NEW_QUOTES);
  const head = nameLength + injectionLength;
  const headCrc = crcOf(crcOf(0, at, nameLength), injection, injectionLength);
  store<u32>(s, headCrc, shape.HEAD_CRC);
  store<u32>(s, NONE, shape.CHANGED);
  const number = numberStart(s, quotes);
  const upToNumber = crcOf(headCrc, tail, number);
  addToCrc(upToNumber, head + number, tail + number, end);
  wrote(s, line, head, line + head, end - tail, upToNumber);
  return end;
}

/** The last line of the block with all its bytes, and some behind it that are not its own. */
function wholeLast(): u32 {
  if (lastLine != 0) return lastLine;
  const nameLength = load<u32>(lastShape, shape.NAME_LENGTH);
  const injectionLength = load<u32>(lastShape, shape.INJECTION_LENGTH);
  copy(WHOLE, load<u32>(lastShape, shape.TEXT), nameLength);
  copy(WHOLE + nameLength, load<u32>(lastShape, shape.INJECTION), injectionLength);
  const tail = load<u32>(lastShape, shape.TAIL);
  copy(WHOLE + nameLength + injectionLength, tail, load<u32>(lastShape, shape.TAIL_LENGTH));
  return WHOLE;
}

/** Writes what `[line, end)`, which comes next, has in common with the beginning of the last line; gives where that ends. */
function codePrefix(line: u32, end: u32, last: u32): u32 {
  const n = commonLength(line, last, end - line);
  let lead: u32 = 0;
  if (newlineWaits) {
    if (lastAt > 0) lead = 1;
    else writer.literal(0x0a);
  }
  // What ends the last line in the output stands before this one.
  writer.run(line - lead, n + lead, raw - lastAt);
  newlineWaits = false;
  return line + n;
}

/** Puts labelled lines into the stream that were written by others. */
function catchUp(): void {
  if (!takesUpTo(out)) spoiled = true;
  if (spoiled) coded = out;
  while (coded < out) {
    let end = coded;
    while (load<u8>(end) != 0x0a) end++;
    let from = coded;
    if (hasLast) from = codePrefix(coded, end, wholeLast());
    writer.literals(from, end - from);
    hasLast = true;
    lastAt = raw;
    lastLine = coded;
    lastShape = 0;
    newlineWaits = true;
    end++;
    crc = crcOf(crc, coded, end - coded);
    raw += end - coded;
    coded = end;
  }
}

/** Says of a shape what it is for the body: its family, and what the target adds. */
export function resolveShape(s: u32, itsFamily: u32, injection: u32, injectionLength: u32): void {
  store<u32>(s, stamp, shape.STAMP);
  store<u32>(s, itsFamily, shape.FAMILY);
  store<u32>(s, injection, shape.INJECTION);
  store<u32>(s, injectionLength, shape.INJECTION_LENGTH);
}

/** Forgets all shapes. */
export function forgetShapes(): void {
  if (hasLast) lastLine = wholeLast();
  lastShape = 0;
  shape.forget();
}
