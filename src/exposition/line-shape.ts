import { Byte } from './bytes.ts';
import type { Injection, LabelRules } from './label-rules.ts';
import type { BodyFamily } from './body-family.ts';
import { Unfit } from './unfit.ts';

/**
 * What consecutive samples of a family have in common: the metric name and the label names, in canonical form.
 * A line that fits a shape is known to have no label twice and to collide with the same target labels.
 */
export class LineShape {
  /** `name{a="`, `",b="`, `"} ` one after the other; `name ` for a sample without labels. */
  readonly text: Uint8Array;
  /** End of each of those pieces in `text`. A label value stands between two pieces. */
  readonly ends: Int32Array;
  /** Number of the metric name in the name table. */
  readonly name: number;
  /** Bytes of a line that stand before the target's labels: the name, and the brace when there are labels. */
  readonly nameLength: number;
  /** Which of the target's labels the sample has itself. */
  readonly mask: number;
  readonly labelled: boolean;
  readonly labelNames: readonly string[];
  /** Those names in one text, as the only entry: what a family whose samples all have this shape says of its labels. */
  readonly labelKeys: readonly string[];
  /** The piece behind which the value of `le` or `quantile` stands, or -1; and the bit of `Unfit` that it is about. */
  readonly boundPiece: number;
  readonly boundBit: number;
  /** Whether its samples count something, so that strict readers want them not to be negative. */
  readonly countsOnly: boolean;
  /** Whether lines of this shape may be unfit for strict readers. */
  readonly watched: boolean;
  /** The shapes that were seen to follow this one, the latest first. */
  next: LineShape | undefined = undefined;
  other: LineShape | undefined = undefined;
  /** Where this shape's samples go in the body under way; valid while `stamp` is the scanner's. */
  stamp: number = -1;
  family: BodyFamily | undefined = undefined;
  /** What a line begins with when the target's labels are added: the bytes up to `nameLength`, and the labels. Valid while `headStamp` is the scanner's. */
  head: Uint8Array = new Uint8Array(0);
  headStamp: number = -1;
  /** What the line coder knows it by, as long as `codedIn` is the coder's. */
  coded: number = 0;
  codedIn: number = 0;

