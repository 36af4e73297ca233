import type { Random } from '../simulator/random.ts';
import { bound, chance, labelNames, labelValue, metricName, NAMES, sampleNumber } from './words.ts';

const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];
const HELPS = ['', ' ', ' Text.', '  two', ' a\\\\b', ' a\\nb', ' q\\q "x" \\"', ' é', ' \\', ' \t', ' x '];
const TIMES = [' 1', ' 1700000000000', ' 0'];
const ODD_TIMES = [
  ' 007',
  '  5',
  '\t5',
  ' 5 ',
  ' -5',
  ' 1.5',
  ' 5 6',
  ' 9223372036854775807',
  ' 9223372036854775808',
  ' 000000000000000000000000000005',
  ' # {a="b"} 1',
  ' 5\r',
  ' ',
  '\t',
];
/** Lines that are just inside or just outside of what Prometheus' lexer takes. */
const ODD_LINES = [
  '',
  ' ',
  '\t ',
  '#',
  '# ',
  '#x',
  '# EOF',
  '# HELP',
  '# HELP ',
  '# HELP a',
  '#HELP a x',
  '# HELPX a',
  '# HELP 1 x',
  '# HELP a\0 x',
  '# HELP a x\0y',
  '# HE\0LP a x',
  '# HELP\0 a x',
  '#\tTYPE\ta\tcounter',
  '#  TYPE   a counter',
  '# TYPE',
  '# TYPE a',
  '# TYPE a ',
  '# TYPE a  counter',
  '# TYPE a counter ',
  '# TYPE a counter\r',
  '# TYPE a Counter',
  '# TYPE 9 counter',
  '# TYPE a unknown',
  '# TYPE a info',
  '# TYPE a cou\0nter',
  '# TYPE a counter\0',
  ' # TYPE a gauge',
  '\t#x',
  '# x\0y',
  '#x\0y',
  '# \0y',
  '#\0',
  '\0',
  'a 1\0',
  '\0a 1',
  ' a 1',
  '\ta 1',
  ' \ta 1',
  '\r',
  'a',
  'a ',
  'a{',
  'a{}',
  'a{} 1',
  'a{ } 1',
  'a {} 1',
  'a{,} 1',
  'a{a="1",,b="2"} 1',
  'a{a="1" b="2"} 1',
  "a{a='1'} 1",
  'a{a=1} 1',
  'a{a} 1',
  'a{a="1"}1',
  'a{a="1"}{b="2"} 1',
  'a{"a"="1"} 1',
  '{"a"} 1',
  '{a="1"} 1',
  'a{a="1"',
  'a{a="1',
  'a{a="1\\',
  'a{a="1\\\n"} 1',
  'a{a="1"\0,b="2"} 1',
  'a{a=\0"1"} 1',
  'a{a\0="1"} 1',
  'a-b 1',
  '1a 1',
  'é 1',
  'a 1 2 3',
];

/** A body in text 0.0.4. `odd` is the chance, for each part of it, that it is unusual or wrong. */
export function textBody(random: Random, odd: number): string {
  const lines: string[] = [];
  const blocks = random.whole(1, chance(random, 0.05) ? 15 : 3);
  for (let i = 0; i < blocks; i++) {
    const kind = random.next();
    if (kind < 0.15) lines.push(...histogram(random, odd));
    else if (kind < 0.25) lines.push(...summary(random, odd));
    else if (kind < 0.78) lines.push(...series(random, odd));
    else if (kind < 0.8) lines.push(...longSeries(random, odd));
    else if (kind < 0.9) lines.push(metadata(random, random.pick(NAMES)));
    else if (chance(random, odd)) lines.push(random.pick(ODD_LINES));
    else if (lines.length > 0) lines.push(random.pick(lines));
  }
  if (chance(random, odd)) lines.splice(random.whole(0, lines.length), 0, random.pick(ODD_LINES));
  return lines.join('\n') + (chance(random, 0.85) ? '\n' : '');
}

function metadata(random: Random, name: string): string {
  return chance(random, 0.5) ? `# HELP ${name}${random.pick(HELPS)}` : `# TYPE ${name} ${random.pick(TYPES)}`;
}

function header(random: Random, name: string, type: string): string[] {
  const lines = [];
  if (chance(random, 0.5)) lines.push(`# HELP ${name}${random.pick(HELPS)}`);
  if (chance(random, 0.85)) lines.push(`# TYPE ${name} ${chance(random, 0.9) ? type : random.pick(TYPES)}`);
  return lines;
}

