import { commonLength, copy, valueEnd } from './bytes';
import * as writer from './bit-writer';
import { crcMoved, crcOf } from './crc';
import { BEGINNING, BLOCKS, OUTPUT, OUTPUT_BYTES, RESULTS, WHOLE } from './memory';
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
  RESULTS as results,
  WINDOW as window,
  WINDOW_BYTES as windowBytes,
} from './memory';
export { fingerprint, fingerprintHigh, setSeed } from './fingerprint';
export { pairCodes } from './bit-writer';
export { allocateShape, gapsOf, textOf } from './shape';

/** A family that there is not. */
const NONE: u32 = u32.MAX_VALUE;
/** Bytes of the longest line that is looked at. */
const MOST_LINE: u32 = 32 * 1024;
/** A stream may take so many bytes for each byte of the text. */
const MOST_BYTES_A_BYTE: u32 = 2;
const MOST_LABELLED_LINE: u32 = MOST_LINE * 2;
/** A line that begins with fewer bytes than this before its first value might begin without a match. */
const SHORT_HEAD: u32 = 16;
/** Bytes of lines in a block: who wants them inflates it at once. */
const MOST_BLOCK: u32 = OUTPUT_BYTES;
/** What is wanted instead of a shape: room, which comes from packing what is there. */
const PACKING: u32 = u32.MAX_VALUE;

/** End of the labelled lines, and of what of them is in the stream. */
let out: u32 = OUTPUT;
let coded: u32 = OUTPUT;
/** Changes when a block begins, and when other lines are in the input: shapes with another number have no last line that can be looked at. */
let sight: u32 = 0;
/** Bytes of lines that are in the block, and their CRC register. */
let raw: u32 = 0;
let crc: u32 = 0;
/** From how many bytes of lines on they are left out of the output, and whether some were. */
let leanFrom: u32 = 0;
let lean: bool = false;
/** Whether there is no stream: the block will be small. */
let plain: bool = false;
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

/** Begins or goes on with a body. Shapes whose stamp is another one are not resolved for it. */
export function beginBody(newStamp: u32, readTimestamps: bool, newLongestLine: u32): void {
  stamp = newStamp;
  family = NONE;
  timestamps = readTimestamps;
  longestLine = min(newLongestLine, MOST_LINE);
  longestValue = 0;
  current = 0;
}

/** Forgets all blocks. There must be none under way. */
export function clearBlocks(): void {
  writer.setPosition(BLOCKS);
  family = NONE;
}

/**
 * Begins a block with the next line, of that family, which is to be labelled at `end`. Once it has `newLeanFrom` bytes of lines, those that come are not
 * kept beside the stream: who wants them inflates it.
 */
export function beginBlock(newFamily: u32, newLeanFrom: u32, end: u32): void {
  out = end;
  family = newFamily;
  sight++;
  blockBegin = writer.position();
  coded = out;
  raw = 0;
  crc = u32.MAX_VALUE;
  leanFrom = newLeanFrom;
  plain = false;
  lean = false;
  newlineWaits = false;
  spoiled = false;
  hasLast = false;
  lastShape = 0;
  writer.begin();
}

/** The same for a block that is expected to have fewer bytes of lines than `most`, and no stream. With more of them it wants to be packed. */
export function beginSmallBlock(newFamily: u32, most: u32, end: u32): void {
  beginBlock(newFamily, most, end);
  plain = true;
}

/** Whether some of those lines are not in the output. */
export function isLean(): bool {
  return lean;
}

/** Whether lines that others wrote find room in the block when they end there in the output. */
export function takesUpTo(end: u32): bool {
  return (end - coded) * MOST_BYTES_A_BYTE + MOST_LINE <= writer.room();
}

/** Where the next block begins; none is under way. */
export function blocksEnd(): u32 {
  return writer.position();
}

/** Free bytes for blocks. */
export function blocksRoom(): u32 {
  return writer.room();
}

/** Others wrote a block of that many bytes where the next one would have begun. */
export function skipBlock(length: u32): void {
  writer.setPosition(writer.position() + length);
}

/** Forgets the block under way. */
export function dropBlock(): void {
  hasLast = false;
  writer.setPosition(blockBegin);
  family = NONE;
}

