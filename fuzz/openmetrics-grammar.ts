import type { Random } from '../simulator/random.ts';
import { bound, chance, labelNames, labelValue, metricName, NAMES, sampleNumber } from './words.ts';

/** The types of OpenMetrics with the suffixes that their samples may have. */
export const OPENMETRICS_TYPES: readonly (readonly [type: string, suffixes: readonly string[]])[] = [
  ['counter', ['_total', '_created']],
  ['gauge', ['']],
  ['histogram', ['_bucket', '_sum', '_count', '_created']],
  ['gaugehistogram', ['_bucket', '_gsum', '_gcount']],
  ['summary', ['', '_sum', '_count', '_created']],
  ['info', ['_info']],
  ['stateset', ['']],
  ['unknown', ['']],
];
const HELPS = ['Text.', '', ' two', 'a\\\\b', 'a\\nb', 'q\\q "x" \\"', 'é', '\\', 'x\0y', ' '];
const TIMES = ['1', '1700000000', '1700000000.123', '0', '1.5e9', '1e-3', '0.0005', '1234567890.9996'];
const ODD_TIMES = [
  '-1',
  '-0.0001',
  '-0',
  'NaN',
  '+Inf',
  '9.3e15',
  '9223372036854775.807',
  '9223372036854775.9',
  '1e300',
  '1e308',
  '1e-999',
  '0x1p3',
  '1_0',
  '1 2',
  '',
  '.5',
  '5.',
  '1e999',
  'x',
];
const EXEMPLARS = [' # {} 1', ' # {a="b"} 1', ' # {a="b",c="d"} 0.5 1.5', ' # {trace_id="x"} 1 1700000000'];
const ODD_EXEMPLARS = [
  ' # {a="b"}',
  ' # {a="b",} 1',
  ' # {a="b" } 1',
  ' #{a="b"} 1',
  ' # {a="b"} x',
  ' # {a="b"} 1 ',
  ' # {a="b"} 1 NaN',
  ' # {a="b"} 1 1 1',
  ' # {a="b"} NaN -1',
  '  # {a="b"} 1',
  ' # a',
  ' # {a="b\\',
  ' # {a="b",a="c"} 1',
  ' # {\0} 1',
];
const ODD_LINES = [
  '',
  ' ',
  '#',
  '# ',
  '#x',
  '# x',
  '# EOF',
  '# EOF ',
  '#  EOF',
  '# E\0OF',
  '# EOF\0',
  '# HELP a',
  '# HELP a ',
  '# HELP  a x',
  '# HELP a\tx',
  '# HELP 1 x',
  '# HELP a\0 x',
  '# HE\0LP a x',
  '# TYPE a',
  '# TYPE a ',
  '# TYPE a untyped',
  '# TYPE a counter ',
  '# TYPE a  counter',
  '# TYPE a Counter',
  '# UNIT a',
  '# UNIT a ',
  '# UNIT d_seconds seconds',
  '# UNIT d_seconds second',
  '# UNIT a a',
  '# UNIT _count count',
  '# UNIT d_seconds d_seconds',
  ' a 1',
  'a 1 ',
  'a  1',
  'a\t1',
  'a',
  'a{} 1',
  'a{a="1",} 1',
  'a{,} 1',
  'a{a="1" ,b="2"} 1',
  'a{a="1", b="2"} 1',
  'a{a="1"}1',
  'a{a ="1"} 1',
  'a{a="1"b="2"} 1',
  'a{a="x\ny"} 1',
  'a{a="x\\\ny"} 1',
  'a{a="1"\0} 1',
  'a\0 1',
  '\0',
  'a 1\r',
  'é 1',
  '{a="1"} 1',
];

/** A body in OpenMetrics 1.0. `odd` is the chance, for each part of it, that it is unusual or wrong. */
export function openMetricsBody(random: Random, odd: number): string {
  const lines: string[] = [];
  const blocks = random.whole(1, chance(random, 0.05) ? 12 : 3);
  for (let i = 0; i < blocks; i++) lines.push(...family(random, odd));
  if (lines.length > 0 && chance(random, odd)) lines.push(random.pick(lines));
  if (chance(random, odd)) lines.splice(random.whole(0, lines.length), 0, random.pick(ODD_LINES));
  if (!chance(random, odd / 4)) lines.push('# EOF');
  return lines.join('\n') + (chance(random, 0.8) ? '\n' : '');
}

function family(random: Random, odd: number): string[] {
  const [type, suffixes] = random.pick(OPENMETRICS_TYPES);
  const plain = random.pick(['a', 'h', 's', 'd_seconds', 'x:y', '_']);
  const name = chance(random, odd) ? metricName(random, odd) : plain;
  const lines: string[] = [];
  if (chance(random, 0.8)) lines.push(`# TYPE ${name} ${type}`);
  if (chance(random, 0.4)) lines.push(`# HELP ${name} ${random.pick(HELPS)}`);
  if (name === 'd_seconds' && chance(random, 0.4)) lines.push(`# UNIT ${name} seconds`);
  if (chance(random, 0.1)) lines.reverse();
  const foreign = chance(random, odd) ? random.pick(NAMES) : undefined;
  for (let i = random.whole(0, 2); i > 0; i--) {
    const names = labelNames(random, odd);
    for (const suffix of suffixes) {
      for (let again = random.whole(1, 2); again > 0; again--) {
        lines.push(sample(random, foreign ?? name + suffix, names, odd));
      }
    }
  }
  return lines;
}

function sample(random: Random, name: string, names: readonly string[], odd: number): string {
  const labels = names.map((label) => {
    const numeric = label === 'le' || label === 'quantile';
    return `${label}="${numeric ? bound(random, odd) : labelValue(random, odd)}"`;
  });
  const braces = labels.length > 0 ? `{${labels.join(',')}}` : '';
  let line = `${name}${braces} ${sampleNumber(random, odd / 2)}`;
  if (chance(random, 0.15)) line += ` ${random.pick(chance(random, 0.2) ? ODD_TIMES : TIMES)}`;
  const exemplar = name.endsWith('_bucket') || name.endsWith('_total') ? 0.1 : odd / 8;
  if (chance(random, exemplar)) line += random.pick(chance(random, odd) ? ODD_EXEMPLARS : EXEMPLARS);
  return line;
}
