import t from 'tap';
import { createRandom } from '../../simulator/random.ts';
import { assignTargets, workersFor } from '../../src/round/assignment.ts';

const many = (count: number, value: number): number[] => Array.from({ length: count }, () => value);

t.test('targets are spread over workers', async (t) => {
  const cases: {
    readonly why: string;
    readonly costs: readonly number[];
    readonly owners?: readonly (number | undefined)[];
    /** Places of those that stay. */
    readonly held?: readonly number[];
    readonly workers: number;
    readonly want: readonly number[];
  }[] = [
    { why: 'none', costs: [], workers: 2, want: [] },
    { why: 'one worker', costs: [1, 9, 1], workers: 1, want: [0, 0, 0] },
    { why: 'evenly, in runs', costs: many(6, 1), workers: 3, want: [0, 0, 1, 1, 2, 2] },
    { why: 'fewer than workers', costs: [1, 1], workers: 4, want: [0, 1] },
    {
      why: 'a heavy one among light ones is alone, and they are even',
      costs: [1, 1, 1, 1, 50, 1, 1, 1, 1],
      workers: 4,
      want: [0, 0, 0, 0, 1, 2, 2, 3, 3],
    },
    {
      why: 'the largest share is as small as can be',
      costs: [5, 5, 5, 5, 9, 1],
      workers: 3,
      want: [0, 0, 1, 1, 2, 2],
    },
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
    {
      why: 'light ones need not wait for a heavy one, though it takes as long as before',
      costs: [1, 1, 1, 40, 1, 1, 1],
      owners: [0, 0, 1, 1, 1, 2, 2],
      workers: 3,
      want: [0, 0, 0, 1, 2, 2, 2],
    },
    {
      why: 'for one of many it is not worth moving',
      costs: [...many(10, 1), 40, ...many(10, 1)],
      owners: [...many(10, 0), 1, 1, ...many(9, 2)],
      workers: 3,
      want: [...many(10, 0), 1, 1, ...many(9, 2)],
    },
    {
      why: 'one that is held stays, and those before it too',
      costs: many(8, 1),
      owners: [0, 0, 0, 0, 0, 0, 0, 1],
      held: [4],
      workers: 2,
      want: [0, 0, 0, 0, 0, 1, 1, 1],
    },
    {
      why: 'so that it may not be worth it any more',
      costs: many(8, 1),
      owners: [0, 0, 0, 0, 0, 0, 1, 1],
      held: [4],
      workers: 2,
      want: [0, 0, 0, 0, 0, 0, 1, 1],
    },
    {
      why: 'one that is held in the last run',
      costs: many(8, 1),
      owners: [0, 1, 1, 1, 1, 1, 1, 1],
      held: [2],
      workers: 2,
      want: [0, 1, 1, 1, 1, 1, 1, 1],
    },
    {
      why: 'a worker in the middle need not have any',
      costs: many(4, 1),
      owners: [0, 0, 2, 2],
      held: [1, 2],
      workers: 3,
      want: [0, 0, 2, 2],
    },
    {
      why: 'those that are held make no runs',
      costs: many(4, 1),
      owners: [1, 1, 0, 0],
      held: [0, 3],
      workers: 2,
      want: [0, 0, 1, 1],
    },
    {
      why: 'those that are held do, the others did not',
      costs: many(4, 1),
      owners: [0, 1, 0, 1],
      held: [0, 2],
      workers: 2,
      want: [0, 0, 0, 1],
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
  for (const { why, costs, owners = costs.map(() => undefined), held = [], workers, want } of cases) {
    const stays = costs.map((_, i) => held.includes(i));
    t.same(assignTargets({ costs, owners, held: stays, workers }), want, why);
  }
});

t.test('what is spread anew is not spread anew again', async (t) => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const random = createRandom(seed);
    const workers = random.whole(1, 8);
    const costs = Array.from({ length: random.whole(1, 40) }, () => random.whole(1, 50));
    const owners = costs.map(() => random.whole(0, workers - 1)).sort((a, b) => a - b);
    const held = costs.map(() => random.whole(0, 4) === 0);
    const once = assignTargets({ costs, owners, held, workers });
    t.ok(
      held.every((stays, i) => !stays || once[i] === owners[i]),
      'what is held stays',
    );
    t.same(assignTargets({ costs, owners: once, held, workers }), once);
  }
});

t.test('as many workers as there is work for', async (t) => {
  const cases: { costs: readonly number[]; most: number; want: number; why: string }[] = [
    { costs: [], most: 8, want: 1, why: 'no targets' },
    { costs: many(10, 9), most: 8, want: 1, why: 'ten small ones' },
    { costs: many(10, 10), most: 8, want: 1, why: 'exactly a share' },
    { costs: many(11, 10), most: 8, want: 2, why: 'more than a share' },
    { costs: many(3, 3000), most: 8, want: 3, why: 'few large ones' },
    { costs: many(3, 3000), most: 2, want: 2, why: 'no more than may be' },
    { costs: many(1, 3000), most: 8, want: 1, why: 'one cannot be divided' },
    {
      costs: [...many(5, 10), 3000, ...many(5, 10)],
      most: 8,
      want: 3,
      why: 'what is before and behind a large one',
    },
    { costs: many(1000, 50), most: 8, want: 8, why: 'many' },
  ];
  for (const { costs, most, want, why } of cases) t.equal(workersFor(costs, 100, most), want, why);
});
