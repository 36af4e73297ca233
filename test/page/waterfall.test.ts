import t from 'tap';
import { axisOf, barsOf } from '../../src/page/waterfall.ts';
import type { PastEntry, PastRound } from '../../src/round/last-round.ts';
import type { OwnedTarget } from '../../src/round/scrape.ts';
import { failed, timedOut, type Outcome, type ScrapeTimings } from '../../src/scrape/outcome.ts';

const BEGUN = 1_000_000;

function entry(key: string, startedAfterMs: number, outcome: Outcome): PastEntry {
  const target = { target: { key } } as OwnedTarget;
  return { target, outcome, startedAt: BEGUN + startedAfterMs, timeoutMs: 10_000 };
}

function roundOf(...entries: PastEntry[]): PastRound {
  return { begunAt: BEGUN, endedAt: BEGUN + 10_000, entries };
}

function took(durationSeconds: number, timings: Omit<ScrapeTimings, 'startedAt'>, up = true): Outcome {
  return { ...failed('exposition', '', durationSeconds), up, timings: { startedAt: 0, ...timings } };
}

/** The phases as text: where each begins and ends. */
function phases(one: PastEntry): string {
  const [bar] = barsOf(roundOf(one));
  return bar!.phases.map(({ phase, from, to }) => `${phase} ${from.toFixed(1)}-${to.toFixed(1)}`).join(' ');
}

t.test('where the time of a scrape went', async (t) => {
  const whole = { connectedSeconds: 1, firstByteSeconds: 3, lastByteSeconds: 4 };
  const cases: readonly (readonly [one: PastEntry, want: string, why: string])[] = [
    [entry('', 0, took(5, whole)), 'wait 0.0-1.0 first 1.0-3.0 transfer 3.0-4.0 scan 4.0-5.0', 'whole'],
    [
      entry('', 500, took(5, whole)),
      'wait 0.0-1.5 first 1.5-3.5 transfer 3.5-4.5 scan 4.5-5.5',
      'a worker took it up later',
    ],
    [
      entry('', -2000, took(5, whole)),
      'first 0.0-1.0 transfer 1.0-2.0 scan 2.0-3.0',
      'it had begun before this round',
    ],
    [entry('', -9000, took(5, whole)), '', 'it had ended before this round'],
    [entry('', 0, took(2, {}, false)), 'wait 0.0-2.0', 'no connection'],
    [entry('', 0, took(2, { connectedSeconds: 1 }, false)), 'wait 0.0-1.0 first 1.0-2.0', 'no answer'],
    [
      entry('', 0, took(3, { connectedSeconds: 1, firstByteSeconds: 2 }, false)),
      'wait 0.0-1.0 first 1.0-2.0 transfer 2.0-3.0',
      'broken off',
    ],
    [entry('', 0, timedOut(10)), 'late 0.0-10.0', 'given up at the deadline'],
    [entry('', -5000, timedOut(10)), 'late 0.0-10.0', 'the deadline is that of the caller'],
    [entry('', 0, failed('target_limit', 'too many', 0)), '', 'never scraped'],
  ];
  for (const [one, want, why] of cases) t.equal(phases(one), want, why);
  const [joined] = barsOf(roundOf(entry('', -2000, took(5, whole))));
  t.match(joined, { end: 3, joined: 2, deadline: 10, reason: 'exposition' });
});

t.test('the slowest come first, before them those that were not in', async (t) => {
  const bars = barsOf(
    roundOf(
      entry('quick', 0, took(1, {})),
      entry('late', 0, timedOut(10)),
      entry('after the deadline of another', 0, took(11, {})),
      entry('slow', 0, took(9, {})),
    ),
  );
  t.same(
    bars.map(({ key }) => key),
    ['late', 'after the deadline of another', 'slow', 'quick'],
  );
});

t.test('the axis reaches the deadline where somebody came near to it', async (t) => {
  const axis = (durationSeconds: number, scale: 'linear' | 'root' = 'linear') =>
    axisOf(barsOf(roundOf(entry('', 0, took(durationSeconds, {})))), scale);
  const far = axis(9);
  t.ok(far.hasDeadline);
  t.ok(far.max > 10 && far.at(10) < 1 && far.at(10) > 0.95);
  t.same(far.ticks, [0, 2, 4, 6, 8]);
  const near = axis(0.1);
  t.notOk(near.hasDeadline);
  t.ok(near.max < 0.2 && near.deadline === 10);
  t.ok(near.ticks.length > 2 && near.ticks.every((tick) => tick < near.max));
  const root = axis(10, 'root');
  t.ok(root.at(0.1) > 5 * far.at(0.1), 'short times are larger');
  for (const one of [far, near, root, axis(0)]) {
    t.equal(one.at(-1), 0);
    t.equal(one.at(1e9), 1);
    t.ok(
      one.ticks.every((tick, i) => i === 0 || one.at(tick) - one.at(one.ticks[i - 1]!) > 0.1),
      `${one.ticks.join(' ')} do not touch`,
    );
  }
});
