/** One line of an exposition, as places in its text. */
export interface Line {
  /** Place of the metric's name: that of the sample, or that which HELP and TYPE are about. */
  nameEnd: number;
  nameStart: number;
  kind: 'sample' | 'HELP' | 'TYPE';
  /** Value of the label `instance`, as written; empty when there is none. */
  instance: string;
  pod: string;
  /** Of a failed scrape. */
  reason: string;
  /** Place of the value of a sample, or of the text of HELP and TYPE. */
  valueStart: number;
  valueEnd: number;
}

/** A line that a strict reader refuses. */
export class LineError extends Error {}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const HASH = 0x23;
const COMMA = 0x2c;
const COLON = 0x3a;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;
const LETTER_N = 0x6e;
const OPEN = 0x7b;
const CLOSE = 0x7d;

const VALUE = /^(?:[+-]?Inf|NaN|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/;
const TIMESTAMP = /^-?\d{1,19}$/;
/** Longer ones are no numbers that anybody writes. */
const LONGEST_NUMBER = 400;

/**
 * Reads the line from `start` up to the newline at `end`, and writes what it found into `line`. It takes canonical text 0.0.4 only, as
 * the gateway promises: single blanks, no trailing comma, the three escapes.
 * @throws LineError that says what is wrong.
 */
export function readLine(text: Buffer, start: number, end: number, line: Line): void {
  line.instance = '';
  line.pod = '';
  line.reason = '';
  if (text[start] === HASH) readComment(text, start, end, line);
  else readSample(text, start, end, line);
}

function readComment(text: Buffer, start: number, end: number, line: Line): void {
  const kind = text.toString('latin1', start, Math.min(start + 7, end));
  if (kind !== '# HELP ' && kind !== '# TYPE ')
    throw new LineError('a comment that is neither HELP nor TYPE');
  line.kind = kind === '# HELP ' ? 'HELP' : 'TYPE';
  line.nameStart = start + 7;
  line.nameEnd = nameEnd(text, line.nameStart, true);
  if (line.nameEnd === line.nameStart || text[line.nameEnd] !== SPACE) {
    throw new LineError(`${line.kind} without a metric's name and a blank`);
  }
  line.valueStart = line.nameEnd + 1;
  line.valueEnd = end;
  if (line.kind === 'TYPE') {
    const type = text.toString('latin1', line.valueStart, Math.min(end, line.valueStart + 20));
    if (!/^(?:counter|gauge|histogram|summary|untyped)$/.test(type)) throw new LineError(`TYPE ${type}`);
  }
}

function readSample(text: Buffer, start: number, end: number, line: Line): void {
  line.kind = 'sample';
  line.nameStart = start;
  line.nameEnd = nameEnd(text, start, true);
  if (line.nameEnd === start) throw new LineError('a sample without a name');
  let at = line.nameEnd;
  if (text[at] === OPEN) at = readLabels(text, at + 1, line);
  if (text[at] !== SPACE) throw new LineError('no blank before the value');
  line.valueStart = at + 1;
  if (end - line.valueStart > LONGEST_NUMBER) throw new LineError('a value that is too long for one');
  const rest = text.toString('latin1', line.valueStart, end).split(' ');
  const [value = '', timestamp, ...more] = rest;
  line.valueEnd = line.valueStart + value.length;
  if (!VALUE.test(value)) throw new LineError(`the value ${JSON.stringify(value)}`);
  if (more.length > 0 || (timestamp !== undefined && !TIMESTAMP.test(timestamp))) {
    throw new LineError(`the timestamp ${JSON.stringify(rest.slice(1).join(' '))}`);
  }
}

/** Returns the place behind the closing brace. Reads no further than the newline, which no label may have in it. */
function readLabels(text: Buffer, start: number, line: Line): number {
  let at = start;
  for (;;) {
    const name = at;
    at = nameEnd(text, name, false);
    if (at === name) throw new LineError('a label without a name');
    const nameLength = at - name;
    if (text[at] !== EQUALS || text[at + 1] !== QUOTE)
      throw new LineError('a label without =" behind its name');
    const value = at + 2;
    at = valueEnd(text, value);
    // Only these are made strings of.
    if (nameLength === 8 && text.toString('latin1', name, name + 8) === 'instance') {
      line.instance = text.toString('latin1', value, at);
    } else if (nameLength === 3 && text.toString('latin1', name, name + 3) === 'pod') {
      line.pod = text.toString('latin1', value, at);
    } else if (nameLength === 6 && text.toString('latin1', name, name + 6) === 'reason') {
      line.reason = text.toString('latin1', value, at);
    }
    at += 1;
    if (text[at] === CLOSE) return at + 1;
    if (text[at] !== COMMA) throw new LineError('neither a comma nor a brace behind a label');
    at += 1;
  }
}

/** Hot. The place of the quote that ends a label's value. */
function valueEnd(text: Buffer, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const byte = text[at];
    if (byte === QUOTE) return at;
    if (byte === NEWLINE) break;
    if (byte === BACKSLASH) {
      at += 1;
      const escaped = text[at];
      if (escaped !== BACKSLASH && escaped !== QUOTE && escaped !== LETTER_N) break;
    }
  }
  throw new LineError('a label value with a wrong escape, or without an end');
}

/** Hot. The place behind a name; the same place when there is none. */
function nameEnd(text: Buffer, start: number, colons: boolean): number {
  let at = start;
  for (; at < text.length; at += 1) {
    const byte = text[at]!;
    const lower = byte | 0x20;
    if ((lower >= 0x61 && lower <= 0x7a) || byte === 0x5f) continue;
    if (byte >= 0x30 && byte <= 0x39 && at > start) continue;
    if (byte === COLON && colons) continue;
    break;
  }
  return at;
}
