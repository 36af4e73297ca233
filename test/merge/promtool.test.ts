import t from 'tap';
import { CORPUS_MISSING, corpusBodies } from '../exposition/corpus.ts';
import { PROMTOOL_MISSING, refusalsOf as refusal } from '../promtool.ts';
import { down, merge, up } from './fixture.ts';
import { generatedTargets } from './generated-targets.ts';

t.test('promtool takes the merged text', { skip: PROMTOOL_MISSING }, async (t) => {
  const pod = (instance: string): Record<string, string> => ({ instance, job: 'j' });
  const histogram = '# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n';
  const table: readonly (readonly [bodies: readonly string[], why: string])[] = [
    [['a 1\n# TYPE a gauge\n# HELP a x\na 2'], 'metadata after samples'],
    [['# TYPE a gauge\na 1\n', '# TYPE a counter\n# HELP a y\na 1\n', 'a 1\n'], 'types that differ'],
    [
      [histogram, '# TYPE h_count gauge\n# HELP h_count x\nh_count 1\n'],
      "a family with a histogram's suffix",
    ],
    [['# TYPE h_count gauge\nh_count 1\n', histogram], 'in the other order'],
    [
      [histogram, '# TYPE h counter\nh 1\n', '# TYPE h counter\nh 1\n# TYPE h_sum gauge\nh_sum 1\n'],
      'outvoted',
    ],
    [
      ['# TYPE h histogram\nh_count 1\n# TYPE h_count gauge\nh_count 2\n# TYPE h counter\nh 1\n'],
      'a change of mind',
    ],
    [['# HELP a q\\q\na{x="\\q\n"} 1\n'], 'escapes and raw newlines'],
    [['# TYPE h histogram\nh_bucket{le="x"} 1\nh_count -1\n', histogram], 'bounds and counts that are none'],
    [
      ['# TYPE s summary\ns{quantile="x"} 1\ns_sum 1\n', '# TYPE s summary\ns_count 1\n'],
      'quantiles that are none',
    ],
    [['# HELP up mine\n# TYPE up histogram\nup_bucket{le="1"} 1\nup 1\n'], 'a histogram called up'],
  ];
  for (const [bodies, why] of table) {
    const targets = bodies.map((body, i) => up(pod(`i${i}`), body));
    const { text } = merge([[...targets, down(pod('down'), 'tls')]]);
    t.equal(refusal(text), '', why);
  }
  for (let seed = 1; seed <= 8; seed++)
    t.equal(refusal(merge(generatedTargets(seed)).text), '', `seed ${seed}`);
  t.not(refusal('# TYPE a gauge\n# TYPE a gauge\n'), '', 'it does refuse');
});

t.test(
  'promtool takes the whole corpus in one answer',
  { skip: PROMTOOL_MISSING || CORPUS_MISSING },
  async (t) => {
    const bodies = corpusBodies().filter(({ accepted }) => accepted);
    for (const honorLabels of [true, false]) {
      const targets = bodies.map(({ file, body }) => up({ instance: file, job: 'j' }, body, { honorLabels }));
      for (const workers of [[targets], [targets.slice(0, 50), targets.slice(50)]]) {
        const { text } = merge(workers);
        t.equal(refusal(text), '');
        const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
        const scraped = bodies.reduce((sum, one) => sum + (one.samples ?? 0), 0);
        t.equal(samples, scraped + 4 * bodies.length, 'no sample is lost');
      }
    }
  },
);
