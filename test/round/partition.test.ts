import t from 'tap';
import { freeBounds, partition, sumsOf, type CutBounds } from '../../src/round/partition.ts';
import { createRandom, type Random } from '../../simulator/random.ts';

/** Every way to cut so many targets into runs. */
function* allCuts(targets: number, workers: number, start = 0): Generator<readonly number[]> {
  if (workers === 1) {
    yield [start, targets];
    return;
  }
  for (let next = start; next <= targets; next++) {
    for (const rest of allCuts(targets, workers - 1, next)) yield [start, ...rest];
  }
}

function largest(costs: readonly number[], cuts: readonly number[]): number {
  const sum = (from: number, to: number): number => costs.slice(from, to).reduce((a, b) => a + b, 0);
  return Math.max(...cuts.slice(1).map((cut, i) => sum(cuts[i]!, cut)));
}

function isWithin({ first, last }: CutBounds, cuts: readonly number[]): boolean {
  return cuts.every((cut, i) => cut >= first[i]! && cut <= last[i]!);
}

/** Bounds in which cuts stay in order, as those of targets that are held; often there are none. */
function someBounds(random: Random, workers: number, targets: number): CutBounds {
  const bounds = freeBounds(workers, targets);
  for (let worker = 1; worker < workers; worker++) {
    bounds.first[worker] = Math.max(bounds.first[worker - 1]!, random.whole(-2, targets - 2));
    if (random.whole(0, 1) === 0) bounds.last[worker] = random.whole(0, targets);
  }
  for (let worker = workers; worker-- > 0;)
    bounds.last[worker] = Math.min(bounds.last[worker]!, bounds.last[worker + 1]!);
  return bounds;
}

t.test('no cuts have a smaller largest run, within the bounds', async (t) => {
  let impossible = 0;
  for (let seed = 1; seed <= 400; seed += 1) {
    const random = createRandom(seed);
    const workers = random.whole(1, 4);
    const costs = Array.from({ length: random.whole(0, 8) }, () => random.whole(0, 5) ** random.whole(1, 3));
    const bounds =
      seed % 2 === 0 ? freeBounds(workers, costs.length) : someBounds(random, workers, costs.length);
    const possible = [...allCuts(costs.length, workers)].filter((cuts) => isWithin(bounds, cuts));
    const cuts = partition(sumsOf(costs), bounds);
    const what = JSON.stringify({ costs, bounds });
    if (possible.length === 0) {
      impossible += 1;
      t.equal(cuts, undefined, what);
    } else {
      t.ok(cuts !== undefined && isWithin(bounds, cuts), what);
      t.same(
        cuts,
        cuts?.toSorted((a, b) => a - b),
      );
      t.equal(largest(costs, cuts!), Math.min(...possible.map((other) => largest(costs, other))), what);
    }
  }
  t.ok(impossible > 10 && impossible < 200, `${impossible} were impossible`);
});

t.test('ten thousand targets', async (t) => {
  const costs = Array.from({ length: 10_000 }, (_, i) => 100_000 + ((i * i * 7919) % 500_000));
  const cuts = partition(sumsOf(costs), freeBounds(8, costs.length))!;
  const share = costs.reduce((sum, cost) => sum + cost, 0) / 8;
  t.ok(largest(costs, cuts) < share * 1.001);
});
