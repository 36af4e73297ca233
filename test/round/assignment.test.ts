import t from 'tap';
import { assignTargets } from '../../src/round/assignment.ts';

const many = (count: number, value: number): number[] => Array.from({ length: count }, () => value);

t.test('targets are spread over workers', async (t) => {
  const cases: {
    readonly why: string;
    readonly costs: readonly number[];
    readonly owners?: readonly (number | undefined)[];
    readonly workers: number;
    readonly want: readonly number[];
  }[] = [
    { why: 'none', costs: [], workers: 2, want: [] },
    { why: 'one worker', costs: [1, 9, 1], workers: 1, want: [0, 0, 0] },
    { why: 'evenly, in runs', costs: many(6, 1), workers: 3, want: [0, 0, 1, 1, 2, 2] },
    { why: 'fewer than workers', costs: [1], workers: 4, want: [2] },
    { why: 'a heavy one counts for many', costs: [3, 1, 1, 1], workers: 2, want: [0, 1, 1, 1] },
    { why: 'a heavy one at the end', costs: [1, 1, 1, 3], workers: 2, want: [0, 0, 0, 1] },
    { why: 'all stay', costs: many(4, 1), owners: [0, 0, 1, 1], workers: 2, want: [0, 0, 1, 1] },
    {
      why: 'a new one goes to its neighbour',
      costs: many(5, 1),
      owners: [0, 0, undefined, 1, 1],
      workers: 2,
      want: [0, 0, 0, 1, 1],
    },
    {
      why: 'a new one at the beginning to the first',
      costs: many(5, 1),
      owners: [undefined, 0, 0, 1, 1],
      workers: 2,
      want: [0, 0, 0, 1, 1],
    },
    {
      why: 'a little uneven is not worth moving',
      costs: [1, 1, 1, 1, 1, 1, 1, 1, 1],
      owners: [0, 0, 0, 0, 0, 1, 1, 1, 1],
      workers: 2,
      want: [0, 0, 0, 0, 0, 1, 1, 1, 1],
    },
    {
      why: 'too uneven is',
      costs: many(8, 1),
      owners: [0, 0, 0, 0, 0, 0, 1, 1],
      workers: 2,
      want: [0, 0, 0, 0, 1, 1, 1, 1],
    },
    {
      why: 'more workers than before',
      costs: many(4, 1),
      owners: many(4, 0),
      workers: 2,
      want: [0, 0, 1, 1],
    },
    {
      why: 'owners out of order, after one could not move with the others',
      costs: many(4, 1),
      owners: [1, 0, 1, 1],
      workers: 2,
      want: [0, 0, 1, 1],
    },
    { why: 'a worker that is no more', costs: many(2, 1), owners: [0, 5], workers: 2, want: [0, 1] },
    {
      why: 'all are new',
      costs: many(4, 1),
      owners: many(4, 0).map(() => undefined),
      workers: 2,
      want: [0, 0, 1, 1],
    },
  ];
  for (const { why, costs, owners = costs.map(() => undefined), workers, want } of cases) {
    t.same(assignTargets(costs, owners, workers), want, why);
  }
});

t.test('no worker has much more than its share, and runs are kept', async (t) => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const costs = Array.from({ length: 200 }, (_, i) => 20_000 + ((i * i * seed * 7919) % 500_000));
    const workers = 1 + (seed % 8);
    const owners = assignTargets(
      costs,
      costs.map(() => undefined),
      workers,
    );
    t.same(
      owners,
      owners.toSorted((a, b) => a - b),
    );
    const share = costs.reduce((sum, cost) => sum + cost, 0) / workers;
    for (let worker = 0; worker < workers; worker += 1) {
      const own = costs.reduce((sum, cost, i) => (owners[i] === worker ? sum + cost : sum), 0);
      t.ok(own < share + Math.max(...costs), `${workers} workers`);
    }
  }
});
