import { ESCAPED_VALUES, LEGAL_NUMBERS } from '../../fuzz/words.ts';
import { createRandom, type Random } from '../../simulator/random.ts';

const VALUES = ['x', 'y', '', ...ESCAPED_VALUES, '}{,=#', '\0', '\r'];
const TIMES = ['', '', '', '', '', ' 1', ' 1700000000000', ' 007', '  5', ' 9223372036854775807'];

/** The names that generated samples have. */
export const NAMES: readonly string[] = [
  'a',
  'a_count',
  'h',
  'h_bucket',
  'h_sum',
  'h_count',
  'h_count_sum',
  's',
  's_sum',
  'up',
];
const LABELS = ['a', 'b', 'le', 'quantile', 'job', 'instance', 'pod', 'exported_job'];
/** Strict readers want a number here, in a histogram and a summary. */
const BOUNDS = ['1', '+Inf', '0.5', '1', '+Inf', '0.5', '1', '+Inf', '0.5', 'many', ''];

/** One legal line without its newline: mostly canonical, now and then in another form. */
export function generatedLine(random: Random): string {
  const loose = random.next() < 0.1;
  const blank = (): string => (loose ? random.pick(['', ' ', '\t', '  ']) : '');
  const names = LABELS.filter(() => random.next() < 0.3);
  if (random.next() < 0.2) names.reverse();
  const values = random.next() < 0.7 ? VALUES.slice(0, 3) : VALUES;
  const labels = names.map((name) => {
    const value = random.pick(name === 'le' || name === 'quantile' ? BOUNDS : values);
    return `${blank()}${name}${blank()}=${blank()}"${value}"${blank()}`;
  });
  const comma = loose ? random.pick([',', ' ', '']) : ',';
  const braces =
    names.length > 0 || loose ? `{${labels.join(comma)}${loose && names.length > 0 ? ',' : ''}}` : '';
  const number = random.next() < 0.7 ? String(random.whole(0, 9999)) : random.pick(LEGAL_NUMBERS);
  return `${random.pick(NAMES)}${blank()}${braces} ${blank()}${number}${random.pick(TIMES)}${blank()}`;
}

/** A legal body: lines that come again with other values, HELP and TYPE in any place. */
export function generatedBody(seed: number, lines: number): string {
  const random = createRandom(seed);
  const parts: string[] = [];
  for (let i = 0; i < lines; i++) {
    const kind = random.next();
    const name = random.pick(NAMES);
    if (kind < 0.05) parts.push(`# HELP ${name} ${random.pick(['', 'text', 'a \\\\ b', 'q\\q "x"'])}`);
    else if (kind < 0.12)
      parts.push(`# TYPE ${name} ${random.pick(['counter', 'gauge', 'histogram', 'summary', 'untyped'])}`);
    else if (kind < 0.15) parts.push(random.pick(['', ' ', '# comment', '#']));
    else if (kind < 0.5 && parts.length > 0) parts.push(random.pick(parts));
    else parts.push(generatedLine(random));
  }
  return parts.join('\n') + random.pick(['', '\n']);
}
