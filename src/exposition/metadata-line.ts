import { isUtf8 } from 'node:buffer';
import { ascii, Byte, metricNameRest, metricNameStart } from './bytes.ts';
import { afterByte, afterLetters } from './keyword.ts';
import { typeOfWord, type MetricType } from './metric-type.ts';
import { LineProblem } from './line-problem.ts';

/** A HELP or TYPE line. */
export interface MetadataLine {
  readonly nameStart: number;
  readonly nameEnd: number;
  /** Set on a TYPE line. */
  readonly type?: MetricType;
  /** Start of the escaped text of a HELP line. It ends before the newline. */
  readonly textStart: number;
}

const HELP = [0x48, 0x45, 0x4c, 0x50];
const TYPE = [0x54, 0x59, 0x50, 0x45];

function isBlank(c: number | undefined): boolean {
  return c === Byte.space || c === Byte.tab;
}

/** Where what follows `word` and its blanks begins, or -1 when they are not at `at`. */
function afterWord(buffer: Uint8Array, at: number, word: readonly number[]): number {
  at = afterLetters(buffer, at, word);
  if (at < 0 || !isBlank(buffer[at])) return -1;
  while (isBlank(buffer[at])) at = afterByte(buffer, at);
  return at;
}

/**
 * Reads the line that begins with `#` at `start` and has its newline at `end`. Undefined for a comment. Throws
 * LineProblem for what Prometheus refuses: its lexer drops exactly one byte after the name, so that a TYPE with two
 * blanks or a trailing one is no type.
 */
export function readMetadataLine(buffer: Uint8Array, start: number, end: number): MetadataLine | undefined {
  let at = start + 1;
  while (isBlank(buffer[at])) at++;
  const indented = at > start + 1;
  const helpName = indented ? afterWord(buffer, at, HELP) : -1;
  const help = helpName >= 0;
  const nameStart = help || !indented ? helpName : afterWord(buffer, at, TYPE);
  if (nameStart < 0) {
    // In a comment that is set off by a blank the lexer passes over NUL bytes, except as its first.
    if (indented ? buffer[at] === Byte.nul : buffer.subarray(start, end).includes(Byte.nul))
      throw truncation();
    return undefined;
  }
  at = nameStart;
  if (!metricNameStart[buffer[at]!])
    throw new LineProblem(`expected a metric name after ${help ? 'HELP' : 'TYPE'}`);
  while (metricNameRest[buffer[at]!]) at++;
  const nameEnd = at;
  if (buffer[at] === Byte.nul) throw new LineProblem('a NUL byte after the metric name');
  let blanksEnd = at;
  while (isBlank(buffer[blanksEnd])) blanksEnd++;
  const textStart = blanksEnd === end ? end : at + 1;
  if (help) {
    if (!isUtf8(buffer.subarray(textStart, end))) throw new LineProblem('the HELP text is not valid UTF-8');
    return { nameStart, nameEnd, textStart };
  }
  const word = ascii(buffer, textStart, Math.min(end, textStart + 100));
  const known = typeOfWord(word);
  if (known === undefined) {
    throw new LineProblem(
      `${JSON.stringify(word)} is no metric type (counter, gauge, histogram, summary, untyped)`,
    );
  }
  return { nameStart, nameEnd, textStart, type: known };
}

/** Prometheus takes a NUL byte where a line begins for the end of the body and silently loses the rest; this is refused instead. */
export function truncation(): LineProblem {
  return new LineProblem('a NUL byte where Prometheus would silently stop reading');
}
