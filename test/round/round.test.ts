import t from 'tap';
import type { Outcome } from '../../src/scrape/outcome.ts';
import { timedOut } from '../../src/scrape/outcome.ts';
import { awaitScrapes } from '../../src/round/round.ts';
import type { RoundOptions } from '../../src/round/round.ts';
import { Scrape } from '../../src/round/scrape.ts';
import type { OwnedTarget } from '../../src/round/scrape.ts';
import { TargetHistory } from '../../src/round/target-history.ts';
import { targetOf } from './fixture.ts';

const up: Outcome = { ...timedOut(1), up: true };
const never = new AbortController().signal;

function scrapes(count: number): Scrape[] {
  return Array.from({ length: count }, (_, id) => {
    const target: OwnedTarget = {
      id,
      target: targetOf({ url: `http://127.0.0.1:${id + 1}/metrics` }),
      worker: 0,
      inFlight: undefined,
      reusable: undefined,
      last: undefined,
      history: new TargetHistory(),
      pins: 0,
      gone: false,
    };
    return new Scrape(id, target, 0, 1000);
  });
}

function end(scrape: Scrape, outcome: Outcome = up): void {
  scrape.outcome = outcome;
  for (const waiter of scrape.waiters) waiter();
  scrape.waiters.clear();
}

/** A round with the ids of the scrapes that were left. */
function begin(all: readonly Scrape[], options: Partial<RoundOptions> = {}) {
  const left: number[] = [];
  const round = awaitScrapes(all, { timeoutMs: () => 60_000, signal: never, ...options }, ({ id }) => {
    left.push(id);
  });
  return { left, round };
}

t.test('no scrapes: at once', async (t) => {
  const { round, left } = begin([]);
  t.same(await round, []);
  t.same(left, []);
});

t.test('scrapes that have ended: at once, in the order asked for', async (t) => {
  const all = scrapes(3);
  for (const scrape of all.toReversed()) end(scrape);
  const { round } = begin(all);
  t.same(
    (await round).map(({ scrape, outcome }) => [scrape.id, outcome.up]),
    [
      [0, true],
      [1, true],
      [2, true],
    ],
  );
});

t.test('it waits for the last', async (t) => {
  const all = scrapes(2);
  const { round, left } = begin(all);
  let settled = false;
  void round.then(() => (settled = true));
  end(all[1]!, { ...timedOut(0), reason: 'dns' });
  await Promise.resolve();
  t.notOk(settled);
  end(all[0]!);
  t.match(await round, [{ outcome: { up: true } }, { outcome: { reason: 'dns' } }]);
  t.same(left, []);
});

t.test('each target has its own deadline', async (t) => {
  const all = scrapes(3);
  const { round, left } = begin(all, { timeoutMs: ({ id }) => (id === 1 ? 60_000 : 10) });
  // Without this, nothing would be there to end when the others have expired.
  const other = awaitScrapes(all.slice(0, 1), { timeoutMs: () => 20, signal: never }, () => {
    end(all[0]!);
    end(all[1]!);
  });
  const entries = await round;
  t.match(entries, [
    { outcome: { up: false, reason: 'timeout', durationSeconds: 0.01 } },
    { outcome: { up: true } },
    { outcome: { up: false, reason: 'timeout', durationSeconds: 0.01 } },
  ]);
  t.match(await other, [{ outcome: { reason: 'timeout', durationSeconds: 0.02 } }]);
  t.same(left, [0, 2]);
  t.equal(all[2]!.waiters.size, 0);
});

t.test('a caller that goes away leaves what it waited for, once each', async (t) => {
  const all = scrapes(3);
  const leaver = new AbortController();
  const { round, left } = begin(all, { signal: leaver.signal });
  const { round: other } = begin(all);
  end(all[0]!);
  leaver.abort(new Error('left'));
  await t.rejects(round, { message: 'left' });
  t.same(left, [1, 2]);
  t.same(
    all.map(({ waiters }) => waiters.size),
    [0, 1, 1],
    'the other goes on waiting',
  );
  end(all[1]!);
  end(all[2]!);
  t.equal((await other).length, 3);
  const late = begin(scrapes(1), { signal: leaver.signal });
  await t.rejects(late.round, { message: 'left' });
  t.same(late.left, [0]);
});
