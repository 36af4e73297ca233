import t from 'tap';

import { goalLine, goalsTable } from '../../benchmarks/goals.ts';
import type { GoalRow } from '../../benchmarks/goals.ts';

const rows: readonly GoalRow[] = [
  { work: 'a', goal: '0.8 times', measured: '7 ms', ratio: 0.7, met: true, note: 'in turns' },
  { work: 'b', goal: '40 MB', measured: '50 MB', met: false },
  { work: 'c', goal: 'beside it', measured: '–', met: undefined, note: 'in turns' },
  { work: 'd', goal: '1', measured: '1', met: true, note: 'another' },
];

t.test('the table of goals, with its notes below', async (t) => {
  const cells = goalsTable(rows)
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' '));
  t.same(cells, [
    '| work | goal | measured | ratio | met |',
    '| ---- | --------: | -------: | ----: | --: |',
    '| a | 0.8 times | 7 ms [1] | 0.700 | yes |',
    '| b | 40 MB | 50 MB | | NO |',
    '| c | beside it | – [1] | | – |',
    '| d | 1 | 1 [2] | | yes |',
    '',
    '- [1] in turns',
    '- [2] another',
    '',
  ]);
  t.notMatch(goalsTable([{ work: 'x', goal: 'y', measured: 'z', met: true }]), /\[/, 'without notes');
});

t.test('a row on one line', async (t) => {
  t.equal(goalLine(rows[1]!), 'b: 50 MB (goal: 40 MB; met: NO)');
});
