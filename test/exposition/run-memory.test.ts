import { gzipSync } from 'node:zlib';
import t from 'tap';
import { createRandom } from '../../simulator/random.ts';
import { benchBodies } from '../../simulator/render.ts';
import { SpareFamilies } from '../../src/exposition/body-family.ts';
import { BufferPool } from '../../src/exposition/buffer-pool.ts';
import type { LabelledExposition } from '../../src/exposition/family-block.ts';
import { LabelledOutput } from '../../src/exposition/labelled-output.ts';
import { LabelRules } from '../../src/exposition/label-rules.ts';
import { Workshop } from '../../src/exposition/workshop.ts';
import { read, rulesOf, shown, type Reading } from './fixture.ts';

// On a busy machine a body may pause and go on elsewhere, where it is read.
t.before(() => void Object.defineProperty(performance, 'now', { configurable: true, value: () => 0 }));
t.after(() => void Reflect.deleteProperty(performance, 'now'));

/** Runs that were taken over from an earlier body since it was asked last. */
const taken = (() => {
  let count = 0;
  const take = Reflect.get(LabelledOutput.prototype, 'take');
  LabelledOutput.prototype.take = function (...parameters) {
    count++;
    take.apply(this, parameters);
  };
  return (): number => {
    const before = count;
    count = 0;
    return before;
  };
})();

/** One target in a worker: its bodies one after the other, each let go of before the next comes. */
class Target {
  readonly shop = new Workshop();
  readonly counted = { bytes: 0 };
  readonly spare: SpareFamilies;
  readonly rules: LabelRules;

  constructor(rules = rulesOf({ instance: 'i', job: 'j', pod: 'virt-handler-x7k2p' })) {
    const count = (bytes: number): number => (this.counted.bytes += bytes);
    this.spare = new SpareFamilies(count);
    this.shop.packer.buffers = new BufferPool(count);
    this.rules = rules;
  }

  read(body: string | Uint8Array, reading: Reading = {}): LabelledExposition {
    return read(body, { shop: this.shop, spare: this.spare, rules: this.rules, ...reading });
  }

  release(exposition: LabelledExposition): void {
    this.spare.give(exposition, this.shop.packer.buffers);
  }

  /** What it makes of a body, and what is made of it where nothing was read before. */
  both(body: string | Uint8Array, reading: Reading = {}): { got: object; want: object; taken: number } {
    const exposition = this.read(body, reading);
    const count = taken();
    const got = shown(exposition);
    this.release(exposition);
    const want = shown(read(body, { rules: this.rules, ...reading, shop: new Workshop() }));
    return { got, want, taken: count };
  }
}

/** A family of so many lines. */
function family(name: string, lines: number, value: string | number = 1, type = 'gauge'): string {
  const samples = Array.from({ length: lines }, (_, i) => `${name}{vm="vm-${i}",n="${i % 7}"} ${value}\n`);
  return `# HELP ${name} Of ${name}.\n# TYPE ${name} ${type}\n${samples.join('')}`;
}

t.test('what did not change since the last body is taken over, and all else is read', async (t) => {
  const target = new Target();
  const same = family('a', 100) + family('b', 3);
  const cases: [what: string, body: string, taken: number][] = [
    ['the first', same + family('c', 100, 1), 0],
    ['the same', same + family('c', 100, 1), 3],
    ['one value', same + family('c', 100, 2), 2],
    ['the value again, which was not looked at', same + family('c', 100, 2), 2],
    ['and again', same + family('c', 100, 2), 3],
    ['in another order', family('c', 100, 2) + same, 3],
    ['with a line more', `${family('c', 100, 2)}${family('a', 100)}a 5\n${family('b', 3)}`, 2],
    ['with one less', family('c', 100, 2) + family('a', 99) + family('b', 3), 2],
    ['none of it', family('d', 5), 0],
    ['of two bodies before', family('a', 99) + family('b', 3), 0],
    ['which is the last now', family('a', 99) + family('b', 3), 2],
    ['another HELP', family('a', 99).replace('Of a', 'For a') + family('b', 3), 2],
    ['another TYPE', family('a', 99).replace('gauge', 'counter') + family('b', 3), 1],
    ['without a newline at its end', (family('a', 99) + family('b', 3)).slice(0, -1), 1],
    ['with a comment before it', family('a', 99).replace('gauge\n', 'gauge\n# so\n') + family('b', 3), 1],
  ];
  for (const [what, body, count] of cases) {
    const { got, want, taken } = target.both(body);
    t.same(got, want, what);
    t.equal(taken, count, what);
  }
});

