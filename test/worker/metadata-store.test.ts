import t from 'tap';
import { Workshop } from '../../src/exposition/workshop.ts';
import type { LabelledExposition } from '../../src/exposition/family-block.ts';
import { MetadataStore } from '../../src/worker/metadata-store.ts';
import { read } from '../exposition/fixture.ts';

/** By target, what is known of each family, as one text. */
function known(store: MetadataStore): Record<string, string[]> {
  const { families, lists, targets } = store.all();
  const texts = families.map(({ name, type, help }) => `${name} ${type} ${help}`);
  return Object.fromEntries(
    targets.map(([target, list]) => [target, Array.from(lists[list]!, (family) => texts[family]!)]),
  );
}

const KINDS = `# TYPE z counter
# HELP z Zeds \\\\ and\\nmore
z 1
# TYPE a_gauge gauge
a_gauge 1
# TYPE h histogram
h_bucket{le="+Inf"} 1
h_sum 1
h_count 1
# TYPE s summary
s_sum 1
# HELP only Only help.
only 1
# TYPE u untyped
u 1
# TYPE bare gauge
# HELP bare_help Nothing.
# HELP empty
nothing 1
`;

t.test('what targets say of their families', async (t) => {
  const shop = new Workshop();
  const store = new MetadataStore();
  const take = (target: number, body: string): LabelledExposition => {
    const exposition = read(body, { shop });
    store.take(target, exposition);
    return exposition;
  };
  const all = [
    'a_gauge gauge ',
    'bare gauge ',
    'bare_help unknown Nothing.',
    'h histogram ',
    'only unknown Only help.',
    's summary ',
    'u unknown ',
    'z counter Zeds \\ and\nmore',
  ];
  take(1, KINDS);
  t.same(known(store), { 1: all });
  take(2, KINDS);
  take(1, KINDS);
  t.same(known(store), { 1: all, 2: all });
  t.equal(store.all().lists.length, 1, 'pods of a kind share a list');
  take(2, `${KINDS}# TYPE more gauge\nmore 1\n`);
  t.same(known(store)[2], [...all.slice(0, 4), 'more gauge ', ...all.slice(4)]);
  t.same([store.all().lists.length, store.all().families.length], [2, 9], 'and families');
  take(2, '# TYPE z gauge\nz 1\n');
  t.same(known(store), { 1: all, 2: ['z gauge '] });
  store.forget(1);
  store.forget(3);
  t.same(store.all(), {
    families: [{ name: 'z', type: 'gauge', help: '' }],
    lists: [Int32Array.of(0)],
    targets: [[2, 0]],
  });
  take(2, 'z 1\n');
  t.same(known(store), { 2: [] });
});

t.test('names that a pod makes up take a bounded room, and others keep theirs', async (t) => {
  const shop = new Workshop();
  const store = new MetadataStore();
  const made = (from: number, count: number, help = ''): string =>
    Array.from({ length: count }, (_, i) => `# HELP m${from + i} ${help}x\nm${from + i} 1\n`).join('');
  store.take(1, read(KINDS, { shop }));
  for (let round = 0; round < 12; round++) store.take(2, read(made(round * 6000, 6000), { shop }));
  t.equal(known(store)[2]?.length, 5000, 'of one target');
  t.equal(known(store)[1]?.length, 8);
  for (let target = 3; target < 8; target++) store.take(target, read(made(target * 1e6, 5000), { shop }));
  t.equal(store.all().families.length, 20_000, 'of all');
  for (let target = 2; target < 8; target++) store.forget(target);
  t.equal(store.all().families.length, 8);
  const long = 'word '.repeat(2000);
  for (let target = 2; target < 8; target++)
    store.take(target, read(made(target * 1e6, 300, long), { shop }));
  const characters = store.all().families.reduce((sum, { name, help }) => sum + name.length + help.length, 0);
  t.ok(characters > 4_000_000 && characters <= 4 * 1024 * 1024, `${characters} characters`);
});
