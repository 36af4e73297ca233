import { spawnSync } from 'node:child_process';
import t from 'tap';
import { PROMTOOL_MISSING } from '../config/promtool.ts';
import { down, merge, up } from './fixture.ts';
import { generatedTargets } from './generated-targets.ts';

/** What promtool's strict reader refuses; nothing when it takes the text. */
function refusal(text: string): string {
  const { status, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  // 3 says that the text can be read, and names could be better.
  return status === 0 || status === 3 ? '' : stderr;
}

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