t.test('families that change each time are seldom looked at', async (t) => {
  const target = new Target();
  const known: number[] = [];
  for (let i = 0; i < 60; i++) {
    const exposition = target.read(family('a', 50, i));
    if (exposition.set.isKnown) known.push(i);
    target.release(exposition);
  }
  t.same(known, [0, 2, 6, 14, 30, 46]);
  const { taken: before } = target.both(family('a', 50, 59));
  t.equal(before, 0);
});

t.test("what stands in nobody's way", async (t) => {
  const target = new Target();
  const opened: number[] = [];
  for (let i = 0; i < 3; i++) {
    const open = Reflect.get(LabelledOutput.prototype, 'open');
    let count = 0;
    LabelledOutput.prototype.open = function (...parameters) {
      count++;
      open.apply(this, parameters);
    };
    const { got, want } = target.both('# HELP none Nothing.\na 1\n'.repeat(500));
    LabelledOutput.prototype.open = open;
    t.same(got, want);
    opened.push(count);
  }
  // Once more each in the reading that it is compared with.
  t.ok(
    opened.every((count) => count < 200),
    `runs of a family among HELP of another: ${opened.join(', ')}`,
  );
});

t.test('lines that are not a run behind their HELP or TYPE', async (t) => {
  const histogram = '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n';
  const bodies: [what: string, body: string, taken: number][] = [
    ['without metadata', 'a 1\nb 2\n', 0],
    ['in two runs', `${family('a', 5)}${family('b', 5)}a 7\n`, 0],
    ['samples of others between', '# TYPE a gauge\na 1\nb 1\na{x="1"} 2\n', 0],
    ['a comment inside', '# TYPE a gauge\na 1\n# so\na{x="1"} 2\n', 0],
    ['declared again', `${family('a', 5)}${family('a', 6)}`, 0],
    ['a histogram, whose samples have other names', histogram, 0],
    ['of a histogram and of itself', `${histogram}# TYPE h_sum gauge\nh_sum{x="1"} 1\n`, 0],
    ['the TYPE behind', '# HELP a A.\na 1\n# TYPE a counter\n', 1],
    ['no samples', '# TYPE a gauge\n# TYPE b gauge\nb 1\n', 1],
    ['samples of the one before first', '# TYPE b gauge\nb 1\n# TYPE a gauge\nb 2\na 1\n', 0],
    ['blank lines', '# TYPE a gauge\n\na 1\n\na{x="1"} 1\n\n', 1],
  ];
  for (const [what, body, count] of bodies) {
    const target = new Target();
    target.both(body);
    for (let i = 0; i < 3; i++) {
      const { got, want, taken } = target.both(body);
      t.same(got, want, what);
      t.equal(taken, count, what);
    }
  }
});

t.test('what is not there any more is read again', async (t) => {
  const target = new Target();
  const body = family('a', 200) + family('b', 3);
  const twice = (why: string): void => {
    target.both(body);
    t.equal(target.both(body).taken, 2, `before ${why}`);
  };
  twice('the pool is cleared');
  target.shop.packer.buffers.clear();
  t.match(target.both(body), { taken: 0 });
  twice('somebody still reads the last body');
  const read = target.read(body);
  taken();
  t.match(target.both(body), { taken: 0 });
  target.release(read);
  twice('a body is refused');
  t.throws(() => target.read(`${body}{`));
  t.equal(taken(), 1, 'the second run does not end where it did');
  t.match(target.both(body), { taken: 0 });
  twice('a body has other labels');
  const rules = rulesOf({ instance: 'other', job: 'j' });
  const other = target.both(body, { rules });
  t.same(other.got, other.want);
  t.equal(other.taken, 0);
  twice('small runs are not kept');
  target.shop.packer.keepSmall = false;
  const { got, want } = target.both(body);
  t.same(got, want);
  target.shop.packer.keepSmall = true;
  twice('a body is waited for');
  target.shop.packer.isLate = () => true;
  const late = target.both(body);
  t.same(late.got, late.want);
  target.spare.close();
  target.shop.packer.buffers.clear();
  t.equal(target.counted.bytes, 0, 'nothing is counted in the end');
});

