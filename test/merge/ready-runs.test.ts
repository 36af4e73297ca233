import t from 'tap';
import { benchBody } from '../../simulator/render.ts';
import { BlockDeflater } from '../../src/exposition/block-deflater.ts';
import { SpareFamilies } from '../../src/exposition/body-family.ts';
import { runToEnd } from '../../src/exposition/body-reader.ts';
import { Workshop } from '../../src/exposition/workshop.ts';
import { ReadyRuns } from '../../src/merge/ready-runs.ts';
import type { ShareTarget } from '../../src/merge/share.ts';
import { read as readBody } from '../exposition/fixture.ts';
import { merge, up } from './fixture.ts';

const TARGETS = 6;

/** Targets of which none has the same values as another. */
function targetsOf(bodyOf: (index: number) => string | Uint8Array): ShareTarget[] {
  return Array.from({ length: TARGETS }, (_, i) => up({ instance: `pod-${i}`, job: 'j' }, bodyOf(i)));
}

function make(runs: ReadyRuns, targets: readonly ShareTarget[]): void {
  runToEnd(
    runs.make(
      targets.map(({ exposition }) => exposition!),
      new BlockDeflater(),
    ),
  );
}

t.test('whichever target is late, the text is the same', async (t) => {
  const targets = targetsOf((i) => benchBody({ bytes: 60_000, seed: i + 1 }));
  const { text, gzip } = merge([targets]);
  for (let late = 0; late < TARGETS; late++) {
    const runs = new ReadyRuns();
    make(runs, targets.slice(0, late));
    make(runs, targets.slice(late + 1));
    t.ok(runs.size > 20, `${runs.size} runs`);
    const merged = merge([targets], [], undefined, runs);
    t.equal(merged.text, text, `target ${late}`);
    const larger = merged.gzip.length / gzip.length;
    t.ok(larger > 1 && larger < 1.3, `${larger} times the size: they were used`);
  }
});

t.test('what comes behind a run refers back to it, where it is not very small', async (t) => {
  const family = (name: string, i: number): string =>
    Array.from(
      { length: 12 },
      (_, n) => `${name}{namespace="n",name="vm-${i}-${n}",node="${i}"} ${n * 7}\n`,
    ).join('');
  const names = Array.from({ length: 30 }, (_, n) => `kubevirt_family_${n}`);
  const targets = targetsOf((i) => names.map((name) => family(name, i)).join(''));
  const ahead = new ReadyRuns();
  make(ahead, targets.slice(0, -1));
  const { gzip } = merge([targets]);
  const larger = merge([targets], [], undefined, ahead).gzip.length / gzip.length;
  t.ok(larger < 1.06, `${larger} times the size`);
});

t.test('of a body that is waited for alone, what is not very small is a block at once', async (t) => {
  const bodies = Array.from({ length: TARGETS }, (_, i) => benchBody({ bytes: 140_000, seed: i + 1 }));
  const targets = targetsOf((i) => bodies[i]!);
  const { text, gzip } = merge([targets]);
  const shop = new Workshop();
  const readLast = (): ShareTarget => {
    const last = targets.at(-1)!;
    return { ...last, exposition: readBody(bodies.at(-1)!, { rules: last.rules, shop }) };
  };
  const smallOf = ({ exposition }: ShareTarget): number[] =>
    exposition!.families.flatMap(({ parts }) =>
      parts.filter(({ deflated }) => !deflated).map(({ rawLength }) => rawLength),
    );
  const before = smallOf(readLast());
  t.ok(Math.max(...before) > 2000, 'else they wait for their neighbours');
  shop.packer.isLate = () => true;
  const late = readLast();
  t.ok(Math.max(...smallOf(late)) < 512);
  const runs = new ReadyRuns();
  make(runs, targets.slice(0, -1));
  const merged = merge([[...targets.slice(0, -1), late]], [], undefined, runs);
  t.equal(merged.text, text);
  const larger = merged.gzip.length / gzip.length;
  t.ok(larger < 1.1, `${larger} times the size, with a sixth of the targets late`);
  shop.packer.isLate = () => false;
  t.strictSame(smallOf(readLast()), before, 'the next one is as usual');
});

t.test('a small part is deflated alone where its neighbours are large, and not beside a run', async (t) => {
  const lines = (count: number) => (i: number) =>
    `# TYPE m gauge\n${Array.from({ length: count }, (_, n) => `m{x="${i}",y="${n}"} ${n}\n`).join('')}`;
  const [large, small] = [lines(500), lines(30)];
  const between = targetsOf((i) => (i === 2 ? small(i) : large(i)));
  const runs = new ReadyRuns();
  make(runs, between);
  t.equal(runs.size, 1);
  t.equal(merge([between], [], undefined, runs).text, merge([between]).text);
  const beside = targetsOf(small);
  const two = new ReadyRuns();
  make(two, beside.slice(0, 2));
  make(two, beside.slice(0, 3));
  t.equal(two.size, 1, 'the third one comes behind the run of two');
});

