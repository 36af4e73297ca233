import { OPENMETRICS_TYPES } from '../../fuzz/openmetrics-grammar.ts';
import { ESCAPED_VALUES, LEGAL_NUMBERS } from '../../fuzz/words.ts';
import { createRandom } from '../../simulator/random.ts';
import type { Random } from '../../simulator/random.ts';

/** Where explicit timestamps may lie so that a store of some seconds keeps them, in milliseconds from now. */
const KEPT = [-2_400_000, -61_001, -60_000, -1_000, 300_000];
/** And where they may lie so that none does. */
const OUT_OF_BOUNDS = [-90_000_000, -7_200_000, 3_600_000, 900_000_000];

const NAMES = [
  'a',
  'b_total',
  'c:d',
  'h',
  'h_bucket',
  'h_sum',
  'h_count',
  's',
  's_count',
  '_',
  'TYPE',
  'HELP',
];
const BAD_NAMES = ['1a', 'a-b', 'ä', '', 'a.b', '"a"'];
const LABELS = ['a', 'b', 'c', 'pod', 'job', 'instance', 'exported_job', '_x', '__y', 'fixtures', 'A'];
const BAD_LABELS = ['1a', 'a-b', 'a:b', '__name__', '', 'ä', '"a"', 'a.b'];
const VALUES = ['x', 'y', ...ESCAPED_VALUES, '}{,=#', ' ', 'a\tb', "'", '# HELP', '\r'];
const BAD_VALUES = ['\ue0ff', '\0', '\\', '"', '\ue0ed\ue0a0\ue080', '\ue0c3'];
const ODD_NUMBERS = [
  '1_0',
  '0x1p-2',
  '0x10',
  '1e400',
  '-1e400',
  '1e-400',
  'Infinity',
  '-nan',
  '+NaN',
  'infin',
  '1e',
  '--1',
  '',
  'true',
  '9007199254740993',
  '1,5',
  '0b1',
  '1e+',
  '.',
  '1f',
];
const ODD_TIMES = [
  '-1',
  '1.5',
  '1e3',
  '9223372036854775807',
  '9223372036854775808',
  '007',
  '+5',
  'x',
  '5 6',
  '5 # {a="b"} 1',
];
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];
const ODD_TYPES = ['unknown', 'info', 'Counter', 'gauge ', ' gauge', '', 'gauge\r', 'gauge\t', 'stateset'];
const HELPS = ['text', 'a \\\\ b', 'q\\q "x"', '', ' two  blanks ', '\ttab', 'é', 'new\\nline', '# x'];

/** Characters from here on stand for the byte that is their distance, so that generated bodies can be invalid UTF-8. */
const RAW = 0xe000;

/** Text as its UTF-8, one character a byte. */
function bytes(text: string): string {
  return Array.from(text, (c) => {
    const raw = c.codePointAt(0)! - RAW;
    return raw >= 0 && raw <= 0xff ? String.fromCharCode(raw) : Buffer.from(c).toString('latin1');
  }).join('');
}

interface Grammar {
  readonly random: Random;
  /** How likely each part is odd: 0 makes legal bodies. */
  readonly odd: number;
  /** How likely a comma stands behind the last label. */
  readonly trailing: number;
  readonly nowMs: number;
}

function part(g: Grammar, good: readonly string[], bad: readonly string[]): string {
  return g.random.pick(g.random.next() < g.odd ? bad : good);
}

function labels(g: Grammar, blank: () => string, le: readonly string[]): string {
  const { random } = g;
  const chosen = LABELS.filter(() => random.next() < 0.2);
  if (random.next() < 0.2) chosen.reverse();
  const pairs = chosen.map((name) => {
    const empty = random.next() < 0.15 && !name.startsWith('exported_');
    const value = empty ? '' : part(g, VALUES.slice(0, random.pick([2, 4, 14])), BAD_VALUES);
    const written = random.next() < g.odd ? random.pick([...BAD_LABELS, 'a', 'pod']) : name;
    return `${blank()}${written}${blank()}=${blank()}"${value}"${blank()}`;
  });
  if (le.length > 0) pairs.push(le[0]!);
  if (pairs.length === 0) return random.next() < 0.8 ? '' : `{${blank()}}`;
  const comma = random.next() < g.odd ? random.pick([' ', '', ',,', ';']) : ',';
  return `{${pairs.join(comma)}${random.next() < g.trailing ? ',' : ''}}`;
}

function textSample(g: Grammar, series: string[]): string {
  const { random, nowMs } = g;
  const loose = random.next() < 0.2;
  const blank = (): string => (loose ? random.pick(['', ' ', '\t', '  ']) : '');
  // A series that comes again, with another value or at another time, is kept or dropped by its timestamps.
  const again = series.length > 0 && random.next() < 0.3;
  const one = again ? random.pick(series) : textSeries(g, blank);
  series.push(one);
  const times: readonly (string | number)[] = random.pick([['', ''], ['', ''], KEPT, OUT_OF_BOUNDS]);
  const chosen = random.pick(times);
  const time =
    random.next() < g.odd ? ` ${random.pick(ODD_TIMES)}` : chosen === '' ? '' : ` ${nowMs + Number(chosen)}`;
  return `${one} ${blank()}${part(g, LEGAL_NUMBERS, ODD_NUMBERS)}${time}${blank()}`;
}

function textSeries(g: Grammar, blank: () => string): string {
  const { random } = g;
  const name = part(g, NAMES, BAD_NAMES);
  const bounds: Readonly<Record<string, string>> = {
    h_bucket: `le="${random.pick(['1', '+Inf', '0.5', '1e3', '10'])}"`,
    s: `quantile="${random.pick(['0.5', '1', '0'])}"`,
  };
  const bound = bounds[name];
  return `${name}${blank()}${labels(g, blank, bound === undefined ? [] : [bound])}`;
}