/**
 * Ends the block, whose labelled lines end there; gives how long it is, or 0 when not all of it could be coded: it is forgotten then. The results are bytes of
 * its lines, and their CRC-32.
 */
export function finishBlock(end: u32): u32 {
  out = end;
  catchUp();
  family = NONE;
  hasLast = false;
  if (spoiled) {
    writer.setPosition(blockBegin);
    return 0;
  }
  if (newlineWaits) writer.literal(0x0a);
  newlineWaits = false;
  writer.finish();
  store<u32>(RESULTS, raw);
  store<u32>(RESULTS, ~crc, 4);
  return writer.position() - blockBegin;
}

/** Makes that shape the one of the last line. */
export function setCurrent(next: u32): void {
  if (current != 0 && next != 0 && next != current) follow(current, next);
  current = next;
}

/** The shape of the last line, or 0. */
export function currentShape(): u32 {
  return current;
}

/** The last line was of that shape, but what came between was not read here. */
export function jumpTo(last: u32): void {
  current = last;
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
 * Reads lines of `[at, limit)`, which ends with a newline, as long as they belong to the family of the block and have a shape that is expected. The
 * labelled lines before them end at `end`. Gives where it stopped. The results are how many samples there were, where the labelled lines end, and
 * what it stopped for: a shape that is expected and belongs elsewhere, 0 for a line that it cannot read, or PACKING.
 */
export function run(at: u32, limit: u32, end: u32): u32 {
  out = end;
  wanted = 0;
  samples = 0;
  const stopped = read(at, limit);
  store<u32>(RESULTS, samples);
  store<u32>(RESULTS, out, 4);
  store<u32>(RESULTS, wanted, 8);
  return stopped;
}

function read(at: u32, limit: u32): u32 {
  // Without a block the lines are none of its business.
  if (coded != out && !plain && family != NONE) catchUp();
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
  if (
    spoiled ||
    raw > MOST_BLOCK ||
    (plain && raw >= leanFrom) ||
    out + MOST_LABELLED_LINE > OUTPUT + OUTPUT_BYTES ||
    writer.room() < MOST_LABELLED_LINE * MOST_BYTES_A_BYTE
  ) {
    const nameLength = load<u32>(s, shape.NAME_LENGTH);
    if (commonLength(at, load<u32>(s, shape.TEXT), nameLength) == nameLength) wanted = PACKING;
    return 0;
  }
  if (plain) return labelOnly(s, at);
  const near = load<u32>(s, shape.SIGHT) == sight && raw - load<u32>(s, shape.LINE) <= writer.MOST_DISTANCE;
  return near ? codeLikeLast(s, at) : codeFirst(s, at);
}

/** Writes the line at `at` when it has that shape, but not to a stream. */
function labelOnly(s: u32, at: u32): u32 {
  const end = matches(s, at);
  if (end == 0 || end - at > longestLine) return 0;
  if (!isFit(s, load<u32>(s, shape.NEW_QUOTES), at + load<u32>(s, shape.NAME_LENGTH))) return 0;
  const line = out;
  out = label(line, s, at, end);
  raw += out - line;
  samples++;
  if (longestMatched > longestValue) longestValue = longestMatched;
  return end;
}

/** The line is compared with the last one of its shape, from which mostly one value and the number differ. */
function codeLikeLast(s: u32, at: u32): u32 {
  const last = load<u32>(s, shape.LAST);
  const lastLength = load<u32>(s, shape.LENGTH);
  const lastNumber = load<u32>(s, shape.NUMBER);
  const n = commonLength(at, last, lastLength);
  const nameLength = load<u32>(s, shape.NAME_LENGTH);
  if (n < nameLength) return 0;
  const injectionLength = load<u32>(s, shape.INJECTION_LENGTH);
  const far = raw - load<u32>(s, shape.LINE);
  // The run up to what differs first, and the newline before it.
  const lead: u32 = newlineWaits ? 1 : 0;
  if (lead > load<u32>(s, shape.LINE) || n + injectionLength < writer.LEAST_LENGTH) return codeChanged(s, at);
  if (n >= lastNumber) {
    const number = at + lastNumber;
    const end = n == lastLength ? at + n : lineEnd(number, timestamps);
    if (end == 0 || end - at > longestLine) return 0;
    if (load<u32>(s, shape.COUNTS) != 0 && load<u8>(number) == 0x2d) return 0;
    const same = min(n, end - 1 - at);
    writer.line(lead + injectionLength + same, far, at + same, end - 1 - at - same, 0, 0, 0, 0);
    wrote(s, at, end, lastNumber, load<u32>(s, shape.CRC), 0);
    return end;
  }
  const quotes = load<u32>(s, shape.QUOTES);
  const values = load<u32>(s, shape.VALUES);
  const tail = at + nameLength;
  const differs = n - nameLength;
  let k: u32 = 0;
  while (k < values && load<u32>(quotes + (k << 2)) < differs) k++;
  // Not a value, but what stands between two.
  const begins = valueStart(s, quotes, k);
  if (k == values || differs < begins) return 0;
  const value = tail + begins;
  const p = beforeEscape(at + n, value);
  const quote = valueEnd(p);
  if (quote == 0) return 0;
  const lastQuote = load<u32>(quotes + (k << 2));
  const shift = quote - tail - lastQuote;
  const more = commonLength(quote, last + nameLength + lastQuote, lastLength - nameLength - lastQuote);
  const suffix = lastNumber - nameLength - lastQuote;
  if (more < suffix) return codeChanged(s, at);
  const number = quote + suffix;
  const end = lineEnd(number, timestamps);
  if (end == 0 || end - at > longestLine) return 0;
  if (load<u32>(s, shape.COUNTS) != 0 && load<u8>(number) == 0x2d) return 0;
  if (load<u32>(s, shape.BOUND) == k && !isPlainNumber(value, quote)) return 0;
  const same = min(more, end - 1 - quote);
  const first = lead + injectionLength + (p - at);
  const rest = quote + same;
  if (same >= writer.LEAST_LENGTH && far + shift <= writer.MOST_DISTANCE)
    writer.line(first, far, p, quote - p, same, far + shift, rest, end - 1 - rest);
  else writer.line(first, far, p, end - 1 - p, 0, 0, 0, 0);
  const upToNumber = load<u32>(s, shape.CRC) ^ crcMoved(change(s, k, value, quote), suffix);
  if (shift != 0) for (let i = k; i < values; i++) add(quotes + (i << 2), shift);
  wrote(s, at, end, number - at, upToNumber, quote - value);
  return end;
}

function add(at: u32, more: u32): void {
  store<u32>(at, load<u32>(at) + more);
}

/**
 * What becomes of the CRC register up to the end of value `k`, which is the first that differs. Most often it is that of the line before, too, so what
 * stands before it is known.
 */
function change(s: u32, k: u32, value: u32, quote: u32): u32 {
  let begin: u32;
  let before: u32;
  if (load<u32>(s, shape.CHANGED) == k) {
    begin = load<u32>(s, shape.CHANGED_BEGIN);
    before = load<u32>(s, shape.CHANGED_END);
  } else {
    const quotes = load<u32>(s, shape.QUOTES);
    const lastTail = load<u32>(s, shape.LAST) + load<u32>(s, shape.NAME_LENGTH);
    const begins = valueStart(s, quotes, k);
    begin = crcOf(load<u32>(s, shape.HEAD_CRC), lastTail, begins);
    before = crcOf(begin, lastTail + begins, load<u32>(quotes + (k << 2)) - begins);
    store<u32>(s, k, shape.CHANGED);
    store<u32>(s, begin, shape.CHANGED_BEGIN);
  }
  const after = crcOf(begin, value, quote - value);
  store<u32>(s, after, shape.CHANGED_END);
  return before ^ after;
}

/** As `codeLikeLast`, whatever differs. */
function codeChanged(s: u32, at: u32): u32 {
  const nameLength = load<u32>(s, shape.NAME_LENGTH);
  const injectionLength = load<u32>(s, shape.INJECTION_LENGTH);
  const head = nameLength + injectionLength;
  const values = load<u32>(s, shape.VALUES);
  const quotes = load<u32>(s, shape.QUOTES);
  const newQuotes = load<u32>(s, shape.NEW_QUOTES);
  const tail = at + nameLength;
  const last = load<u32>(s, shape.LAST);
  const lastTail = last + nameLength;
  const lastEnd = last + load<u32>(s, shape.LENGTH);
  let longestHere: u32 = 0;
  // Where the bytes of the first run are, should it be too short for a match.
  let source = BEGINNING + 1;
  if (head < SHORT_HEAD) {
    store<u8>(BEGINNING, 0x0a);
    copy(source, at, nameLength);
    copy(source + nameLength, load<u32>(s, shape.INJECTION), injectionLength);
    copy(source + head, tail, 16);
  }
  writer.mark();
  // The run under way, in the line and in the last one, with what stands before it: the head, and the newline before that.
  let lead = head;
  if (newlineWaits) {
    if (load<u32>(s, shape.LINE) > 0) {
      lead++;
      source--;
    } else writer.literal(0x0a);
  }
  let p = tail;
  let q = lastTail;
  let runStart = p;
  const far = raw - load<u32>(s, shape.LINE);
  let distance = far;
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
    const begins = valueStart(s, quotes, k);
    // Not a value, but what stands between two.
    if (q < lastTail + begins) return undo();
    if (k == values) {
      end = lineEnd(tail + valueStart(s, newQuotes, values), timestamps);
      if (end == 0) return undo();
      break;
    }
    const value = tail + begins + shift;
    p = beforeEscape(p, value);
    q = lastTail + (p - tail) - shift;
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
    distance = far + (p - tail) - (q - lastTail);
    lead = 0;
  }
  if (end - at > longestLine || !isFit(s, newQuotes, tail)) return undo();
  // The newline at the end waits for the next line.
  const runEnd = min(p, end - 1);
  writer.run(source, runEnd - runStart + lead, distance);
  writer.literals(runEnd, end - 1 - runEnd);
  store<u32>(s, newQuotes, shape.QUOTES);
  store<u32>(s, quotes, shape.NEW_QUOTES);
  store<u32>(s, NONE, shape.CHANGED);
  const numberStart = valueStart(s, newQuotes, values);
  const upToNumber = crcOf(load<u32>(s, shape.HEAD_CRC), tail, numberStart);
  wrote(s, at, end, nameLength + numberStart, upToNumber, longestHere);
  return end;
}

