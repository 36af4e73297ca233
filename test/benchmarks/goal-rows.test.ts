import t from 'tap';

import type { LoopResult } from '../../benchmarks/closed-loop-client.ts';
import { rowOf as closedLoopRow } from '../../benchmarks/closed-loop.ts';
import type { LoopReport } from '../../benchmarks/event-loop-probe.ts';
import { rowOf as eventLoopRow } from '../../benchmarks/event-loop.ts';
import { loadText } from '../../benchmarks/load.ts';

function report(p99: number, max: number): LoopReport {
  const gap = { atMs: 5, ms: max, cpuMs: 1, gcMs: 0.5, where: [] };
  const thread = { elapsedMs: 1000, cpuMs: 100, waitMs: 250, longestRunMs: 3 };
  return { p50: 1, p99, max, count: 100, ...thread, gaps: [gap], hot: [] };
}

t.test('event loop: the median of the p99s, the worst of all, and where it was', async (t) => {
  const cases: [reports: LoopReport[], measured: string, met: boolean, why: string][] = [
    [
      [report(10, 20), report(18, 49), report(30, 30)],
      'p99 18.0 ms, worst 49.0 ms',
      true,
      'both in their bounds',
    ],
    [[report(21, 22)], 'p99 21.0 ms, worst 22.0 ms', false, 'the p99 is not'],
    [[report(2, 51)], 'p99 2.00 ms, worst 51.0 ms', false, 'the worst is not'],
  ];
  for (const [reports, measured, met, why] of cases) {
    const row = eventLoopRow(reports, report(1, 2), 1000, false);
    t.equal(row.measured, measured, why);
    t.equal(row.met, met, why);
    t.match(row.note, /without a break: 3\.00 ms.*ran 10 % of the time and waited for a processor 25 %/);
  }
  t.match(
    eventLoopRow([report(2, 51)], report(1, 99), 7, false).note,
    /51\.0 ms at 5\.00 ms.*worst 99\.0 ms/,
  );
});

t.test('closed loop: medians of the rounds, beside the pass-through', async (t) => {
  const latencies = { count: 9, p50: 2, p90: 3, p99: 4, p999: 5, max: 6 };
  function rounds(...rates: number[]) {
    const results = rates.map((perSecond): LoopResult => ({
      latencies,
      perSecond,
      wireBytes: 1,
      answers: 1,
      busy: perSecond / 1000,
      samples: 1,
      fewestSamples: 1,
      fewestUp: 1,
    }));
    return { results, cpu: rates.map(() => 2.5) };
  }
  const row = closedLoopRow('reuse of 1 s', 1, rounds(100, 200, 900), rounds(400, 400, 500));
  t.equal(row.ratio, 0.5);
  t.equal(row.met, undefined, 'there is no figure to hold it against');
  t.match(row.measured, /^200\/s, p50 2\.00 ms, p99 4\.00 ms; pass-through 400\/s/);
  t.match(row.note, /CPU an answer 2\.50 ms.*the client had at most 90 %/);
});

t.test('load: errors are counted and named, and are in no latency', async (t) => {
  const good = Array.from({ length: 99 }, (_, index) => ({
    ms: index + 1,
    lateMs: 0.5,
    bytes: 10_000,
    error: undefined,
  }));
  const bad = { ms: 5000, lateMs: 0, bytes: 0, error: 'status 503' };
  const text = loadText([...good, bad], {
    seconds: 10,
    rate: 10,
    pods: 12,
    flags: [],
    usage: { gateway: 0.5, client: 0.1, peak: 1e8 },
    checked: { answers: 10, leastTargets: 11, mostDown: 1 },
  });
  t.match(
    text,
    /\| 10\.0\/s for 10\.0 s \| +99 \| +50\.0 \| +90\.0 \| +99\.0 \| +99\.0 \| +99\.0 \| +1 \| +0\.990 \|/,
  );
  t.match(text, /Errors: 1 × status 503\./);
  t.match(text, /the gateway had 50 % and the client 10 %.*100 MB/);
});
