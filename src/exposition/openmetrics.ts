import { isUtf8 } from 'node:buffer';
import {
  ascii,
  Byte,
  labelNameRest,
  labelNameStart,
  metricNameRest,
  metricNameStart,
  utf8,
} from './bytes.ts';
import { escapeHelp, unescapeLabelValue } from './escape.ts';
import { afterByte, afterLetters } from './keyword.ts';
import { LineProblem } from './line-problem.ts';
import { endOfQuoted } from './quoted.ts';
import { canonicalValue } from './sample-value.ts';

/** Characters of a HELP text that is remembered for a name that has yet to change; the scanner leaves longer ones out. */
const MOST_HELP = 64 * 1024;

/** How a family of an OpenMetrics type is written as text 0.0.4. */
interface TextFamily {
  /** What its samples' names have behind the family's name, where TYPE and HELP must follow them. */
  readonly suffix: string;
  /** Undefined where the samples are families of their own without a type. */
  readonly type: string | undefined;
  /** Whether the family may have `_created` samples, which become gauges. */
  readonly created: boolean;
}

const textFamilies: ReadonlyMap<string, TextFamily> = new Map([
  ['counter', { suffix: '_total', type: 'counter', created: true }],
  ['gauge', { suffix: '', type: 'gauge', created: false }],
  ['histogram', { suffix: '', type: 'histogram', created: true }],
  ['gaugehistogram', { suffix: '', type: undefined, created: false }],
  ['summary', { suffix: '', type: 'summary', created: true }],
  ['info', { suffix: '_info', type: 'gauge', created: false }],
  ['stateset', { suffix: '', type: 'gauge', created: false }],
  ['unknown', { suffix: '', type: 'untyped', created: false }],
]);

/**
 * What stands before a sample that text cannot say, and that no Prometheus would store: its timestamp lies before 1970 or beyond 64
 * bits. No line can begin with it.
 */
const UNWRITABLE = String.fromCharCode(Byte.unwritable);

/** Lines as text 0.0.4. */
export interface RewrittenLines {
  /** Ends with a newline. */
  readonly text: Uint8Array;
  /** Where the lines end that were rewritten: at the limit, or where the line at fault begins. */
  readonly end: number;
  readonly problem: LineProblem | undefined;
}

/**
 * Rewrites an OpenMetrics 1.0 body as text 0.0.4, line by line, as far as Prometheus' own reader (2.42) accepts it:
 * exemplars and units are checked and dropped, timestamps become milliseconds. Every line stays on its line, so that
 * places in error messages hold; what has to be added comes behind the last line of a call.
 */
export class OpenMetricsReader {
  readonly #families: Map<string, TextFamily> = new Map();
  readonly #helps: Map<string, string> = new Map();
  readonly #honorTimestamps: boolean;
  #ended = false;
  /** Metadata lines that have to be added, by what they say of which name: one that comes later stands in place of it. */
  readonly #added: Map<string, string> = new Map();

  constructor(honorTimestamps: boolean) {
    this.#honorTimestamps = honorTimestamps;
  }

