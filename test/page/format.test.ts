import t from 'tap';
import { ago, bytes, count, percent, plural, seconds } from '../../src/page/format.ts';

t.test('values as people read them', async (t) => {
  const cases: readonly (readonly [got: string, want: string])[] = [
    [seconds(undefined), '–'],
    [seconds(0), '0.0 ms'],
    [seconds(0.0042), '4.2 ms'],
    [seconds(0.0123), '12 ms'],
    [seconds(0.9994), '999 ms'],
    [seconds(0.9996), '1.00 s'],
    [seconds(9.75), '9.75 s'],
    [seconds(123.4), '123 s'],
    [bytes(undefined), '–'],
    [bytes(0), '0 B'],
    [bytes(999), '999 B'],
    [bytes(1000), '1.0 kB'],
    [bytes(123_456), '123 kB'],
    [bytes(999_600), '1.0 MB'],
    [bytes(5e12), '5000 GB'],
    [count(999), '999'],
    [count(1_234_567), '1\u202F234\u202F567'],
    [percent(undefined), '–'],
    [percent(0), '0 %'],
    [percent(0.001), '< 1 %'],
    [percent(0.456), '46 %'],
    [percent(1.2), '120 %'],
    [ago(undefined, 0), 'never'],
    [ago(1000, 0), '0 s ago'],
    [ago(0, 59_000), '59 s ago'],
    [ago(0, 60_000), '1 min ago'],
    [ago(0, 7_200_000), '2 h ago'],
    [ago(0, 5 * 86_400_000), '5 days ago'],
    [plural(1, 'pod'), '1 pod'],
    [plural(0, 'pod'), '0 pods'],
  ];
  for (const [got, want] of cases) t.equal(got, want);
});
