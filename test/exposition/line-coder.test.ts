import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { createRandom, type Random } from '../../simulator/random.ts';
import type { LabelledExposition } from '../../src/exposition/family-block.ts';
import { LabelRules } from '../../src/exposition/label-rules.ts';
import { LineCoder } from '../../src/exposition/line-coder.ts';
import { Workshop } from '../../src/exposition/workshop.ts';
import { read, rulesOf, show, textOf, type Reading } from './fixture.ts';

const ROOT = join(import.meta.dirname, '../..');
const POD = { instance: '10.0.0.1:8443', job: 'kubevirt', namespace: 'kubevirt', pod: 'virt-handler-x7k2p' };

t.test('the built module is that of the sources', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'coder-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'built.wasm');
  const script = join(ROOT, 'scripts/build-coder.ts');
  const { status, stderr } = spawnSync(process.execPath, [script, file], { encoding: 'utf8' });
  t.equal(status, 0, stderr);
  const built = readFileSync(join(ROOT, 'src/exposition/line-coder.wasm'));
  t.ok(built.equals(readFileSync(file)), 'npm run build:coder makes it anew');
});

/** What is to be the same with and without a coder. Checks every deflated part by the way. */
function shown(t: Test, exposition: LabelledExposition): object {
  const { families, samples, usage } = exposition;
  for (const { parts } of families) {
    for (const part of parts.filter(({ deflated }) => deflated)) {
      const text = textOf(part);
      if (text.length !== part.rawLength || crc32(text) !== part.crc)
        t.fail(`a block of ${text.length} bytes says ${part.rawLength}, or its CRC is wrong`);
    }
  }
  const unfit = families.map((family) => family.unfit);
  const keys = families.map((family) => family.labelKeys);
  return { families: show(exposition), samples, usage, unfit, keys };
}

const shops = { coder: new Workshop(), without: new Workshop(null) };

/** Reads twice, so that shapes are known in the second body, and compares with what is made without a coder. */
function same(t: Test, body: string | Uint8Array, why: string, reading: Reading = {}): LabelledExposition {
  const want = shown(t, read(body, { ...reading, shop: shops.without }));
  t.same(shown(t, read(body, { ...reading, shop: shops.coder })), want, why);
  const again = read(body, { ...reading, shop: shops.coder });
  t.same(shown(t, again), want, `${why}, again`);
  return again;
}

function deflatedBytes({ families }: LabelledExposition): number {
  const parts = families.flatMap((family) => family.parts.filter(({ deflated }) => deflated));
  return parts.reduce((sum, { start, end }) => sum + end - start, 0);
}

const many = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join('');