t.test('runs that no longer fit are not used', async (t) => {
  const targets = targetsOf((i) => `# TYPE m gauge\n${`m{x="${i}"} 1\n`.repeat(20)}`);
  const plain = merge([targets]);
  const cases: [why: string, made: ShareTarget[], asked: ShareTarget[]][] = [
    ['a target in the middle is left out', targets, targets.toSpliced(2, 1)],
    ['the last one is left out', targets, targets.slice(0, -1)],
    ['another order', targets, targets.toReversed()],
    ['the first one was scraped again', targets, [targetsOf(() => 'm 1\n')[0]!, ...targets.slice(1)]],
  ];
  for (const [why, made, asked] of cases) {
    const runs = new ReadyRuns();
    make(runs, made);
    t.equal(runs.size, 1);
    t.equal(merge([asked], [], undefined, runs).text, merge([asked]).text, why);
    t.equal(merge([targets], [], undefined, runs).text, plain.text);
  }
});

t.test('a run of parts that were filled again since is not used', async (t) => {
  const spare = new SpareFamilies();
  const shop = new Workshop();
  const lines = (value: number): string => `m{x="${value}"} 1\n`.repeat(20);
  const [first, second, ...others] = targetsOf((i) => lines(i));
  const read = (value: number): ShareTarget => {
    const exposition = readBody(lines(value), { rules: second!.rules, shop, spare });
    return { ...second!, exposition };
  };
  const before = read(7);
  const runs = new ReadyRuns();
  make(runs, [first!, before, ...others]);
  t.equal(runs.size, 1);
  runs.forget(before.exposition!);
  const { bytes } = before.exposition!.families[0]!.parts[0]!;
  spare.give(before.exposition!, shop.packer.buffers);
  const after = read(8);
  t.equal(after.exposition!.families[0]!.parts[0], before.exposition!.families[0]!.parts[0], 'one object');
  t.equal(after.exposition!.families[0]!.parts[0]!.bytes, bytes, 'in the same buffer');
  const asked = [first!, after, ...others];
  t.equal(merge([asked], [], undefined, runs).text, merge([asked]).text);
});

t.test('what is there is not made again, and what is between is', async (t) => {
  const targets = targetsOf((i) => `${`m{x="${i}"} 1\n`.repeat(40)}${`n{x="${i}"} 1\n`.repeat(40)}`);
  const runs = new ReadyRuns();
  make(runs, targets.slice(0, 2));
  t.equal(runs.size, 2);
  make(runs, targets);
  t.equal(runs.size, 4);
  make(runs, targets);
  t.equal(runs.size, 4);
  t.equal(merge([targets], [], undefined, runs).text, merge([targets]).text);
});

t.test('parts that are deflated, and short runs, are left alone', async (t) => {
  const runs = new ReadyRuns();
  make(
    runs,
    targetsOf((i) => `m{x="${i}"} 1\n`),
  );
  t.equal(runs.size, 0, 'too short');
  make(
    runs,
    targetsOf((i) => `m{x="${i}"} 1\n`.repeat(2000)),
  );
  t.equal(runs.size, 0, 'deflated already');
  t.equal(runs.heldBytes, 0);
});

t.test('nothing is left of expositions that are forgotten', async (t) => {
  const targets = targetsOf((i) => benchBody({ bytes: 60_000, seed: i + 1 }));
  const runs = new ReadyRuns();
  make(runs, targets.slice(0, 3));
  make(runs, targets.slice(4));
  t.ok(runs.heldBytes > 5000, `${runs.heldBytes} bytes`);
  runs.forget(targets[0]!.exposition!);
  t.ok(runs.size > 20, 'those of the others stay');
  for (const { exposition } of targets) runs.forget(exposition!);
  t.equal(runs.size, 0);
  t.equal(runs.heldBytes, 0);
});

t.test('what is counted is given back when later targets were scraped anew', async (t) => {
  const bodyOf = (i: number): string => `# TYPE m gauge\n${`m{x="${i}"} 1\n`.repeat(20)}`;
  const targets = targetsOf(bodyOf);
  const runs = new ReadyRuns();
  make(runs, targets);
  const others = targetsOf((i) => bodyOf(i + 10));
  make(runs, [targets[0]!, ...others.slice(1)]);
  t.ok(runs.heldBytes > 0);
  for (const { exposition } of [...targets, ...others]) runs.forget(exposition!);
  t.equal(runs.heldBytes, 0);
});
