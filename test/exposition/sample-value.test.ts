import t from 'tap';
import { canonicalTimestamp, canonicalValue } from '../../src/exposition/sample-value.ts';

t.test('a value is taken as Go reads it', async (t) => {
  const kept = [
    '0',
    '-0',
    '+1',
    '1.',
    '.5',
    '-.5',
    '1.50',
    '007',
    '1e5',
    '1E5',
    '1e+05',
    '1E-5',
    '1.7976931348623157e308',
  ];
  kept.push('4.9e-324', '1e-999', '9'.repeat(300), `0.${'0'.repeat(400)}1`, '1.7976931348623158e308');
  for (const text of kept) t.equal(canonicalValue(text), text, 'a number keeps its digits');
  const spelled: readonly (readonly [want: string, texts: readonly string[]])[] = [
    ['NaN', ['NaN', 'nan', 'NAN', 'nAn']],
    ['+Inf', ['+Inf', 'Inf', 'inf', '+INF', 'infinity', '+Infinity']],
    ['-Inf', ['-Inf', '-inf', '-Infinity', '-INFINITY']],
  ];
  for (const [want, texts] of spelled) for (const text of texts) t.equal(canonicalValue(text), want, text);
  const refused = [
    '',
    '.',
    '+',
    '-',
    'e5',
    '1e',
    '1e+',
    '1.2.3',
    '1 ',
    '--1',
    '+nan',
    '-NaN',
    'in',
    'infin',
    'true',
    '0x1',
  ];
  refused.push(
    '0x1p3',
    '1p3',
    '1_000',
    '1e999',
    '-1e999',
    '9'.repeat(310),
    '1.7976931348623159e308',
    '١',
    '1\r',
    '1\0',
    '0b1',
  );
  refused.push('0o7', '1n', '1f');
  for (const text of refused) t.equal(canonicalValue(text), undefined, JSON.stringify(text));
});

t.test('a timestamp is whole milliseconds in 64 bits', async (t) => {
  const table: readonly (readonly [digits: string, want: string | undefined, why: string])[] = [
    ['0', '0', 'zero'],
    ['000', '0', 'zeros'],
    ['1700000000000', '1700000000000', 'a usual one'],
    ['0001', '1', 'zeros before it'],
    ['9223372036854775807', '9223372036854775807', 'the last'],
    ['9223372036854775808', undefined, 'one more'],
    [`${'0'.repeat(100)}9223372036854775807`, '9223372036854775807', 'the last with zeros'],
    ['9'.repeat(1_000_000), undefined, 'far too long, and refused without counting'],
  ];
  for (const [digits, want, why] of table) t.equal(canonicalTimestamp(digits), want, why);
});