function textLine(g: Grammar, series: string[]): string {
  const { random } = g;
  const kind = random.next();
  if (kind < 0.08) return `# HELP ${part(g, NAMES, BAD_NAMES)} ${random.pick(HELPS)}`;
  if (kind < 0.18) {
    const name = part(g, NAMES, BAD_NAMES);
    const type = name.startsWith('h') ? 'histogram' : name === 's' ? 'summary' : random.pick(TYPES);
    return `# TYPE ${name} ${random.next() < g.odd ? random.pick(ODD_TYPES) : type}`;
  }
  if (kind < 0.24)
    return random.pick([
      '',
      ' ',
      '\t',
      '# comment',
      '#',
      '#x',
      '#  HELP a b',
      '# EOF',
      '# UNIT a b',
      '#\tTYPE a\tgauge',
    ]);
  return textSample(g, series);
}

/** A body of the text format, some of whose parts are odd. Deterministic by `seed`. */
export function generatedText(seed: number, nowMs: number): Buffer {
  const random = createRandom(seed);
  const g = { random, nowMs, odd: random.pick([0, 0, 0.03, 0.08]), trailing: 0.05 };
  const lines: string[] = [];
  const series: string[] = [];
  for (let n = random.whole(1, 8); n > 0; n--)
    lines.push(lines.length > 0 && random.next() < 0.2 ? random.pick(lines) : textLine(g, series));
  return Buffer.from(
    mutated(random, bytes(lines.join('\n') + random.pick(['', '\n', '\n', '\n\n']))),
    'latin1',
  );
}

const OM_TIMES = ['-1', '1.5', '1e3', 'NaN', '+Inf', '007', 'x', '5 6', '1.', '.5', '0', '1e-3'];
const EXEMPLARS = ['# {} 1', '# {a="b"} 1', '# {a="b"} 1 2', '# {a="é",b="c"} NaN'];
const ODD_EXEMPLARS = [
  '# {a="b"}',
  '#{} 1',
  '# {a=b} 1',
  '# {} 1 NaN',
  '# {} x',
  '#',
  `# {a="${'x'.repeat(129)}"} 1`,
];
const OM_UNITS = ['', 'seconds', 'bytes'];

function openMetricsLines(g: Grammar, prefix: string): string[] {
  const { random, nowMs } = g;
  const [type, suffixes] = random.pick(OPENMETRICS_TYPES);
  const unit = random.pick(OM_UNITS);
  const base = `${prefix}${random.pick(['a', 'b', 'c'])}${unit === '' ? '' : `_${unit}`}`;
  const lines: string[] = [];
  if (random.next() < 0.8)
    lines.push(`# TYPE ${base} ${random.next() < g.odd ? random.pick([...ODD_TYPES, 'untyped']) : type}`);
  if (unit !== '' && random.next() < 0.8)
    lines.push(`# UNIT ${base} ${random.next() < g.odd ? 'wrong' : unit}`);
  if (random.next() < 0.5) lines.push(`# HELP ${base} ${random.pick(HELPS)}`);
  for (const suffix of suffixes) {
    const le =
      suffix === '_bucket'
        ? ['le="+Inf"']
        : type === 'summary' && suffix === ''
          ? ['quantile="0.5"']
          : type === 'stateset'
            ? [`${base}="on"`]
            : [];
    const at = random.next() < 0.6 ? '' : random.pick([...KEPT, ...OUT_OF_BOUNDS]);
    const fraction = random.pick(['', '', '9', '99']);
    const time =
      random.next() < g.odd
        ? ` ${random.pick(OM_TIMES)}`
        : at === ''
          ? ''
          : ` ${((nowMs + at) / 1000).toFixed(3)}${fraction}`;
    const carries = /^_(total|bucket)$/.test(suffix) || random.next() < g.odd;
    const exemplar = carries && random.next() < 0.3 ? ` ${part(g, EXEMPLARS, ODD_EXEMPLARS)}` : '';
    lines.push(
      `${base}${suffix}${labels(g, () => (random.next() < g.odd / 2 ? ' ' : ''), le)} ${part(g, LEGAL_NUMBERS, ODD_NUMBERS)}${time}${exemplar}`,
    );
  }
  if (random.next() < g.odd)
    lines.splice(random.whole(0, lines.length), 0, random.pick(['', '# comment', '#x', ' ', '# EOF']));
  return lines;
}

/** A body of OpenMetrics 1.0, some of whose parts are odd. Deterministic by `seed`. */
export function generatedOpenMetrics(seed: number, nowMs: number): Buffer {
  const random = createRandom(seed);
  const odd = random.pick([0, 0, 0.03, 0.08]);
  const g = { random, nowMs, odd, trailing: odd / 2 };
  const lines: string[] = [];
  for (let n = random.whole(1, 3); n > 0; n--) lines.push(...openMetricsLines(g, `om${seed % 50}_`));
  const end =
    random.next() < g.odd
      ? random.pick(['', '# EOF\n\n', '# EOF \n', '#EOF\n', '# EOF\na 1\n'])
      : random.pick(['# EOF\n', '# EOF']);
  return Buffer.from(mutated(random, bytes(`${lines.join('\n')}\n${end}`)), 'latin1');
}

/** Now and then one byte goes, comes, or becomes another one. */
function mutated(random: Random, text: string): string {
  if (random.next() > 0.2 || text.length === 0) return text;
  const at = random.whole(0, text.length - 1);
  const byte = random.pick(Array.from('{}",=# \t\n\r\\_09aé\xff\x01\x7f'));
  const rest = random.pick([at, at + 1]);
  return text.slice(0, at) + random.pick(['', byte, byte]) + text.slice(rest);
}
