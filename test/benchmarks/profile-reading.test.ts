import t from 'tap';

import { heldUp, hottest } from '../../benchmarks/profile-reading.ts';
import type { Profile } from '../../benchmarks/profile-reading.ts';

function frame(functionName: string, url = '', lineNumber = -1): Profile['nodes'][number]['callFrame'] {
  return { functionName, url, lineNumber };
}

/** Samples at 1, 2, 3, 4 and 5 ms: outer, inner, inner, idle, inner; then the profiler itself. */
const profile: Profile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 4, 5] },
    { id: 2, callFrame: frame('outer', 'file:///dist/main.js', 4), children: [3] },
    { id: 3, callFrame: frame('', 'file:///dist/main.js', 9) },
    { id: 4, callFrame: frame('(idle)') },
    { id: 5, callFrame: frame('post', 'node:inspector', 114) },
  ],
  startTime: 1_000_000,
  samples: [2, 3, 3, 4, 3, 5],
  timeDeltas: [1000, 1000, 1000, 1000, 1000, 9000],
};

t.test('the functions that the thread was in, without rest and the profiler', async (t) => {
  t.same(hottest(profile), [
    { name: '(anonymous) main.js:10', ms: 3 },
    { name: 'outer main.js:5', ms: 1 },
  ]);
});

t.test('what held the thread between two moments, with callers', async (t) => {
  t.same(
    heldUp(profile, 1_000_500, 1_002_500),
    [
      { name: '(anonymous) main.js:10 < outer main.js:5', ms: 1.5 },
      { name: 'outer main.js:5', ms: 0.5 },
    ],
    'samples that lie across a moment count in part',
  );
  t.same(heldUp(profile, 1_003_100, 1_003_900), [], 'at rest');
  t.same(heldUp({ nodes: [], startTime: 0 }, 0, 1), [], 'a profile without samples');
});