t.test('bodies that are looked at line by line', async (t) => {
  const body = family('a', 100);
  const limits = { labelLimit: 10, labelNameLengthLimit: 0, labelValueLengthLimit: 0 };
  const limited = new Target(new LabelRules([['job', 'j']], true, true, limits));
  const openMetrics = `${family('a', 100)}# EOF\n`;
  for (let i = 0; i < 3; i++) {
    const { got, want, taken } = limited.both(body);
    t.same(got, want);
    t.equal(taken, 0, 'limits of labels');
  }
  const target = new Target();
  for (let i = 0; i < 3; i++) {
    const { got, want, taken } = target.both(openMetrics, { openMetrics: true });
    t.same(got, want);
    t.equal(taken, 0, 'OpenMetrics');
  }
});

t.test('limits of samples', async (t) => {
  const target = new Target();
  const body = family('a', 50) + family('b', 50);
  for (let i = 0; i < 3; i++) t.equal(target.both(body, { sampleLimit: 100 }).taken, i === 0 ? 0 : 2);
  t.throws(() => target.read(body, { sampleLimit: 99 }), { message: /99/ });
  // Beyond the limit samples with a label twice are counted and not written, so it depends on what came before.
  const odd = `${family('a', 5)}a{x="1",x="2"} 1\n`;
  t.throws(() => target.read(odd, { sampleLimit: 5 }), { message: /limit/ });
  t.throws(() => target.read(odd, { sampleLimit: 7 }), { message: /not unique/ });
});

t.test('bodies of every kind, each like the one before but for some families', async (t) => {
  const random = createRandom(11);
  let all = 0;
  for (let round = 0; round < 12; round++) {
    const target = new Target();
    const names = Array.from({ length: 30 }, (_, i) => `family_${i}`);
    const moving = new Set(names.filter(() => random.next() < 0.4));
    for (let turn = 0; turn < 14; turn++) {
      if (random.next() < 0.1) moving.add(random.pick(names));
      if (random.next() < 0.05) target.shop.packer.buffers.clear();
      target.shop.packer.keepSmall = random.next() < 0.9;
      const isLate = random.next() < 0.15;
      target.shop.packer.isLate = () => isLate;
      if (random.next() < 0.1) names.reverse();
      const text = names
        .filter(() => random.next() < 0.97)
        .map((name, i) => family(name, (i * 37) % 300, moving.has(name) ? turn + random.whole(0, 3) : i))
        .join('');
      const body = random.next() < 0.5 ? text : gzipSync(text);
      const chunks = random.next() < 0.2 ? [random.whole(1, body.length)] : [body.length];
      const { got, want, taken } = target.both(body, { gzip: typeof body !== 'string', chunks });
      t.same(got, want, `round ${round}, turn ${turn}`);
      all += taken;
    }
  }
  t.ok(all > 500, `${all} runs were taken over`);
});

t.test('bodies of virt-handlers, 30 s apart', async (t) => {
  const target = new Target();
  const bodies = benchBodies({ bytes: 300_000, seed: 3 }, 4);
  const counts: number[] = [];
  for (let turn = 0; turn < 12; turn++) {
    const { got, want, taken } = target.both(gzipSync(bodies[turn % 4]!), { gzip: true });
    t.same(got, want, `turn ${turn}`);
    counts.push(taken);
  }
  t.equal(counts[0], 0);
  t.ok(
    counts.slice(4).every((count) => count >= 35),
    `${counts.join(', ')} of 97 families`,
  );
});
