import t from 'tap';
import { exposed, merge, up } from './fixture.ts';

const at = (pod: string): string => `instance="${pod}",job="j"`;

interface Case {
  readonly why: string;
  /** A body for each target, `a`, `b`, `c` …, in their order. */
  readonly bodies: readonly string[];
  /** The lines, with `A`, `B`, `C` … for the labels that the targets add. */
  readonly want: readonly string[];
}

const HISTOGRAM = '# TYPE x histogram\nx_bucket{le="1"} 1\nx_bucket{le="+Inf"} 2\nx_sum 3\nx_count 2\n';
const SUMMARY = '# TYPE x summary\nx{quantile="0.5"} 1\nx_sum 3\nx_count 2\n';

const cases: readonly Case[] = [
  {
    why: 'a histogram in the minority stands apart, its samples each under their name',
    bodies: ['# TYPE x gauge\nx 1\n', HISTOGRAM, '# TYPE x gauge\nx 2\n'],
    want: [
      '# TYPE x gauge',
      'x{A} 1',
      'x{C} 2',
      'x_bucket{B,le="1"} 1',
      'x_bucket{B,le="+Inf"} 2',
      'x_count{B} 2',
      'x_sum{B} 3',
    ],
  },
  {
    why: 'a gauge in the minority stays: a sample of the bare name harms nobody',
    bodies: ['# TYPE x gauge\nx 1\n', HISTOGRAM, HISTOGRAM],
    want: [
      '# TYPE x histogram',
      'x{A} 1',
      ...['B', 'C'].flatMap((pod) => [
        `x_bucket{${pod},le="1"} 1`,
        `x_bucket{${pod},le="+Inf"} 2`,
        `x_sum{${pod}} 3`,
        `x_count{${pod}} 2`,
      ]),
    ],
  },
  {
    why: 'a histogram goes before a summary when they are equally many, which keeps its sum and count there',
    bodies: [SUMMARY, HISTOGRAM],
    want: [
      '# TYPE x histogram',
      'x{A,quantile="0.5"} 1',
      'x_sum{A} 3',
      'x_count{A} 2',
      'x_bucket{B,le="1"} 1',
      'x_bucket{B,le="+Inf"} 2',
      'x_sum{B} 3',
      'x_count{B} 2',
    ],
  },
  {
    why: 'a histogram among summaries loses its buckets only',
    bodies: [SUMMARY, HISTOGRAM, SUMMARY],
    want: [
      '# TYPE x summary',
      'x{A,quantile="0.5"} 1',
      'x_sum{A} 3',
      'x_count{A} 2',
      'x_sum{B} 3',
      'x_count{B} 2',
      'x{C,quantile="0.5"} 1',
      'x_sum{C} 3',
      'x_count{C} 2',
      'x_bucket{B,le="1"} 1',
      'x_bucket{B,le="+Inf"} 2',
    ],
  },
  {
    why: 'buckets with a bound that is no number stand before their histogram, all of that target',
    bodies: ['# TYPE x histogram\nx_bucket{le="1"} 1\nx_bucket{le="many"} 2\nx_count 2\n', HISTOGRAM],
    want: [
      'x_bucket{A,le="1"} 1',
      'x_bucket{A,le="many"} 2',
      '# TYPE x histogram',
      'x_count{A} 2',
      'x_bucket{B,le="1"} 1',
      'x_bucket{B,le="+Inf"} 2',
      'x_sum{B} 3',
      'x_count{B} 2',
    ],
  },
  {
    why: 'so do negative counts, not negative sums',
    bodies: ['# TYPE x histogram\nx_bucket{le="1"} -1\nx_sum{le="1"} -5\nx_count -2 \n'],
    want: ['x_bucket{A,le="1"} -1', 'x_count{A} -2', '# TYPE x histogram', 'x_sum{A,le="1"} -5'],
  },
  {
    why: 'a summary with a quantile that is no number is untyped, since its samples have its own name',
    bodies: ['# TYPE x summary\nx{quantile="high"} 1\nx_sum 3\n', SUMMARY],
    want: [
      '# TYPE x untyped',
      'x{A,quantile="high"} 1',
      'x{B,quantile="0.5"} 1',
      'x_count{B} 2',
      'x_sum{A} 3',
      'x_sum{B} 3',
    ],
  },
  {
    why: 'so is a histogram beside which a gauge has a bound that is no number',
    bodies: ['# TYPE x gauge\nx{le="high"} 1\n', '# TYPE x histogram\nx_count 1\n'],
    want: ['# TYPE x untyped', 'x{A,le="high"} 1', 'x_count{B} 1'],
  },
  {
    why: 'labels that look like bounds harm no gauge',
    bodies: ['# TYPE x gauge\nx{le="high",quantile="low"} -1\nx_count -1\n'],
    want: ['# TYPE x gauge', 'x{A,le="high",quantile="low"} -1', 'x_count{A} -1'],
  },
];

for (const { why, bodies, want } of cases) {
  t.test(why, async (t) => {
    const pods = ['A', 'B', 'C'];
    const targets = bodies.map((body, i) => up({ instance: pods[i]!, job: 'j' }, body));
    for (const workers of [[targets], targets.map((target) => [target])]) {
      let lines = exposed(merge(workers));
      for (const pod of pods) {
        lines = lines.map((line) => line.replace(`{${at(pod)}`, `{${pod}`));
      }
      t.same(lines, want, `${workers.length} workers`);
    }
  });
}

t.test('the samples of a series keep their order when its value becomes unfit', async (t) => {
  const body = `# TYPE x histogram\n${[5, -1, 7].map((count, i) => `x_count ${count} ${i}\n`).join('')}`;
  const lines = exposed(merge([[up({ instance: 'A', job: 'j' }, body)]]));
  t.same(
    lines.map((line) => line.slice(-3)),
    ['5 0', '1 1', '7 2'],
  );
});

t.test('blocks that are deflated are sorted as well', async (t) => {
  const many = Array.from(
    { length: 5000 },
    (_, i) => `x_bucket{i="${i}",le="${i % 2 === 0 ? 'odd' : '1'}"} ${i}\n`,
  );
  const body = `# TYPE x histogram\n${many.join('')}x_count 1\n`;
  const lines = exposed(merge([[up({ instance: 'A', job: 'j' }, body)]]));
  t.equal(lines.filter((line) => line.startsWith('x_bucket')).length, 5000);
  t.same(lines.slice(-2), ['# TYPE x histogram', `x_count{${at('A')}} 1`]);
});