function undo(): u32 {
  writer.rewind();
  return 0;
}

/** Where the first byte that differs, at `p`, may be cut off from what is before it in a value: not in the middle of an escape. */
function beforeEscape(p: u32, value: u32): u32 {
  let back = p;
  while (back > value && load<u8>(back - 1) == 0x5c) back--;
  return p - ((p - back) & 1);
}

/** Where value `k` begins behind the target's labels, when the values before it end there; behind the last value it is the number. */
function valueStart(s: u32, quotes: u32, k: u32): u32 {
  if (k == 0) return load<u32>(s, shape.GAPS);
  return load<u32>(quotes + ((k - 1) << 2)) + load<u32>(s + (k << 2), shape.GAPS);
}

/**
 * The line `[at, end)` is in the stream. `number` is how far behind `at` its number begins, `upToNumber` the CRC register of all before that, with the
 * target's labels; `longest` is the length of its longest value, or at most that of the line before.
 */
function wrote(s: u32, at: u32, end: u32, number: u32, upToNumber: u32, longest: u32): void {
  const injectionLength = load<u32>(s, shape.INJECTION_LENGTH);
  crc = crcOf(crcMoved(crc, injectionLength + number) ^ upToNumber, at + number, end - at - number);
  store<u32>(s, sight, shape.SIGHT);
  store<u32>(s, raw, shape.LINE);
  store<u32>(s, at, shape.LAST);
  store<u32>(s, end - at, shape.LENGTH);
  store<u32>(s, number, shape.NUMBER);
  store<u32>(s, upToNumber, shape.CRC);
  hasLast = true;
  lastAt = raw;
  lastShape = s;
  newlineWaits = true;
  if (longest > longestValue) longestValue = longest;
  samples++;
  if (raw >= leanFrom) {
    lean = true;
    lastLine = 0;
  } else {
    lastLine = out;
    out = label(out, s, at, end);
    coded = out;
  }
  raw += injectionLength + end - at;
}