t.test('lines like those before them', async (t) => {
  t.ok(LineCoder.open(), 'there is a coder');
  const bodies: readonly (readonly [string, string])[] = [
    ['no labels of their own', many(300, (i) => `a ${i}`)],
    ['the same line again and again', many(300, () => 'a{b="c"} 1')],
    ['one label', many(300, (i) => `a{b="${i * 7}"} ${i}`)],
    ['a value that becomes longer', many(300, (i) => `a{b="${'x'.repeat(i)}",c="y"} ${i}`)],
    ['and shorter', many(300, (i) => `a{b="${'x'.repeat(300 - i)}",c="y"} ${i}`)],
    [
      'values that are empty now and then',
      many(300, (i) => `a{b="${i % 3 ? i : ''}",c="${i % 2 ? '' : 'z'}"} 0`),
    ],
    ['every label another', many(300, (i) => `a{b="${i}",c="${i * i}",d="${-i}",e="${i % 10}"} ${i / 7}`)],
    [
      'numbers of all kinds',
      many(300, (i) => `a{b="c"} ${['NaN', '+Inf', '-Inf', '1e+06', '-0', '1.5e-07', `${i}`][i % 7]}`),
    ],
    ['timestamps', many(300, (i) => `a{b="c"} ${i} ${1_700_000_000_000 + i}`)],
    ['timestamps now and then', many(300, (i) => `a{b="c"} ${i}${i % 3 ? ` ${i}` : ''}`)],
    [
      'escapes',
      many(300, (i) => `a{b="${['\\\\', '\\"', '\\n', '\\\\\\\\', '\\\\n'][i % 5]}${i % 4}",c="\\\\"} 1`),
    ],
    ['escapes that differ in their second byte', many(300, (i) => `a{b="x\\${['\\', '"', 'n'][i % 3]}"} 1`)],
    [
      'an escape after a backslash',
      many(300, (i) => `a{b="${'\\\\'.repeat(i % 5)}${i % 2 ? '\\"' : ''}"} 1`),
    ],
    ['characters of several bytes', many(300, (i) => `a{b="${['ä', 'ö', '日本', '😀', 'é'][i % 5]}${i}"} 1`)],
    ['braces, commas and blanks in values', many(300, (i) => `a{b="},{ ${i}",c=" 1 2"} ${i}`)],
    [
      'a histogram',
      `# TYPE h histogram\n${many(100, (i) => `h_bucket{le="${i === 99 ? '+Inf' : i / 4}"} ${i}`)}h_sum 1\nh_count 2\n`,
    ],
    [
      'many histograms',
      `# TYPE h histogram\n${many(60, (i) => `h_bucket{v="${i}",le="1e-05"} 1\nh_bucket{v="${i}",le="+Inf"} 2\nh_sum{v="${i}"} 0.${i}\nh_count{v="${i}"} 2`)}`,
    ],
    [
      'bounds that are no numbers',
      `# TYPE h histogram\n${many(200, (i) => `h_bucket{le="${i % 9 ? i : 'x'}"} ${i % 5 ? 1 : -1}`)}`,
    ],
    ['a summary', `# TYPE s summary\n${many(200, (i) => `s{quantile="0.${i % 10}",v="${i}"} ${i}`)}`],
    ['counts below zero', many(200, (i) => `a_count{b="${i}"} ${i % 3 ? i : -i}`)],
    ['shapes in turns', many(300, (i) => `a{${i % 2 ? 'b' : 'c'}="${i}"} 1`)],
    ['four shapes in turns', many(400, (i) => `a{${'bcde'[i % 4]}="${i}"} 1`)],
    ['families in turns', many(600, (i) => `${'abc'[i % 3]}{x="${i}"} 1`)],
    [
      'families that come again',
      [0, 1, 2]
        .map((n) => many(100, (i) => `a{b="${n}${i}"} 1`) + many(100, (i) => `z{b="${i}"} 1`))
        .join(''),
    ],
    ['labels that the target has', many(300, (i) => `a{namespace="${i % 7}",pod="${i}"} 1`)],
    [
      'a label that the target has now and then',
      many(300, (i) => `a{${i % 2 ? 'namespace="n",' : ''}x="${i}"} 1`),
    ],
    [
      'lines in other forms between',
      many(300, (i) => (i % 10 ? `a{b="${i}"} ${i}` : `a { b = "${i}" , } ${i}.00e0`)),
    ],
    [
      'more lines in other forms behind a stream than it has room for',
      many(200, (i) => `a{b="${i}"} ${i}`) +
        many(12_000, (i) => `a { b = "x${i}" , c="${'y'.repeat(100)}" } ${i}`) +
        many(200, (i) => `a{b="${i}"} ${i}`),
    ],
    [
      'two values that change, now one and now the other, in length too',
      many(600, (i) => `a{b="${i >> ((i % 3) * 2)}",c="x",d="${(i * 7) >> ((i + 1) % 4)}",e="y"} ${i}`),
    ],
    [
      'the first value changes after many changes of the second',
      many(900, (i) => `a{b="${(i / 90) | 0}",c="${i % 90}"} 1`),
    ],
    [
      'another shape in the middle of a stream',
      many(600, (i) => (i % 150 === 149 ? `a{b="${i}",z="${i}"} 1` : `a{b="${i}",c="${i % 7}"} ${i}`)),
    ],
    [
      'lines in other forms in the middle of a stream',
      many(600, (i) => (i % 150 > 145 ? `a{ b="${i}", c="x" } ${i}` : `a{b="${i}",c="${i % 7}"} ${i}`)),
    ],
    ['comments between', many(300, (i) => (i % 10 ? `a{b="${i}"} ${i}` : '# a comment\n'))],
    [
      'more than 32 KiB between two of a shape',
      many(4, () => `a{rare="x"} 1\n${many(400, (i) => `a{b="${'long '.repeat(20)}${i}"} 1`)}`.trimEnd()),
    ],
    ['a family of several MB', many(20_000, (i) => `a{b="${i}",c="${(i * 7919) % 1000}"} ${i}`)],
    ['values of 30 KB', many(20, (i) => `a{b="${'x'.repeat(30_000)}${i}"} 1`)],
    ['values of 100 KB', many(20, (i) => `a{b="${'x'.repeat(100_000)}${i}"} 1`)],
    ['a line of 3 MB between', many(100, (i) => `a{b="${i === 50 ? 'x'.repeat(3_000_000) : i}"} 1`)],
    [
      'nothing in common',
      many(
        300,
        (i) => `a{b="${Buffer.from(`${Math.sin(i)}${Math.cos(i)}`).toString('base64')}"} ${Math.sin(i)}`,
      ),
    ],
    ['many shapes', many(2000, (i) => `a{l${i % 500}="${i}"} 1`)],
  ];
  for (const [why, body] of bodies) same(t, body, why, { rules: rulesOf(POD) });
  const invalid = Buffer.from(bodies[2]![1]);
  invalid[invalid.lastIndexOf('"') - 1] = 0xff;
  t.throws(() => read(invalid, { shop: shops.coder }), /UTF-8/, 'bytes that are no UTF-8');
});

