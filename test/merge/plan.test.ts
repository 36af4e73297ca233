import t from 'tap';
import { MetricType, typeWord } from '../../src/exposition/metric-type.ts';
import type { PlannedFamily } from '../../src/merge/planned-families.ts';
import { EVERY_VOTE } from '../../src/merge/votes.ts';
import { exposed, merge, planOf, up } from './fixture.ts';
import { surveyOf, type ToldFamily } from './told-family.ts';

type Votes = Partial<Record<keyof typeof MetricType, number>>;

function family(
  name: string,
  votes: Votes = {},
  helps: Record<string, number> = {},
  report = false,
): ToldFamily {
  const types = Object.entries(votes).map(
    ([type, count]) => [MetricType[type as keyof typeof MetricType], count] as const,
  );
  return { name, report, types, helps: Object.entries(helps) };
}

function plan(workers: readonly (readonly ToldFamily[])[]): PlannedFamily[] {
  return [...planOf(workers.map((families) => surveyOf(families))).families.written()];
}

t.test('the type that most targets declare is the type', async (t) => {
  const table: readonly (readonly [workers: readonly Votes[], want: string, why: string])[] = [
    [[{}], 'none', 'no TYPE at all'],
    [[{ gauge: 1 }], 'gauge', 'one'],
    [[{ gauge: 1, counter: 2 }], 'counter', 'most'],
    [[{ gauge: 1 }, { counter: 1 }, { gauge: 1 }], 'gauge', 'over workers'],
    [[{ gauge: 1, counter: 1 }], 'counter', 'a tie between gauge and counter'],
    [[{ counter: 1 }, { gauge: 1 }], 'counter', 'whichever comes first'],
    [[{ histogram: 1, summary: 1 }], 'histogram', 'a tie between histogram and summary'],
    [[{ untyped: 1 }, { gauge: 1 }], 'gauge', 'a tie with untyped'],
    [[{ untyped: 2 }, { gauge: 1 }], 'untyped', 'untyped is a vote'],
    [[{}, { gauge: 1 }, {}], 'gauge', 'no TYPE is no vote'],
    [[{ gauge: EVERY_VOTE }, { histogram: 1000 }, { gauge: EVERY_VOTE }], 'gauge', 'a report is what it is'],
  ];
  for (const [workers, want, why] of table) {
    const [planned] = plan(workers.map((votes) => [family('m', votes)]));
    t.equal(planned!.type === MetricType.none ? 'none' : typeWord(planned!.type), want, why);
    t.equal(planned!.header, want === 'none' ? '' : `# TYPE m ${want}\n`, why);
  }
});

t.test('the HELP text that most targets have is the HELP text', async (t) => {
  const table: readonly (readonly [workers: readonly Record<string, number>[], want: string, why: string])[] =
    [
      [[{}], '', 'none'],
      [[{ b: 1 }], '# HELP m b\n', 'one'],
      [[{ b: 1, a: 1, c: 2 }], '# HELP m c\n', 'most'],
      [[{ b: 1 }, { a: 1 }, { b: 1 }], '# HELP m b\n', 'over workers'],
      [[{ b: 1 }, { a: 1 }], '# HELP m a\n', 'a tie'],
      [[{ a: 1 }, { b: 1 }], '# HELP m a\n', 'whichever comes first'],
      [[{ 'a \\\\ \\n': 1 }], '# HELP m a \\\\ \\n\n', 'it is escaped already'],
    ];
  for (const [workers, want, why] of table)
    t.equal(plan(workers.map((helps) => [family('m', {}, helps)]))[0]!.header, want, why);
});

t.test('families stand by name, those with the suffix of a histogram before it', async (t) => {
  const histogram = { histogram: 1 };
  const table: readonly (readonly [families: readonly ToldFamily[], want: string, why: string])[] = [
    [[family('b'), family('a'), family('B'), family('_'), family(':')], ': B _ a b', 'bytes'],
    [[family('foo_count'), family('foo'), family('foo_b')], 'foo foo_b foo_count', 'foo is nothing special'],
    [
      [family('foo_x'), family('foo_count'), family('foo', histogram), family('foo_b'), family('fo')],
      'fo foo_count foo foo_b foo_x',
      'foo is a histogram',
    ],
    [
      [family('foo_sum'), family('foo_bucket'), family('foo_count'), family('foo', { summary: 1 })],
      'foo_count foo_sum foo foo_bucket',
      'foo is a summary',
    ],
    [
      [family('foo_count', { gauge: 1 }), family('foo', { counter: 9, histogram: 1 })],
      'foo foo_count',
      'foo is a histogram of one target and a counter of most: its samples have left it',
    ],
    [
      [family('foo_count_sum'), family('foo_count', histogram), family('foo', histogram), family('fon')],
      'fon foo_count foo foo_count_sum',
      'suffix upon suffix',
    ],
    [[family('_sum'), family('_', histogram)], '_ _sum', 'nothing before the suffix'],
    [
      [family('_count'), family('__count'), family('_', histogram)],
      '__count _ _count',
      'an underscore before the suffix',
    ],
  ];
  for (const [families, want, why] of table) {
    const names = (workers: readonly (readonly ToldFamily[])[]): string =>
      plan(workers)
        .map(({ name }) => name)
        .join(' ');
    t.equal(names([families]), want, why);
    t.equal(names([families.toReversed()]), want, `${why}, whatever the order`);
    t.equal(names(families.map((one) => [one])), want, `${why}, over workers`);
  }
});

t.test('report series come first, then the workers in their order', async (t) => {
  const planned = plan([
    [family('other'), family('up', {}, {}, false)],
    [family('up', {}, {}, false), family('up', { gauge: EVERY_VOTE }, {}, true)],
    [family('up', { gauge: EVERY_VOTE }, {}, true)],
  ]).find(({ name }) => name === 'up');
  t.strictSame(planned!.sources, [
    { worker: 1, index: 0 },
    { worker: 2, index: 0 },
    { worker: 0, index: 1 },
    { worker: 1, index: 1 },
  ]);
});

t.test('each target has one vote, and none without samples', async (t) => {
  const pod = (name: string): Record<string, string> => ({ instance: name, job: 'j' });
  const targets = [
    up(pod('a'), '# TYPE m counter\n# HELP m many\n'),
    up(pod('b'), '# TYPE m counter\nm{x="1"} 1\nm{x="2"} 1\n'),
    up(pod('c'), '# TYPE m gauge\n# HELP m some\nm 1\n'),
    up(pod('d'), '# TYPE m gauge\n# HELP m some\nm 1\n'),
    up(pod('e'), 'm 1\n'),
  ];
  t.strictSame(exposed(merge([targets.slice(0, 3), targets.slice(3)])).slice(0, 2), [
    '# HELP m some',
    '# TYPE m gauge',
  ]);
});
