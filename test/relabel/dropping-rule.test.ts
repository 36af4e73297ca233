import t from 'tap';
import { droppingRule } from '../../src/relabel/dropping-rule.ts';
import { relabelConfig } from '../../src/relabel/relabel.ts';

t.test('the rule that drops a target', async (t) => {
  const rules = [
    relabelConfig({ sourceLabels: ['a'], targetLabel: 'b' }),
    relabelConfig({ sourceLabels: ['b'], regex: 'x', action: 'drop' }),
    relabelConfig({ sourceLabels: ['c'], regex: 'y', action: 'keep' }),
  ];
  const cases: readonly (readonly [labels: Record<string, string>, want: number | undefined, why: string])[] =
    [
      [{ a: 'x', c: 'y' }, 1, 'by what a rule before it wrote'],
      [{ a: 'z', c: 'n' }, 2, ''],
      [{ a: 'z' }, 2, 'a label that is not there'],
      [{ a: 'z', c: 'y' }, undefined, 'it is kept'],
    ];
  for (const [labels, want, why] of cases)
    t.equal(droppingRule(new Map(Object.entries(labels)), rules), want, why);
  t.equal(droppingRule(new Map(), []), undefined);
});