t.test('what repeats is found', async (t) => {
  const body = many(400, (i) => `kubevirt_vmi_memory_bytes{name="web-${i}",node="node-1"} ${i * 4096}`);
  const coded = deflatedBytes(same(t, body, 'a family', { rules: rulesOf(POD) }));
  const searched = deflatedBytes(read(body, { rules: rulesOf(POD), shop: shops.without }));
  t.ok(coded > 0 && coded < searched * 1.5, 'not much larger than what zlib makes', { coded, searched });
  const odd = many(400, (i) => `a{b="${'\\\\x'.repeat(50)}${'yz'.repeat(i % 40)}${'\\\\x'.repeat(50)}"} 1`);
  const oddCoded = deflatedBytes(same(t, odd, 'escapes everywhere'));
  const oddSearched = deflatedBytes(read(odd, { shop: shops.without }));
  t.ok(oddCoded <= oddSearched * 2, 'at worst', { oddCoded, oddSearched });
});

t.test('rules of all kinds', async (t) => {
  const body = many(200, (i) => `a{b="${i}",pod="${i % 3}"} ${i}${i % 50 ? '' : ' 5'}`);
  const limits = { labelLimit: 0, labelNameLengthLimit: 0, labelValueLengthLimit: 40 };
  const rules: readonly (readonly [string, LabelRules])[] = [
    ['honor_labels: false', rulesOf(POD, { honorLabels: false })],
    ['honor_timestamps: false', rulesOf(POD, { honorTimestamps: false })],
    ['no labels', rulesOf({})],
    ['labels of 10 KB', rulesOf({ ...POD, zone: 'z'.repeat(10_000) })],
    ['labels of 40 KB', rulesOf({ ...POD, zone: 'z'.repeat(40_000) })],
    ['limits', new LabelRules(Object.entries(POD), true, true, limits)],
    ['a limit that the target breaks', new LabelRules([['a', 'x'.repeat(50)]], true, true, limits)],
  ];
  for (const [why, one] of rules) {
    try {
      same(t, body, why, { rules: one });
    } catch (error) {
      t.throws(
        () => read(body, { rules: one, shop: shops.without }),
        { message: (error as Error).message },
        why,
      );
    }
  }
  // All shapes are forgotten and found again.
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 30; i++) {
      const wide = many(100, (n) => `m${i}_${n % 50}{${'x'.repeat(200)}="1",${'y'.repeat(200)}="${n}"} 1`);
      same(t, wide, `${i}`, { rules: rulesOf(POD) });
    }
  }
});

