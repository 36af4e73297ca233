import t from 'tap';
import { createRandom } from '../../simulator/random.ts';
import { runToEnd } from '../../src/exposition/body-reader.ts';
import type { BlockPart } from '../../src/exposition/family-block.ts';
import { MetricType } from '../../src/exposition/metric-type.ts';
import { NameTable } from '../../src/exposition/name-table.ts';
import { FamilyRuns, findFamily, mergeRuns } from '../../src/merge/family-runs.ts';
import { ShareFamily } from '../../src/merge/share-family.ts';

const ORIGIN = { type: MetricType.gauge, unfit: 0 };

/** A part that can be told from others. */
function part(number: number): BlockPart {
  return { bytes: new Uint8Array(1), start: 0, end: 1, deflated: false, rawLength: number, crc: 0 };
}

t.test('a family is found by the number of its name, in any table', async (t) => {
  const tables = [new NameTable(), new NameTable()];
  const random = createRandom(3);
  // More than are sorted at once, so that numbers lead to families of other runs.
  for (const names of [5, 20_000]) {
    const byNumber = new FamilyRuns();
    const byName = new FamilyRuns();
    for (let i = 0; i < 50_000; i++) {
      const name = `n${random.whole(0, names - 1)}`;
      const table = tables[i % 100 === 0 ? 1 : 0]!;
      const text = Buffer.from(name);
      byNumber.numbered(table, table.number(text, 0, text.length)).add([part(i)], ORIGIN);
      byName.family(name, false).add([part(i)], ORIGIN);
    }
    const shown = (runs: FamilyRuns) =>
      runToEnd(runs.sorted()).map(({ name, parts }) => `${name} ${parts.map((one) => one.rawLength).join()}`);
    t.strictSame(shown(byNumber), shown(byName), `${names} names`);
  }
});

t.test('families are sorted, each once, with its parts in the order in which they came', async (t) => {
  // 30,000 are more than are sorted at once.
  for (const [count, names] of [
    [0, 1],
    [10, 3],
    [60_000, 30_000],
    [60_000, 60_000],
  ] as const) {
    const random = createRandom(count + names);
    const runs = new FamilyRuns();
    const want = new Map<string, number[]>();
    for (let i = 0; i < count; i++) {
      const name = `n${random.whole(0, names - 1)}`;
      const report = name.endsWith('7') && random.next() < 0.5;
      const key = `${name} ${report ? 'a report' : 'exposed'}`;
      const family = runs.family(name, report);
      family.add([part(i)], { type: i % 2 === 0 ? MetricType.gauge : MetricType.counter, unfit: i % 3 });
      family.addType(i % 2 === 0 ? MetricType.gauge : MetricType.counter, 1);
      const numbers = want.get(key);
      if (numbers === undefined) want.set(key, [i]);
      else numbers.push(i);
    }
    const sorted = runToEnd(runs.sorted());
    const got = sorted.map(({ name, report }) => `${name} ${report ? 'a report' : 'exposed'}`);
    const about = `${count} parts of ${names} families`;
    t.strictSame(got, [...want.keys()].sort(), about);
    const wrong = sorted.filter((family, i) => {
      const numbers = want.get(got[i]!)!;
      const even = numbers.filter((number) => number % 2 === 0).length;
      const kinds =
        (even > 0 ? 1 << MetricType.gauge : 0) | (even < numbers.length ? 1 << MetricType.counter : 0);
      return (
        family.parts.map(({ rawLength }) => rawLength).join() !== numbers.join() ||
        family.kinds !== kinds ||
        family.unfit !== numbers.reduce((bits, number) => bits | (number % 3), 0) ||
        family.electType() !== (even > numbers.length / 2 ? MetricType.gauge : MetricType.counter)
      );
    });
    t.strictSame(wrong, [], `${about}: parts, origins and votes`);
    for (const family of sorted.slice(0, 100)) {
      if (!family.report) t.equal(findFamily(sorted, family.name), family);
    }
    t.equal(findFamily(sorted, 'n'), undefined);
    t.equal(findFamily(sorted, 'z'), undefined);
  }
});

t.test('lists that do not overlap are put together as they are', async (t) => {
  const list = (...names: readonly string[]): ShareFamily[] =>
    names.map((name) => new ShareFamily(name, false));
  const table = [
    [list(), list()],
    [list('a'), list()],
    [list(), list('a')],
    [list('a', 'b'), list('c', 'd')],
    [list('c'), list('a', 'b')],
    [list('a', 'c'), list('b', 'd')],
  ] as const;
  for (const [first, second] of table) {
    const names = [...first, ...second].map(({ name }) => name).sort();
    t.strictSame(
      runToEnd(mergeRuns(first, second)).map(({ name }) => name),
      names,
      names.join(),
    );
  }
});

t.test('label names of a family: those of all its targets, until they are too many', async (t) => {
  const long = Array.from({ length: 30 }, (_, i) => `${'l'.repeat(100)}${i}`);
  const cases: readonly (readonly [added: readonly (readonly string[])[], want: string, why: string])[] = [
    [[['a,b'], ['a,b']], 'a,b', 'the same'],
    [[[''], ['a'], ['b', 'a']], 'a b', 'each once, and none is none'],
    [[['a'], ['*'], ['b']], '*', 'a target with too many'],
    [[['*'], ['b']], '*', 'the first one has'],
    [
      [
        ['', 'a'],
        ['a', '', 'b'],
      ],
      'a b',
      'several of a target',
    ],
    [[['a'], long, ['b']], '*', 'too many in all, and so it stays'],
  ];
  for (const [added, want, why] of cases) {
    const family = new ShareFamily('a', false);
    for (const labelKeys of added) family.add([part(1)], { type: MetricType.gauge, unfit: 0, labelKeys });
    t.equal(family.labels, want, why);
  }
});

t.test('a list of parts that belongs to an exposition is never changed', async (t) => {
  const parts = Object.freeze([part(1), part(2)]);
  const origin = { type: MetricType.gauge, unfit: 1 };
  const family = new ShareFamily('a', false);
  family.add([], origin);
  t.strictSame([family.parts, family.kinds, family.unfit], [[], 0, 0]);
  family.add(parts, origin);
  t.equal(family.parts, parts, 'it is taken as it is');
  family.add([part(3)], { type: MetricType.counter, unfit: 4 });
  t.strictSame(
    family.empty().map(({ part: { rawLength }, origin: { type } }) => [rawLength, type]),
    [
      [1, MetricType.gauge],
      [2, MetricType.gauge],
      [3, MetricType.counter],
    ],
  );
  t.strictSame([family.parts.length, family.kinds, family.unfit], [0, 0, 0]);
  t.equal(parts.length, 2);
});