  /** Rewrites whole lines, up to the first that Prometheus would refuse. */
  rewrite(buffer: Uint8Array, start: number, limit: number): RewrittenLines {
    const lines: string[] = [];
    let problem: LineProblem | undefined;
    let at = start;
    for (let end; at < limit; at = end + 1) {
      end = buffer.indexOf(Byte.newline, at);
      try {
        lines.push(this.#line(buffer, at, end));
      } catch (error) {
        if (!(error instanceof LineProblem)) throw error;
        problem = error;
        break;
      }
    }
    const text = Buffer.from([...lines, [...this.#added.values()].join('')].join('\n'));
    this.#added.clear();
    return { text, end: at, problem };
  }

  /** Whether the body has ended as it must, with `# EOF`. */
  get ended(): boolean {
    return this.#ended;
  }

  #line(buffer: Uint8Array, at: number, end: number): string {
    if (this.#ended) throw new LineProblem('data after # EOF');
    if (buffer[at] === Byte.hash) return this.#metadata(buffer, at, end);
    if (!metricNameStart[buffer[at]!]) {
      throw new LineProblem(
        at === end ? 'a blank line' : `${quoted(buffer, at, at + 1)} cannot begin a line`,
      );
    }
    return this.#sample(buffer, at, end);
  }

  #metadata(buffer: Uint8Array, at: number, end: number): string {
    if (buffer[at + 1] !== Byte.space) throw notMetadata();
    if (afterLetters(buffer, at + 2, EOF) === end) {
      this.#ended = true;
      return '# EOF';
    }
    const { keyword, next: nameStart } = readKeyword(buffer, at + 2);
    let nameEnd = nameStart;
    if (metricNameStart[buffer[nameEnd]!]) while (metricNameRest[buffer[nameEnd]!]) nameEnd++;
    if (nameEnd === nameStart) throw new LineProblem(`expected a metric name after ${keyword}`);
    if (buffer[nameEnd] !== Byte.space) throw new LineProblem(`expected text in ${keyword}`);
    const name = ascii(buffer, nameStart, nameEnd);
    if (keyword === 'TYPE') return this.#type(name, utf8(buffer, nameEnd + 1, end));
    if (keyword === 'UNIT') return checkUnit(name, utf8(buffer, nameEnd + 1, end));
    if (!isUtf8(buffer.subarray(nameEnd + 1, end))) throw new LineProblem('the HELP text is not valid UTF-8');
    const help = escapeHelp(unescapeLabelValue(utf8(buffer, nameEnd + 1, end)));
    if (help.length <= MOST_HELP) this.#helps.set(name, help);
    this.#added.delete(`HELP ${this.#textName(name)}`);
    return `# HELP ${this.#textName(name)} ${help}`;
  }

  #textName(name: string): string {
    const suffix = this.#families.get(name)?.suffix ?? '';
    return name.endsWith(suffix) ? name : name + suffix;
  }

  #type(name: string, word: string): string {
    const family = textFamilies.get(word);
    if (family === undefined) {
      throw new LineProblem(
        `${JSON.stringify(word)} is no metric type (${[...textFamilies.keys()].join(', ')})`,
      );
    }
    this.#families.set(name, family);
    const textName = this.#textName(name);
    const help = this.#helps.get(name);
    this.#added.delete(`TYPE ${textName}`);
    if (help !== undefined && textName !== name)
      this.#added.set(`HELP ${textName}`, `# HELP ${textName} ${help}\n`);
    if (family.created) this.#added.set(`TYPE ${name}_created`, `# TYPE ${name}_created gauge\n`);
    return family.type === undefined ? '' : `# TYPE ${textName} ${family.type}`;
  }

  #sample(buffer: Uint8Array, start: number, end: number): string {
    let at = start;
    while (metricNameRest[buffer[at]!]) at++;
    const nameEnd = at;
    if (buffer[at] === Byte.braceOpen) at = readLabels(buffer, at + 1, end);
    const series = utf8(buffer, start, at);
    const value = readWord(buffer, at, 'value');
    const number = canonicalValue(ascii(buffer, at + 1, value));
    if (number === undefined)
      throw new LineProblem(`${quoted(buffer, at + 1, value)} is no float that a sample can have`);
    at = value;
    let timestamp = '';
    if (at < end && !isExemplar(buffer, at)) {
      const timestampEnd = readWord(buffer, at, 'timestamp');
      timestamp = ` ${milliseconds(buffer, at + 1, timestampEnd)}`;
      at = timestampEnd;
    }
    if (at < end) {
      if (!isExemplar(buffer, at))
        throw new LineProblem(`expected an exemplar or the end of the line, got ${quoted(buffer, at, end)}`);
      readExemplar(buffer, ascii(buffer, start, nameEnd), at + 4, end);
    }
    if (!this.#honorTimestamps) return `${series} ${number}`;
    // Checked like any other, and counted.
    if (timestamp.startsWith(' -')) return `${UNWRITABLE}${series} ${number}`;
    return `${series} ${number}${timestamp}`;
  }
}

const letters = (word: string): readonly number[] => Array.from(word, (c) => c.charCodeAt(0));
const EOF = letters('EOF');
const KEYWORDS = (['HELP', 'TYPE', 'UNIT'] as const).map((keyword) => ({
  keyword,
  letters: letters(keyword),
}));

function notMetadata(): LineProblem {
  return new LineProblem('a comment that is not HELP, TYPE, UNIT or EOF');
}

/** The keyword of a metadata line, and where its name must begin. */
function readKeyword(buffer: Uint8Array, at: number): { keyword: 'HELP' | 'TYPE' | 'UNIT'; next: number } {
  for (const { keyword, letters } of KEYWORDS) {
    const space = afterLetters(buffer, at, letters);
    if (space >= 0 && buffer[space] === Byte.space) return { keyword, next: afterByte(buffer, space) };
  }
  throw notMetadata();
}

function quoted(buffer: Uint8Array, start: number, end: number): string {
  return JSON.stringify(utf8(buffer, start, Math.min(end, start + 40)));
}

/** ` # {` */
function isExemplar(buffer: Uint8Array, at: number): boolean {
  return (
    buffer[at] === Byte.space &&
    buffer[at + 1] === Byte.hash &&
    buffer[at + 2] === Byte.space &&
    buffer[at + 3] === Byte.braceOpen
  );
}

/** The end of the word that one space leads in. */
function readWord(buffer: Uint8Array, at: number, what: string): number {
  let end = at + 1;
  // The newline that ends the line may be the last byte there is.
  if (buffer[at] === Byte.space) while (buffer[end] !== Byte.space && buffer[end] !== Byte.newline) end++;
  if (end === at + 1) throw new LineProblem(`expected a ${what} after one space`);
  return end;
}

/** The first byte after the closing brace. `at` is behind the opening one. */
function readLabels(buffer: Uint8Array, at: number, end: number): number {
  for (let first = true; ; first = false) {
    if (buffer[at] === Byte.braceClose) return at + 1;
    if (!first) {
      if (buffer[at] !== Byte.comma)
        throw new LineProblem(`expected a comma or "}", got ${quoted(buffer, at, at + 1)}`);
      at++;
    }
    if (!labelNameStart[buffer[at]!])
      throw new LineProblem(`expected a label name, got ${quoted(buffer, at, at + 1)}`);
    while (labelNameRest[buffer[at]!]) at++;
    if (buffer[at] !== Byte.equal || buffer[at + 1] !== Byte.quote) {
      throw new LineProblem('expected "=" and a quoted label value after a label name');
    }
    const valueEnd = endOfQuoted(buffer, at + 1, end);
    if (valueEnd < 0) throw new LineProblem('a label value that does not end on its line');
    if (!isUtf8(buffer.subarray(at + 1, valueEnd)))
      throw new LineProblem('a label value that is not valid UTF-8');
    at = valueEnd;
  }
}

function readExemplar(buffer: Uint8Array, name: string, at: number, end: number): void {
  if (!name.endsWith('_total') && !name.endsWith('_bucket')) {
    throw new LineProblem(`metric name ${name} does not support exemplars`);
  }
  const labelsEnd = readLabels(buffer, at, end);
  // Prometheus' lexer takes it for the end of the body, in labels of samples it does not.
  if (buffer.subarray(at, labelsEnd).includes(Byte.nul))
    throw new LineProblem('a NUL byte in a label of an exemplar');
  at = labelsEnd;
  const valueEnd = readWord(buffer, at, 'value of the exemplar');
  if (canonicalValue(ascii(buffer, at + 1, valueEnd)) === undefined) {
    throw new LineProblem(`${quoted(buffer, at + 1, valueEnd)} is no float that an exemplar can have`);
  }
  if (valueEnd === end) return;
  const timestampEnd = readWord(buffer, valueEnd, 'timestamp of the exemplar');
  milliseconds(buffer, valueEnd + 1, timestampEnd);
  if (timestampEnd !== end) throw new LineProblem('expected the end of the line after the exemplar');
}

/** Seconds as Prometheus makes milliseconds of them: multiplied as a float and cut. What 64 bits cannot hold comes out negative, as in Go. */
function milliseconds(buffer: Uint8Array, start: number, end: number): string {
  const text = canonicalValue(ascii(buffer, start, end));
  const seconds = Number(text);
  if (text === undefined || !Number.isFinite(seconds)) {
    throw new LineProblem(`${quoted(buffer, start, end)} is no timestamp`);
  }
  const cut = BigInt(Math.trunc(seconds * 1000 === Infinity ? -1 : seconds * 1000));
  return cut > 0x7fffffffffffffffn ? '-1' : String(cut);
}

/** A unit is allowed where it ends the name after an underscore. The line itself is dropped. */
function checkUnit(name: string, unit: string): string {
  if (unit !== '' && !name.endsWith(`_${unit}`))
    throw new LineProblem(`unit not a suffix of metric "${name}"`);
  return '';
}
