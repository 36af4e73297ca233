import t from 'tap';

import { latenciesOf, megabytes, milliseconds, percentile } from '../../benchmarks/latencies.ts';
import { kilobytes } from '../../benchmarks/process-memory.ts';

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => count - index);
}

t.test('percentiles are values that were there, the nearest from above', async (t) => {
  const cases: [values: number[], part: number, want: number, why: string][] = [
    [upTo(200), 0.99, 198, 'two of two hundred are above it'],
    [upTo(200), 0.5, 100, 'the lower of the two in the middle'],
    [upTo(3), 0.99, 3, 'of few values the largest'],
    [upTo(3), 0, 1, 'the least'],
    [[7], 0.5, 7, 'one value is all of them'],
    [[], 0.5, Number.NaN, 'none of none'],
  ];
  for (const [values, part, want, why] of cases) t.same(percentile(values, part), want, why);
});

t.test('what many times come to', async (t) => {
  t.same(latenciesOf(upTo(1000)), { count: 1000, p50: 500, p90: 900, p99: 990, p999: 999, max: 1000 });
  t.equal(latenciesOf([]).count, 0);
});

t.test('figures with their units', async (t) => {
  t.equal(milliseconds(12.345), '12.3 ms');
  t.equal(milliseconds(Number.NaN), '– ms');
  t.equal(megabytes(40_000_000), '40.0 MB');
});

t.test('lines of /proc', async (t) => {
  const status = 'VmPeak:\t  900 kB\nVmRSS:\t  100 kB\nRssAnon:\t   40 kB\n';
  t.equal(kilobytes(status, 'VmRSS'), 102_400);
  t.same(kilobytes(status, 'Rss'), Number.NaN, 'a whole name only');
});
