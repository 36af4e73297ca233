import type { Random } from '../simulator/random.ts';

/** Metric names: few, so that families meet, and with the suffixes that tie families together. */
export const NAMES: readonly string[] = [
  'a',
  'a_count',
  'a_total',
  'a_created',
  'a_info',
  'h',
  'h_bucket',
  'h_sum',
  'h_count',
  'h_count_sum',
  'h_count_bucket',
  's',
  's_sum',
  's_count',
  's_count_count',
  'up',
  'scrape_samples_scraped',
  'scrape_failure_reason',
  'x:y',
  '_',
  '_count',
  'd_seconds',
];

/** Label names, many of which targets have too. */
export const LABELS: readonly string[] = [
  'a',
  'b',
  'job',
  'instance',
  'pod',
  'exported_job',
  'exported_instance',
  'exported_exported_job',
  'reason',
  'le',
  'quantile',
  '_',
  'A9',
];

const ODD_LABELS = ['__name__', '__x', 'exported_pod', 'exported_le', 'le_'];
const PLAIN_VALUES = ['x', 'y', 'z', '1', '', 'node-1'];
/** Label values, as they stand between quotes, that need care: characters beyond ASCII, escapes, a newline. */
export const ESCAPED_VALUES: readonly string[] = ['é😀', '\\\\', '\\"', '\\n', 'a\\q', 'a\nb'];
const ODD_VALUES = [
  ...ESCAPED_VALUES,
  '}{,=# ',
  '\0',
  'x\0',
  '\\\0"',
  '\r',
  '\t',
  '\\\\\\"',
  '\u{feff}',
  '\u2028',
];
const BOUNDS = ['0.5', '1', '10', '+Inf', '0.99', '1e3', '5.', '.5'];
const ODD_BOUNDS = [
  'many',
  '',
  'Inf',
  '-inf',
  'NaN',
  '0x1',
  '1_0',
  '1e999',
  '+Inf ',
  '-1',
  '+NaN',
  'infinity',
];
const NUMBERS = ['0', '1', '42', '-1', '+1', '1.5', '1e5', '1.5e-07', 'NaN', '+Inf', '-Inf', '1e300', '-0'];
/** Numbers in every way that both formats take. */
export const LEGAL_NUMBERS: readonly string[] = [
  '0',
  '1',
  '-1.5',
  '+1',
  '1e5',
  '1E5',
  '1.5e-07',
  '1.5E-07',
  'NaN',
  'nan',
  '+Inf',
  '-Inf',
  'inf',
  '.5',
  '5.',
  '-0',
  '1e300',
];
const ODD_NUMBERS = [
  'nan',
  'NAN',
  'Inf',
  'inf',
  '-infinity',
  '+nan',
  '.5',
  '5.',
  '1E5',
  '.',
  'e5',
  '1e',
  '1e+',
  '1.2.3',
  '0x10',
  '0x1p3',
  '1p5',
  '1_2',
  'true',
  '1e308',
  '1.8e308',
  '1e309',
  '1e-999',
  '4.9e-324',
  '00012',
  '1\r',
  '1\0',
  '1,5',
  '--1',
  '99999999999999999999999',
  '1'.repeat(310),
  `0.${'3'.repeat(400)}`,
  '1e99',
  '1e100',
  '1e0005',
];

/** Whether something with that chance happens. */
export function chance(random: Random, of: number): boolean {
  return of > 0 && random.next() < of;
}

/** A value between quotes, escaped in some way. `odd` is the chance of what is unusual. */
export function labelValue(random: Random, odd: number): string {
  if (chance(random, odd / 40)) return 'v'.repeat(random.whole(100, 6000));
  return random.pick(chance(random, odd) ? ODD_VALUES : PLAIN_VALUES);
}

export function bound(random: Random, odd: number): string {
  return random.pick(chance(random, odd) ? ODD_BOUNDS : BOUNDS);
}

export function sampleNumber(random: Random, odd: number): string {
  if (chance(random, odd)) return random.pick(ODD_NUMBERS);
  return chance(random, 0.6) ? String(random.whole(0, 9999)) : random.pick(NUMBERS);
}

export function metricName(random: Random, odd: number): string {
  return chance(random, odd / 20) ? `long_${'n'.repeat(random.whole(100, 3000))}` : random.pick(NAMES);
}

/** Label names of one series; without `odd` none comes twice. */
export function labelNames(random: Random, odd: number): string[] {
  const names = LABELS.filter(() => random.next() < 0.15);
  if (chance(random, 0.2)) names.reverse();
  if (chance(random, odd)) names.push(random.pick(ODD_LABELS));
  if (chance(random, odd / 3)) names.push(random.pick(LABELS));
  return names;
}
