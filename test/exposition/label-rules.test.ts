import t from 'tap';
import { linesOf, refusalOf, rulesOf } from './fixture.ts';

type Row = readonly [
  target: Readonly<Record<string, string>>,
  sample: string,
  honored: string,
  exported: string,
  why: string,
];

const JI = { job: 'j', instance: 'i' };
const at = 'instance="i",job="j"';

const table: readonly Row[] = [
  [JI, '', at, at, 'a sample without labels'],
  [JI, 'x="1"', `${at},x="1"`, `${at},x="1"`, 'no conflict'],
  [JI, 'job="own"', 'instance="i",job="own"', `${at},exported_job="own"`, 'a conflict'],
  [
    JI,
    'x="1",job="own",y="2"',
    'instance="i",x="1",job="own",y="2"',
    `${at},x="1",y="2",exported_job="own"`,
    'amid others',
  ],
  [
    JI,
    'job="a",instance="b"',
    'job="a",instance="b"',
    `${at},exported_job="a",exported_instance="b"`,
    'the shortest is renamed first',
  ],
  [JI, 'job=""', 'instance="i",job=""', at, 'an empty value is a label, and nothing that could be exported'],
  [JI, 'job="",instance=""', 'job="",instance=""', at, 'both empty'],
  [
    JI,
    'job="a",exported_job="b"',
    'instance="i",job="a",exported_job="b"',
    `${at},exported_job="b",exported_exported_job="a"`,
    'the new name is taken',
  ],
  [
    JI,
    'job="a",exported_job="b",exported_exported_job="c"',
    'instance="i",job="a",exported_job="b",exported_exported_job="c"',
    `${at},exported_job="b",exported_exported_job="c",exported_exported_exported_job="a"`,
    'and the next',
  ],
  [
    JI,
    'job="a",exported_job=""',
    'instance="i",job="a",exported_job=""',
    `${at},exported_job="",exported_exported_job="a"`,
    'taken by an empty value',
  ],
  [
    { ...JI, exported_job: 't' },
    'job="a"',
    'exported_job="t",instance="i",job="a"',
    `exported_job="t",${at},exported_exported_job="a"`,
    'taken by the target',
  ],
  [
    { ...JI, exported_job: 't' },
    'job="a",exported_job="b"',
    'instance="i",job="a",exported_job="b"',
    `exported_job="t",${at},exported_exported_job="a",exported_exported_exported_job="b"`,
    'two that want the same name',
  ],
  [
    { ...JI, pod: 'é"\\\n' },
    'x="1"',
    `${at},pod="é\\"\\\\\\n",x="1"`,
    `${at},pod="é\\"\\\\\\n",x="1"`,
    'what a target label needs escaped',
  ],
  [
    JI,
    'job="é\\"\\\\\\n"',
    'instance="i",job="é\\"\\\\\\n"',
    `${at},exported_job="é\\"\\\\\\n"`,
    'and an own one',
  ],
  [JI, 'job="\\q"', 'instance="i",job="\\\\q"', `${at},exported_job="\\\\q"`, 'an escape that means nothing'],
  [JI, 'job="",job="a"', 'instance="i",job=""', at, 'an empty value undoes its namesake'],
  [
    JI,
    'job="a",job=""',
    'instance="i",job=""',
    `${at},exported_job="a"`,
    'but the first of them is exported',
  ],
  [
    JI,
    'job="a",job="b"',
    'refused',
    `${at},exported_job="a"`,
    'a label twice is stored once where it is renamed',
  ],
  [{ pod: 'p' }, '', 'instance="",job="",pod="p"', 'instance="",job="",pod="p"', 'neither job nor instance'],
  [
    { pod: 'p' },
    'job="a"',
    'instance="",pod="p",job="a"',
    'instance="",pod="p",job="a"',
    'the own job where the target has none',
  ],
  [{ pod: 'p' }, 'job=""', 'instance="",pod="p",job=""', 'instance="",pod="p",job=""', 'an empty one'],
  [
    { pod: 'p' },
    'job="a",job=""',
    'instance="",pod="p",job=""',
    'instance="",job="",pod="p"',
    'one that is undone',
  ],
  [
    { pod: 'p' },
    'pod="",pod="a"',
    'instance="",job="",pod=""',
    'instance="",job="",pod="p"',
    'any label of the target, for readers that have its labels as well',
  ],
];

t.test("a target's labels join those of its samples as in Prometheus", async (t) => {
  for (const honorLabels of [true, false]) {
    for (const [target, sample, honored, exported, why] of table) {
      const rules = rulesOf(target, { honorLabels });
      const want = honorLabels ? honored : exported;
      const about = `honor_labels ${honorLabels}: ${why}`;
      // The lines after the first find its shape.
      const body = `a{${sample}} 1\n`.repeat(3);
      if (want === 'refused') t.match(refusalOf(body, { rules }), /is not unique/, about);
      else t.equal(linesOf(body, { rules }), `a{${want}} 1\n`.repeat(3), about);
    }
  }
});

t.test('more target labels than a mask has bits', async (t) => {
  for (const count of [29, 30, 31, 32, 33, 70]) {
    const names = Array.from({ length: count }, (_, i) => `t${String(i).padStart(2, '0')}`);
    const last = names.at(-1)!;
    const rules = rulesOf(Object.fromEntries(names.map((name) => [name, 'v'])));
    const all = names.slice(0, -1).map((name) => `${name}="v"`);
    const want = `a{instance="",job="",${all.join(',')},${last}="own"} 1\n`;
    t.equal(
      linesOf(`a{${last}="own"} 1\n`.repeat(3), { rules }),
      want.repeat(3),
      `${count} labels and two more`,
    );
  }
});

t.test('rules that treat the same names alike share their shapes, not their values', async (t) => {
  const a = rulesOf({ job: 'a', instance: 'i' });
  const b = rulesOf({ job: 'b', instance: 'i' });
  t.equal(a.shapeKey, b.shapeKey);
  const different = [
    rulesOf({ job: 'a', instance: 'i', pod: 'p' }),
    rulesOf({ job: 'a', instance: 'i' }, { honorLabels: false }),
    rulesOf({ job: 'a', instance: 'i' }, { honorTimestamps: false }),
  ];
  t.equal(new Set([a, ...different].map((rules) => rules.shapeKey)).size, 4);
});
