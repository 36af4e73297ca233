import { isUtf8 } from 'node:buffer';

/** A sample of a canonical line. Text is of one character a byte, as the bytes are compared. */
export interface StrictSample {
  readonly name: string;
  /** As they stand, unescaped. */
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: string;
  /** Empty where there is none. */
  readonly timestamp: string;
  /** The line without value and timestamp. */
  readonly series: string;
  readonly line: string;
}

export interface StrictFamily {
  readonly name: string;
  type: string | undefined;
  help: string | undefined;
  readonly samples: StrictSample[];
}

/** What makes a text no canonical exposition that the strictest reader accepts. */
export class StrictError extends Error {}

const METADATA = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/s;
const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(,(?!})|(?=}))/sy;
const REST = / (\S+)(?: (0|[1-9]\d*))?$/y;
const NUMBER = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|NaN|[+-]Inf)$/;
/** What Go reads as a float in a label value. */
const BOUND = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]?inf(?:inity)?|nan)$/i;
const TYPES = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);
const ESCAPED: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' };

/** Reads one canonical sample line, without its newline. Throws StrictError. */
export function readSampleStrictly(line: string): StrictSample {
  const fail = (what: string): never => {
    throw new StrictError(`${what} in ${JSON.stringify(line.slice(0, 300))}`);
  };
  NAME.lastIndex = 0;
  const name = NAME.exec(line)?.[0] ?? fail('no metric name');
  let at = name.length;
  const labels: [string, string][] = [];
  if (line[at] === '{') {
    at++;
    do {
      LABEL.lastIndex = at;
      const found = LABEL.exec(line) ?? fail(`no canonical label at ${at}`);
      const [, label = '', value = ''] = found;
      if (labels.some(([other]) => other === label)) fail(`label ${label} comes twice`);
      if (label === '__name__') fail('__name__ is reserved');
      labels.push([label, value.replaceAll(/\\./g, (escape) => ESCAPED[escape]!)]);
      at = LABEL.lastIndex;
    } while (line[at] !== '}');
    at++;
  }
  REST.lastIndex = at;
  const [, value = '', timestamp = ''] = REST.exec(line) ?? fail('no canonical value and timestamp');
  if (!NUMBER.test(value) || (/\d/.test(value) && !Number.isFinite(Number(value))))
    fail(`no float: ${value}`);
  if (timestamp !== '' && BigInt(timestamp) > 0x7fff_ffff_ffff_ffffn) fail('a timestamp beyond 64 bits');
  return { name, labels, value, timestamp, series: line.slice(0, at), line };
}

/**
 * Reads a whole text as expfmt's TextParser does, and more strictly: canonical lines, each family in one piece, HELP
 * and TYPE once and before its samples. Throws StrictError.
 */
export function readStrictly(text: Uint8Array): StrictFamily[] {
  if (text.length === 0) return [];
  if (text.at(-1) !== 0x0a) throw new StrictError('no newline at the end');
  if (!isUtf8(text)) throw new StrictError('no valid UTF-8');
  const families = new Map<string, StrictFamily>();
  let current: StrictFamily | undefined;
  const begin = (name: string): StrictFamily => {
    if (families.has(name)) throw new StrictError(`family ${name} comes twice`);
    const family = { name, type: undefined, help: undefined, samples: [] };
    families.set(name, family);
    return family;
  };
  for (const line of Buffer.from(text)
    .toString('latin1', 0, text.length - 1)
    .split('\n')) {
    const metadata = METADATA.exec(line);
    if (metadata === null) {
      const sample = readSampleStrictly(line);
      const home = familyOf(families, sample.name);
      if (current === undefined || !hasSamples(current, sample.name)) {
        if (home !== undefined)
          throw new StrictError(`family ${home.name} goes on after another (${sample.name})`);
        current = begin(sample.name);
      }
      // Where both are there, expfmt counts a sample to the family of its very name.
      checkSample(home ?? current, sample);
      current.samples.push(sample);
    } else {
      const [, keyword, name = '', value = ''] = metadata;
      const home = familyOf(families, name);
      if (home !== undefined && home.name !== name)
        throw new StrictError(`${keyword} of ${name} is read as one of ${home.name}`);
      if (current?.name !== name) current = begin(name);
      if (current.samples.length > 0) throw new StrictError(`${keyword} of ${name} comes after its samples`);
      setMetadata(current, keyword === 'HELP' ? 'help' : 'type', value);
    }
  }
  return [...families.values()];
}

function setMetadata(family: StrictFamily, what: 'help' | 'type', value: string): void {
  if (family[what] !== undefined) throw new StrictError(`a second ${what} of ${family.name}`);
  if (what === 'type' && !TYPES.has(value)) throw new StrictError(`${value} is no type (${family.name})`);
  if (what === 'help' && /(?:^|[^\\])(?:\\\\)*\\(?![\\n])/s.test(value))
    throw new StrictError(`an unknown escape in the HELP of ${family.name}`);
  family[what] = value;
}

/** Whether samples of that name may stand in the family. */
function hasSamples({ name: family, type }: StrictFamily, name: string): boolean {
  if (!name.startsWith(family)) return false;
  const suffix = name.slice(family.length);
  if (suffix === '') return true;
  if (type === 'histogram' && suffix === '_bucket') return true;
  return (type === 'histogram' || type === 'summary') && (suffix === '_count' || suffix === '_sum');
}

/** The family that expfmt counts a name to: the one of that name, else the summary or histogram that has such samples. */
function familyOf(families: ReadonlyMap<string, StrictFamily>, name: string): StrictFamily | undefined {
  const exact = families.get(name);
  if (exact !== undefined) return exact;
  const [, base = '', suffix = ''] = /^(.+)(_count|_sum|_bucket)$/s.exec(name) ?? [];
  const owner = families.get(base);
  if (owner?.type === 'histogram') return owner;
  return owner?.type === 'summary' && suffix !== '_bucket' ? owner : undefined;
}

function checkSample(
  { name: family, type }: StrictFamily,
  { name, labels, value, line }: StrictSample,
): void {
  if (type !== 'histogram' && type !== 'summary') return;
  const wanted = type === 'histogram' ? 'le' : 'quantile';
  const bound = labels.find(([label]) => label === wanted)?.[1];
  if (bound !== undefined && (!BOUND.test(bound) || /[+-]nan/i.test(bound) || isOutOfRange(bound)))
    throw new StrictError(`${wanted} is no float in ${line.slice(0, 300)}`);
  if (type === 'summary' || name === `${family}_sum` || !(Number(value.replace('Inf', 'Infinity')) < 0))
    return;
  if (name === `${family}_count` || (bound !== undefined && !/nan/i.test(bound)))
    throw new StrictError(`a negative count in ${line.slice(0, 300)}`);
}

function isOutOfRange(bound: string): boolean {
  return /\d/.test(bound) && !Number.isFinite(Number(bound));
}