  constructor(name: number, nameText: string, labelNames: readonly string[], rules: LabelRules) {
    this.name = name;
    this.labelled = labelNames.length > 0;
    this.labelNames = labelNames;
    this.labelKeys = [labelNames.join(',')];
    this.nameLength = nameText.length + (this.labelled ? 1 : 0);
    const pieces =
      labelNames.length === 0
        ? [`${nameText} `]
        : [...labelNames.map((label, i) => `${i === 0 ? `${nameText}{` : '",'}${label}="`), '"} '];
    this.text = Buffer.from(pieces.join(''));
    let end = 0;
    this.ends = Int32Array.from(pieces, (piece) => (end += piece.length));
    this.boundPiece = labelNames.findIndex((label) => label === 'le' || label === 'quantile');
    this.boundBit = labelNames[this.boundPiece] === 'le' ? Unfit.le : Unfit.quantile;
    this.countsOnly = nameText.endsWith('_count') || (this.boundPiece >= 0 && this.boundBit === Unfit.le);
    this.watched = this.boundPiece >= 0 || this.countsOnly;
    let mask = 0;
    for (const [bit, label] of rules.names.entries()) if (labelNames.includes(label)) mask |= 1 << bit;
    this.mask = mask;
  }

  /** Makes `head` for the target of the body under way. */
  label(injection: Injection): void {
    const added = this.labelled ? injection.before : injection.alone;
    const head = new Uint8Array(this.nameLength + added.length);
    head.set(this.text.subarray(0, this.nameLength));
    head.set(added, this.nameLength);
    this.head = head;
  }

  /** Remembers which shape came after this one. */
  follow(shape: LineShape): void {
    if (this.next === shape) return;
    this.other = this.next;
    this.next = shape;
  }
}

/** Bytes that end the run of plain bytes in a label value. */
const stops = new Uint8Array(256);
for (const c of [Byte.nul, Byte.newline, Byte.quote, Byte.backslash]) stops[c] = 1;
/** The same where the bytes are not known to be UTF-8. */
const stopsNonAscii: Uint8Array = stops.slice().fill(1, 0x80);

/** The table that `matchLine` takes: `checked` says that all bytes are known to be valid UTF-8. */
export function valueStops(checked: boolean): Uint8Array {
  return checked ? stops : stopsNonAscii;
}

/** Longest run of digits whose number is surely finite, and longest canonical timestamp that surely fits 64 bits. */
const MAX_DIGITS = 300;
const MAX_TIMESTAMP_DIGITS = 18;

/** Where in the line that `matchLine` matched last the value begins, and that of the label at `boundPiece`. */
export const matched: { value: number; bound: number } = { value: 0, bound: 0 };

/**
 * Hot. Where the line at `at` ends (after its newline) when it has this shape and canonical form, else -1.
 * `timestamps` false refuses a line that has one. The buffer must hold a newline at or after `at`, so that no inner loop needs a bound: nothing matches a newline but the end.
 */
export function matchLine(
  shape: LineShape,
  buffer: Uint8Array,
  at: number,
  stop: Uint8Array,
  timestamps: boolean,
): number {
  const text = shape.text;
  const ends = shape.ends;
  const last = ends.length - 1;
  const bound = shape.boundPiece;
  let i = 0;
  for (let piece = 0; ; piece++) {
    const end = ends[piece]!;
    while (i < end) {
      if (buffer[at] !== text[i]) return -1;
      i++;
      at++;
    }
    if (piece === last) {
      matched.value = at;
      return matchValue(buffer, at, timestamps);
    }
    if (piece === bound) matched.bound = at;
    for (;;) {
      while (stop[buffer[at]!] === 0) at++;
      const c = buffer[at];
      if (c === Byte.quote) break;
      if (c !== Byte.backslash) return -1;
      const escaped = buffer[at + 1];
      if (escaped !== Byte.backslash && escaped !== Byte.quote && escaped !== 0x6e) return -1;
      at += 2;
    }
  }
}

const isDigit = (c: number): boolean => c >= Byte.zero && c <= Byte.nine;

/** Hot. Where the line ends whose value begins at `at`: `[+-]digits[.digits][e[+-]dd][ timestamp]`, NaN or an infinity; else -1. */
function matchValue(buffer: Uint8Array, at: number, timestamps: boolean): number {
  const start = at;
  let c = buffer[at]!;
  if (c === 0x2d || c === 0x2b) c = buffer[++at]!;
  if (isDigit(c)) {
    do c = buffer[++at]!;
    while (isDigit(c));
    if (c === 0x2e) {
      do c = buffer[++at]!;
      while (isDigit(c));
    }
    if (at - start > MAX_DIGITS) return -1;
    if (c === 0x65) {
      c = buffer[++at]!;
      if (c === 0x2d || c === 0x2b) c = buffer[++at]!;
      const exponent = at;
      while (isDigit(c)) c = buffer[++at]!;
      // Three digits could be out of range.
      if (at === exponent || at - exponent > 2 || exponent - start > 100) return -1;
    }
  } else if (c === 0x4e) {
    if (at !== start || buffer[at + 1] !== 0x61 || buffer[at + 2] !== 0x4e) return -1;
    c = buffer[(at += 3)]!;
  } else if (c === 0x49) {
    if (at === start || buffer[at + 1] !== 0x6e || buffer[at + 2] !== 0x66) return -1;
    c = buffer[(at += 3)]!;
  } else return -1;
  if (c === Byte.newline) return at + 1;
  return c === Byte.space && timestamps ? matchTimestamp(buffer, at + 1) : -1;
}

function matchTimestamp(buffer: Uint8Array, at: number): number {
  const start = at;
  let c = buffer[at]!;
  while (isDigit(c)) c = buffer[++at]!;
  const digits = at - start;
  if (c !== Byte.newline || digits === 0 || digits > MAX_TIMESTAMP_DIGITS) return -1;
  return buffer[start] === Byte.zero && digits > 1 ? -1 : at + 1;
}