/** Writes a line with the target's labels; gives where it ends. */
function label(to: u32, s: u32, at: u32, end: u32): u32 {
  const nameLength = load<u32>(s, shape.NAME_LENGTH);
  const injectionLength = load<u32>(s, shape.INJECTION_LENGTH);
  copy(to, at, nameLength);
  copy(to + nameLength, load<u32>(s, shape.INJECTION), injectionLength);
  const tail = at + nameLength;
  copy(to + nameLength + injectionLength, tail, end - tail);
  return to + nameLength + injectionLength + (end - tail);
}

/** Whether strict readers take it: the bound is a number, and no count is negative. Anything unusual is left to the reader's own way. */
function isFit(s: u32, quotes: u32, tail: u32): bool {
  const b = load<u32>(s, shape.BOUND);
  if (
    b != u32.MAX_VALUE &&
    !isPlainNumber(tail + valueStart(s, quotes, b), tail + load<u32>(quotes + (b << 2)))
  )
    return false;
  if (load<u32>(s, shape.COUNTS) != 0) {
    const number = valueStart(s, quotes, load<u32>(s, shape.VALUES));
    if (load<u8>(tail + number) == 0x2d) return false;
  }
  return true;
}

/** Bytes of the longest value of the line that `matches` looked at. */
let longestMatched: u32 = 0;

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
  longestMatched = 0;
  let k: u32 = 0;
  while (true) {
    const gap = load<u32>(s + (k << 2), shape.GAPS);
    if (commonLength(at, text, gap) < gap) return 0;
    at += gap;
    text += gap;
    if (k == values) return lineEnd(at, timestamps);
    const quote = valueEnd(at);
    if (quote == 0) return 0;
    if (quote - at > longestMatched) longestMatched = quote - at;
    store<u32>(quotes + (k << 2), quote - tail);
    at = quote;
    k++;
  }
}

