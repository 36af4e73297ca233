import t from 'tap';
import type { OwnedTarget } from '../../src/round/scrape.ts';
import { TargetHistory } from '../../src/round/target-history.ts';
import { TargetCosts } from '../../src/round/target-costs.ts';
import { failed, type Outcome } from '../../src/scrape/outcome.ts';
import { targetOf } from './fixture.ts';

function ownedTarget(): OwnedTarget {
  return {
    id: 1,
    target: targetOf({ url: 'http://127.0.0.1/metrics' }),
    worker: 0,
    inFlight: undefined,
    reusable: undefined,
    last: undefined,
    history: new TargetHistory(),
    pins: 0,
    gone: false,
  };
}

function up(bodyBytes: number): Outcome {
  return { up: true, durationSeconds: 1, samples: 1, samplesPost: 1, wireBytes: 1, bodyBytes };
}

function down(bodyBytes: number): Outcome {
  return { ...failed('timeout', 'too late', 1), bodyBytes };
}

/** What a target costs beside its body. */
const BASE = 100_000;

t.test('what a target costs', async (t) => {
  const cases: { outcomes: readonly Outcome[]; want: number; why: string }[] = [
    { outcomes: [], want: 65_536, why: 'a usual body, when nothing is known' },
    { outcomes: [up(5000)], want: 5000, why: 'its body' },
    { outcomes: [up(5000), up(6000)], want: 5000, why: 'the smaller of the last two' },
    { outcomes: [up(5000), up(900_000), up(6000)], want: 6000, why: 'so that one large body does nothing' },
    { outcomes: [up(5000), up(900_000), up(800_000)], want: 800_000, why: 'and two do' },
    { outcomes: [up(900_000), up(5000)], want: 5000, why: 'a small one counts at once' },
    { outcomes: [up(5000), up(0)], want: 0, why: 'nothing too' },
    { outcomes: [down(0)], want: 65_536, why: 'one that was never up is not known' },
    { outcomes: [up(5000), down(0), down(0)], want: 5000, why: 'one that fails may come back' },
    { outcomes: [up(5000), down(700), down(700)], want: 5000, why: 'part of a body tells nothing' },
    { outcomes: [down(9000), down(9000)], want: 9000, why: 'a body that is refused is work too' },
    { outcomes: [up(10), down(9000), down(9000)], want: 9000, why: 'also in place of a smaller one' },
  ];
  for (const { outcomes, want, why } of cases) {
    const costs = new TargetCosts();
    const target = ownedTarget();
    for (const outcome of outcomes) costs.ended(target, outcome);
    t.same(costs.of([target]), [BASE + want], why);
  }
});

t.test('one that is not known costs what the others do on average', async (t) => {
  const costs = new TargetCosts();
  const [small, large, down0] = [ownedTarget(), ownedTarget(), ownedTarget()];
  costs.ended(small, up(1000));
  costs.ended(large, up(2001));
  t.same(
    costs.of([undefined, small, down0, large]),
    [1501, 1000, 1501, 2001].map((bytes) => BASE + bytes),
  );
  t.same(costs.of([undefined, small]), [BASE + 1000, BASE + 1000], 'of those that are still there');
});

t.test('what is known goes with a target that moves, and ends with it', async (t) => {
  const costs = new TargetCosts();
  const [before, after] = [ownedTarget(), ownedTarget()];
  costs.ended(before, up(5000));
  costs.ended(before, up(900_000));
  costs.moved(before, after);
  costs.forget(before);
  t.same(costs.of([after, undefined]), [BASE + 5000, BASE + 5000]);
  costs.ended(after, up(900_000));
  t.same(costs.of([after]), [BASE + 900_000], 'its last two bodies');
  costs.moved(ownedTarget(), before);
  t.same(costs.of([before]), [BASE + 65_536], 'when nothing is known, nothing is');
});
