import { isUtf8 } from 'node:buffer';
import { ascii, Byte, labelNameRest, labelNameStart, metricNameRest } from './bytes.ts';
import { LineProblem } from './line-problem.ts';
import { endOfQuoted } from './quoted.ts';

/** Where the parts of one sample lie in its buffer. */
export interface SampleLine {
  readonly nameEnd: number;
  /** For each label: start and end of its name, start and end of its value between the quotes. */
  readonly labels: readonly number[];
  readonly valueStart: number;
  readonly valueEnd: number;
  /** Equal to `timestampEnd` when there is none. */
  readonly timestampStart: number;
  readonly timestampEnd: number;
  /** First byte after the newline. */
  readonly next: number;
}

function found(buffer: Uint8Array, at: number): string {
  const c = buffer[at]!;
  if (c === Byte.newline) return 'end of line';
  return JSON.stringify(utf8Safe(buffer, at));
}

function utf8Safe(buffer: Uint8Array, at: number): string {
  let end = at + 1;
  while (end < buffer.length && end < at + 20 && buffer[end] !== Byte.newline) end++;
  return Buffer.from(buffer.subarray(at, end)).toString();
}

function skipBlanks(buffer: Uint8Array, at: number): number {
  while (buffer[at] === Byte.space || buffer[at] === Byte.tab) at++;
  return at;
}

/** Behind the blanks that may follow an equals sign. Prometheus' lexer passes over NUL bytes among them, though not before the first. */
function skipToQuote(buffer: Uint8Array, at: number): number {
  const first = skipBlanks(buffer, at);
  if (first === at) return at;
  let end = first;
  while (buffer[end] === Byte.nul) end = skipBlanks(buffer, end + 1);
  return end;
}

/**
 * Reads the sample whose name begins at `start`, as Prometheus' lexer for text does: any blanks between tokens, commas
 * that may be missing or trailing, raw newlines inside label values. `buffer` ends with a newline at `limit - 1`.
 * Returns undefined when the bytes up to `limit` end inside a label value; throws LineProblem for what Prometheus refuses.
 */
export function readSampleLine(buffer: Uint8Array, start: number, limit: number): SampleLine | undefined {
  let at = start;
  while (metricNameRest[buffer[at]!]) at++;
  const nameEnd = at;
  const labels: number[] = [];
  at = skipBlanks(buffer, at);
  if (buffer[at] === Byte.braceOpen) {
    at = skipBlanks(buffer, at + 1);
    while (buffer[at] !== Byte.braceClose) {
      const labelStart = at;
      if (!labelNameStart[buffer[at]!])
        throw new LineProblem(`expected a label name, got ${found(buffer, at)}`);
      while (labelNameRest[buffer[at]!]) at++;
      const labelEnd = at;
      at = skipBlanks(buffer, at);
      if (buffer[at] !== Byte.equal) throw new LineProblem(`expected "=", got ${found(buffer, at)}`);
      at = skipToQuote(buffer, at + 1);
      if (buffer[at] !== Byte.quote)
        throw new LineProblem(`expected a quoted label value, got ${found(buffer, at)}`);
      const end = endOfQuoted(buffer, at, limit);
      if (end < 0 || end >= limit) return undefined;
      if (!isUtf8(buffer.subarray(at, end))) {
        throw new LineProblem(`the value of label ${ascii(buffer, labelStart, labelEnd)} is not valid UTF-8`);
      }
      labels.push(labelStart, labelEnd, at + 1, end - 1);
      at = skipBlanks(buffer, end);
      if (buffer[at] === Byte.comma) at = skipBlanks(buffer, at + 1);
    }
    at = skipBlanks(buffer, at + 1);
  }
  const valueStart = at;
  for (
    let c = buffer[at];
    c !== Byte.braceOpen && c !== Byte.space && c !== Byte.tab && c !== Byte.newline;
  ) {
    c = buffer[++at];
  }
  const valueEnd = at;
  if (valueEnd === valueStart) throw new LineProblem(`expected a value, got ${found(buffer, at)}`);
  at = skipBlanks(buffer, at);
  const timestampStart = at;
  while (buffer[at]! >= Byte.zero && buffer[at]! <= Byte.nine) at++;
  const timestampEnd = at;
  at = skipBlanks(buffer, at);
  if (buffer[at] !== Byte.newline) {
    throw new LineProblem(
      timestampStart === timestampEnd
        ? `expected a timestamp or the end of the line after the value, got ${found(buffer, at)}`
        : `expected the end of the line after the timestamp, got ${found(buffer, at)}`,
    );
  }
  return { nameEnd, labels, valueStart, valueEnd, timestampStart, timestampEnd, next: at + 1 };
}