/** The first line of its shape in the block, or in this input. */
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
  const lineEnd = label(line, s, at, end) - 1;
  let from = line;
  if (hasLast) {
    const last = wholeLast();
    from = codePrefix(line, lineEnd, last);
    if (lastShape != 0 && from < line + nameLength && load<u32>(lastShape, shape.INJECTION) == injection) {
      writer.literals(from, line + nameLength - from);
      from = line + nameLength;
      const lastName = load<u32>(lastShape, shape.NAME_LENGTH);
      const n = commonLength(from, last + lastName, lineEnd - from);
      writer.run(from, n, raw + nameLength - (lastAt + lastName));
      from += n;
    }
  } else if (newlineWaits) writer.literal(0x0a);
  writer.literals(from, lineEnd - from);
  const other = load<u32>(s, shape.QUOTES);
  store<u32>(s, quotes, shape.QUOTES);
  store<u32>(s, other, shape.NEW_QUOTES);
  const headCrc = crcOf(crcOf(0, at, nameLength), injection, injectionLength);
  store<u32>(s, headCrc, shape.HEAD_CRC);
  store<u32>(s, NONE, shape.CHANGED);
  const numberStart = valueStart(s, quotes, load<u32>(s, shape.VALUES));
  const upToNumber = crcOf(headCrc, tail, numberStart);
  wrote(s, at, end, nameLength + numberStart, upToNumber, longestMatched);
  return end;
}

/** The last line of the block with all its bytes, and some behind it that are not its own. */
function wholeLast(): u32 {
  if (lastLine != 0) return lastLine;
  const last = load<u32>(lastShape, shape.LAST);
  label(WHOLE, lastShape, last, last + load<u32>(lastShape, shape.LENGTH));
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
  if (n + lead < writer.LEAST_LENGTH || raw - lastAt > writer.MOST_DISTANCE) {
    if (lead != 0) writer.literal(0x0a);
    writer.literals(line, n);
  } else writer.run(line, n + lead, raw - lastAt);
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

/** Other lines are to be written to the input. */
export function leaveInput(): void {
  sight++;
  if (hasLast) lastLine = wholeLast();
}

/** Forgets all shapes. */
export function forgetShapes(): void {
  if (hasLast) lastLine = wholeLast();
  lastShape = 0;
  shape.forget();
}
