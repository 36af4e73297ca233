import t from 'tap';

import { comparedHead, comparedRow } from '../../benchmarks/compared-row.ts';
import { median, medianInterval } from '../../benchmarks/statistics.ts';

t.test('the median', async (t) => {
  t.equal(median([3, 1, 2]), 2);
  t.equal(median([4, 1, 3, 2]), 2.5);
  t.ok(Number.isNaN(median([])));
});

/** Ranks of the sign test's interval at 95 %, as tables have them. */
const ranks: readonly (readonly [count: number, low: number, high: number])[] = [
  [6, 1, 6],
  [8, 1, 8],
  [9, 2, 8],
  [10, 2, 9],
  [12, 3, 10],
  [20, 6, 15],
  [30, 10, 21],
  [100, 40, 61],
];

t.test('the interval of the median, by signs', async (t) => {
  for (const [count, low, high] of ranks) {
    const values = Array.from({ length: count }, (_, index) => count - index);
    t.same(medianInterval(values), { low, high }, `${count} values`);
  }
  for (const count of [0, 1, 5]) {
    const { low, high } = medianInterval(Array.from({ length: count }, () => 1));
    t.ok(Number.isNaN(low) && Number.isNaN(high), `${count} values are too few`);
  }
});

t.test('what is said of pairs', async (t) => {
  const other = [10, 20, 10, 20, 10, 20];
  const times = (factor: number) => other.map((value) => value * factor);
  const cases: readonly (readonly [own: readonly number[], ratio: string, so: string])[] = [
    [times(0.5), '0.500', 'less'],
    [times(2), '2.00', 'more'],
    [other.map((value, pair) => value * (pair % 2 === 0 ? 0.9 : 1.1)), '1.00', 'not told apart'],
    [[5], '0.500', '–'],
  ];
  for (const [own, ratio, so] of cases) {
    const row = comparedRow('x', own, other);
    t.equal(row.length, comparedHead('abc').length);
    t.equal(row[3], ratio, so);
    t.equal(row.at(-1), so);
  }
  t.equal(comparedRow('x', times(0.5), other)[4], '0.500 to 0.500');
  t.equal(comparedRow('x', [1], other)[4], '–', 'one pair has no interval');
});
