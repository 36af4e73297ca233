import t from 'tap';
import type { RoundEntry } from '../../src/round/round.ts';
import { HISTORY_MINUTES, RoundHistory } from '../../src/round/round-history.ts';
import type { OwnedTarget } from '../../src/round/scrape.ts';

const MINUTE = 60_000;

function targetsWith(...up: (boolean | undefined)[]): OwnedTarget[] {
  return up.map((one) => ({ last: one === undefined ? undefined : { outcome: { up: one } } }) as OwnedTarget);
}

function entriesWith(targets: readonly OwnedTarget[], ...up: boolean[]): RoundEntry[] {
  return up.map((one, i) => ({ target: targets[i], outcome: { up: one } }) as RoundEntry);
}

t.test('of each minute the longest round and the fewest that were up are remembered', async (t) => {
  const history = new RoundHistory();
  const targets = targetsWith(true, true, false, undefined);
  t.same(history.list(0), []);
  const ended = (endedAt: number, tookMs: number, ...up: boolean[]): void =>
    history.ended({ begunAt: endedAt - tookMs, endedAt }, entriesWith(targets, ...up), targets);
  ended(MINUTE, 500, true, true, true, true);
  ended(MINUTE + 1, 2000, true, true, false, false);
  ended(MINUTE + 2, 100, true, true, true, false);
  ended(3 * MINUTE, 100, false);
  t.same(history.list(3 * MINUTE), [
    { minute: 1, rounds: 3, seconds: 2, up: 2, targets: 4 },
    { minute: 3, rounds: 1, seconds: 0.1, up: 1, targets: 4 },
  ]);
});

t.test('what is older than the ring is forgotten', async (t) => {
  const history = new RoundHistory();
  const last = 3 * HISTORY_MINUTES;
  for (let minute = 1; minute <= last; minute++)
    history.ended({ begunAt: 0, endedAt: minute * MINUTE }, [], targetsWith(true));
  const now = last * MINUTE;
  const list = history.list(now);
  t.equal(list.length, HISTORY_MINUTES);
  t.same([list[0]!.minute, list.at(-1)!.minute], [last - HISTORY_MINUTES + 1, last], 'in order');
  t.equal(history.list(now + 10 * MINUTE).length, HISTORY_MINUTES - 10, 'without any round, too');
  t.same(history.list(now + HISTORY_MINUTES * MINUTE), []);
});