function time(random: Random, odd: number): string {
  if (chance(random, odd)) return random.pick(ODD_TIMES);
  return chance(random, 0.15) ? random.pick(TIMES) : '';
}

interface SampleLabel {
  readonly name: string;
  readonly value: string;
}

/** One sample; now and then with odd blanks and commas between its parts. */
function sample(random: Random, name: string, labels: readonly SampleLabel[], odd: number): string {
  const loose = chance(random, odd);
  const blank = (): string => (loose ? random.pick(['', '', ' ', '\t', '  ']) : '');
  const comma = (): string => (loose ? random.pick([',', ',', ', ', ' ', ',\t', ',,', '']) : ',');
  let text = '';
  for (const [i, label] of labels.entries()) {
    text += `${i === 0 ? '' : comma()}${blank()}${label.name}${blank()}=${blank()}"${label.value}"${blank()}`;
  }
  if (loose && labels.length > 0) text += random.pick(['', ',', ', ', ',,']);
  const braces = labels.length > 0 || (loose && chance(random, 0.3)) ? `{${text}}` : '';
  const gap = loose ? random.pick([' ', '  ', '\t', '']) : ' ';
  return `${name}${blank()}${braces}${gap}${sampleNumber(random, odd / 2)}${time(random, odd / 2)}${blank()}`;
}

function withValues(random: Random, names: readonly string[], odd: number): SampleLabel[] {
  return names.map((name) => ({
    name,
    value: name === 'le' || name === 'quantile' ? bound(random, odd) : labelValue(random, odd),
  }));
}

/** Lines of one name, with the labels of the first on most of them: what the scanner predicts. */
function series(random: Random, odd: number): string[] {
  const name = metricName(random, odd);
  const lines = header(random, name, random.pick(TYPES));
  let names = labelNames(random, odd);
  const count = random.whole(1, chance(random, 0.05) ? 40 : 4);
  for (let i = 0; i < count; i++) {
    if (chance(random, 0.1)) names = labelNames(random, odd);
    lines.push(sample(random, name, withValues(random, names, odd), odd));
  }
  return lines;
}

/** So many lines that they become a deflate block, each with some values of the one before: what the line coder writes. */
function longSeries(random: Random, odd: number): string[] {
  const name = metricName(random, 0);
  const lines = header(random, name, random.pick(TYPES));
  const names = labelNames(random, 0);
  let labels = withValues(random, names, odd);
  for (let i = random.whole(20, 120); i > 0; i--) {
    const fresh = withValues(random, names, odd);
    labels = labels.map((label, at) =>
      chance(random, 0.6) ? label : { ...label, value: related(random, label, fresh[at]!) },
    );
    lines.push(sample(random, name, labels, odd / 50));
  }
  return lines;
}

/** A value that begins or ends like another one. */
function related(random: Random, { name, value }: SampleLabel, fresh: SampleLabel): string {
  if (name === 'le' || name === 'quantile' || value.length > 60) return fresh.value;
  return random.pick([fresh.value, value + fresh.value, fresh.value + value, `${random.whole(0, 999)}`]);
}

function histogram(random: Random, odd: number): string[] {
  const name = random.pick(['h', 'h', 'a', 's', 'h_count']);
  const lines = header(random, name, 'histogram');
  for (let i = random.whole(1, 2); i > 0; i--) {
    const labels = withValues(
      random,
      labelNames(random, odd).filter((label) => label !== 'le'),
      odd,
    );
    for (const le of ['1', '5', '+Inf']) {
      const value = chance(random, odd) ? bound(random, 1) : le;
      lines.push(sample(random, `${name}_bucket`, [...labels, { name: 'le', value }], odd / 4));
    }
    lines.push(
      sample(random, `${name}_sum`, labels, odd / 4),
      sample(random, `${name}_count`, labels, odd / 4),
    );
    if (chance(random, odd)) lines.push(sample(random, name, labels, 0));
  }
  return lines;
}

function summary(random: Random, odd: number): string[] {
  const name = random.pick(['s', 's', 'a', 'h', 's_count']);
  const lines = header(random, name, 'summary');
  for (let i = random.whole(1, 2); i > 0; i--) {
    const labels = withValues(
      random,
      labelNames(random, odd).filter((label) => label !== 'quantile'),
      odd,
    );
    for (const quantile of ['0.5', '0.99']) {
      const value = chance(random, odd) ? bound(random, 1) : quantile;
      lines.push(sample(random, name, [...labels, { name: 'quantile', value }], odd / 4));
    }
    lines.push(
      sample(random, `${name}_sum`, labels, odd / 4),
      sample(random, `${name}_count`, labels, odd / 4),
    );
  }
  return lines;
}
