import t from 'tap';

import { Families } from '../../soak/families.ts';

type Step = readonly ['HELP' | 'TYPE', name: string, type?: string] | readonly ['sample', name: string];

const cases: readonly (readonly [why: string, steps: readonly Step[], problem?: RegExp])[] = [
  [
    'a histogram has its suffixes',
    [
      ['TYPE', 'a', 'histogram'],
      ['sample', 'a_bucket'],
      ['sample', 'a_count'],
    ],
  ],
  [
    'a gauge has none',
    [
      ['TYPE', 'a', 'gauge'],
      ['sample', 'a'],
      ['sample', 'a_count'],
      ['sample', 'a'],
    ],
    /a stands twice/,
  ],
  [
    'HELP before TYPE',
    [
      ['HELP', 'a'],
      ['TYPE', 'a', 'gauge'],
      ['sample', 'a'],
    ],
  ],
  [
    'two of HELP',
    [
      ['HELP', 'a'],
      ['HELP', 'a'],
    ],
    /second HELP of a/,
  ],
  [
    'two of TYPE',
    [
      ['TYPE', 'a', 'gauge'],
      ['TYPE', 'a', 'gauge'],
    ],
    /second TYPE of a/,
  ],
  [
    'TYPE behind samples',
    [
      ['sample', 'a'],
      ['TYPE', 'a', 'gauge'],
    ],
    /a stands twice/,
  ],
  [
    'a family again',
    [
      ['sample', 'a'],
      ['sample', 'b'],
      ['sample', 'a'],
    ],
    /a stands twice/,
  ],
];

t.test('families stand once, with their metadata first', async (t) => {
  for (const [why, steps, problem] of cases) {
    const families = new Families();
    const run = (): void => {
      for (const [kind, name, type = ''] of steps) {
        if (kind === 'sample') families.sample(name);
        else families.metadata(kind, name, type);
      }
    };
    if (problem === undefined) t.doesNotThrow(run, why);
    else t.throws(run, { message: problem }, why);
  }
});