t.test('a body that breaks off leaves nothing to the next', async (t) => {
  const rules = rulesOf(POD);
  const family = (name: string, lines: number): string =>
    many(lines, (i) => `${name}{vm="vm-${i}",node="n"} ${i % 10}`);
  const good = family('g', 400) + family('h', 400);
  const large = Array.from({ length: 60 }, (_, i) => family(`large${i}`, 3000)).join('');
  const cut = gzipSync(large).subarray(0, -20_000);
  same(t, good, 'before', { rules });
  t.throws(() => read(large, { rules, shop: shops.coder, limit: 3e6 }), /body_size_limit/);
  same(t, good, 'after body_size_limit', { rules });
  t.throws(() => read(cut, { rules, shop: shops.coder, gzip: true }), /gzip/);
  same(t, good, 'after a gzip that is cut', { rules });
  t.throws(() => read(`${family('a', 400)}b{`, { rules, shop: shops.coder }));
  same(t, good, 'after a line at fault', { rules });
});

t.test('more shapes than there is room for', async (t) => {
  const body = many(40_000, (i) => `m${i % 13_000}{${'long'.repeat(10)}="${i}"} 1`);
  same(t, body, 'the plain way takes over', { rules: rulesOf(POD) });
  same(
    t,
    many(300, (i) => `a{b="${i}"} ${i}`),
    'and the next is coded',
    { rules: rulesOf(POD) },
  );
});

t.test('generated bodies', async (t) => {
  for (let seed = 1; seed <= 150; seed++) {
    const random = createRandom(seed);
    const rules = rulesOf(POD, { honorTimestamps: random.next() < 0.8 });
    const chunks = random.next() < 0.5 ? [random.whole(1000, 20_000)] : undefined;
    same(t, relatedLines(random), `seed ${seed}`, { rules, ...(chunks && { chunks }) });
  }
});

/** Families of lines each of which is the one before with a few changes. */
function relatedLines(random: Random): string {
  const lines: string[] = [];
  for (let family = random.whole(1, 4); family > 0; family--) {
    const names = ['a', 'le', 'pod', 'quantile', 'x'].filter(() => random.next() < 0.4);
    let values = names.map(() => 'value-1');
    const name = random.pick(['f', 'f_count', 'g', 'g_bucket', 'long_name_of_a_metric']);
    if (random.next() < 0.5) lines.push(`# TYPE ${name} ${random.pick(['gauge', 'histogram', 'summary'])}`);
    for (let i = random.whole(20, 300); i > 0; i--) {
      values = values.map((value) => (random.next() < 0.6 ? value : changed(value, random)));
      const labels = names.map((label, at) => `${label}="${values[at]}"`).join(',');
      const time = random.next() < 0.05 ? ` ${random.whole(0, 1e6)}` : '';
      const blank = random.next() < 0.02 ? ' ' : '';
      lines.push(`${name}${blank}${names.length > 0 ? `{${labels}}` : ''} ${numberOf(random)}${time}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function changed(value: string, random: Random): string {
  const parts = value.match(/\\.|[^\\]/gsu) ?? [];
  const at = random.whole(0, parts.length);
  const more = random.pick([
    '',
    '',
    'x',
    '7',
    '\\\\',
    '\\"',
    '\\n',
    'ü',
    '}',
    ' ',
    ',b="'.replace('"', '\\"'),
    'abcdefgh',
  ]);
  parts.splice(at, random.whole(0, 3), more);
  return parts.slice(0, 40).join('');
}

function numberOf(random: Random): string {
  return random.pick([
    `${random.whole(0, 9)}`,
    `${random.whole(0, 1e9)}`,
    `${random.next()}`,
    '-1',
    'NaN',
    '+Inf',
    '1e+10',
  ]);
}
