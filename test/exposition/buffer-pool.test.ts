import t from 'tap';
import { BufferPool } from '../../src/exposition/buffer-pool.ts';
import type { FamilyBlock } from '../../src/exposition/family-block.ts';
import { Workshop } from '../../src/exposition/workshop.ts';
import { read, show } from './fixture.ts';

const STEP = 4096;

function familiesOf(...buffers: Uint8Array[]): FamilyBlock[] {
  return buffers.map((bytes) => {
    const part = { bytes, start: 0, end: bytes.length, deflated: false, rawLength: bytes.length, crc: 0 };
    return { name: 0, type: 0, help: -1, samples: 1, unfit: 0, labelKeys: [], parts: [part, part] };
  });
}

t.test('what is given back is used again, for the same size or a little less', async (t) => {
  let counted = 0;
  const pool = new BufferPool((bytes) => (counted += bytes));
  const first = pool.take(STEP * 3 - 5);
  t.equal(first.length, STEP * 3, 'whole steps');
  t.not(pool.take(STEP * 3), first, 'while it is not given back');
  pool.giveBack(familiesOf(first));
  t.equal(counted, STEP * 3, 'once, though two parts are in it');
  t.equal(pool.take(STEP * 2), first, 'for a step less');
  t.equal(counted, 0);
  t.not(pool.take(STEP * 2), first, 'only once');
  t.equal(pool.take(0).length, 0);
  pool.giveBack(familiesOf(pool.take(0)));
});

t.test(
  'what another size needs is taken from what is kept: there is no more than was in use at once',
  async (t) => {
    let counted = 0;
    const pool = new BufferPool((bytes) => (counted += bytes));
    const given = [1, 3, 3, 5].map((steps) => pool.take(STEP * steps));
    for (const buffer of given) pool.give(buffer);
    t.equal(counted, STEP * 12);
    const lengths = (): number[] => given.map(({ length }) => length / STEP);
    const larger = pool.take(STEP * 6);
    t.notOk(given.includes(larger), 'not for more');
    t.strictSame(lengths(), [1, 3, 0, 0], 'the largest first');
    t.equal(counted, STEP * 4);
    t.not(pool.take(STEP), given[1], 'not for much less');
    t.not(pool.take(STEP), given[1]);
    t.strictSame(lengths(), [1, 0, 0, 0]);
    t.equal(counted, 0);
    pool.take(STEP * 2);
    t.equal(counted, 0, 'where nothing is kept');
  },
);

t.test('what is parked stays as it is until it is given back, or the pool is cleared', async (t) => {
  let counted = 0;
  let most = 0;
  const pool = new BufferPool((bytes) => {
    counted += bytes;
    most = Math.max(most, bytes);
  });
  const [first, second, third] = [1, 2, 400].map((steps) => pool.take(STEP * steps)) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const parked = pool.park(familiesOf(first, second, third))!;
  t.equal(counted, STEP * 403);
  t.equal(parked.isThere, true);
  t.not(pool.take(STEP), first);
  most = 0;
  parked.give();
  parked.give();
  t.equal(parked.isThere, false);
  t.equal(most, 0, 'whoever is told of more could clear the pool meanwhile');
  t.equal(counted, STEP * 3, 'what is too large is freed');
  t.equal(third.length, 0);
  t.equal(pool.take(STEP), first);
  t.equal(pool.take(STEP * 2), second);
  const again = pool.park(familiesOf(first))!;
  most = 0;
  pool.clear();
  t.equal(again.isThere, false);
  t.same([most, counted, first.length], [0, 0, 0]);
  t.equal(pool.park(familiesOf(new Uint8Array(STEP))), undefined, 'of elsewhere');
  t.equal(new BufferPool(() => undefined, STEP).park(familiesOf(pool.take(STEP))), undefined);
  const small = new BufferPool(() => undefined, STEP);
  t.equal(small.park(familiesOf(small.take(STEP * 2))), undefined, 'more than is kept');
});

t.test('a pool that is cleared whenever it is told of more', async (t) => {
  let depth = 0;
  let deepest = 0;
  const pool: BufferPool = new BufferPool(() => {
    deepest = Math.max(deepest, ++depth);
    if (depth < 50) pool.clear();
    depth--;
  });
  const parked = Array.from({ length: 40 }, () => pool.take(STEP)).map((one) => pool.park(familiesOf(one)));
  t.ok(deepest < 5, `${deepest} calls inside of each other`);
  t.notOk(parked.some((one) => one?.isThere));
});

t.test('what is not kept is freed', async (t) => {
  let counted = 0;
  const pool = new BufferPool((bytes) => (counted += bytes));
  const foreign = new Uint8Array(STEP);
  pool.giveBack(familiesOf(foreign));
  t.equal(foreign.length, 0, 'what it did not give');
  const large = pool.take(2 * 1024 * 1024);
  pool.giveBack(familiesOf(large));
  t.equal(large.length, 0, 'one of unusual size');
  const many = Array.from({ length: 100 }, () => pool.take(1024 * 1024));
  pool.giveBack(familiesOf(...many));
  t.ok(many.some(({ length }) => length === 0) && many.some(({ length }) => length > 0), 'beyond its bound');
  t.equal(counted, 48 * 1024 * 1024);
  pool.clear();
  t.ok(
    many.every(({ length }) => length === 0),
    'all, when it is cleared',
  );
  t.equal(counted, 0);
});

t.test('a body is in the buffers of one that was given back, and no other', async (t) => {
  const shop = new Workshop();
  const body = (n: number): string =>
    Array.from(
      { length: 500 },
      (_, i) => `${i < 400 ? 'large' : `small${i}`}{n="${n}",i="${i}"} ${i}\n`,
    ).join('');
  const buffersOf = ({ families }: ReturnType<typeof read>): Set<Uint8Array> =>
    new Set(families.flatMap(({ parts }) => parts.map(({ bytes }) => bytes)));
  const kept = read(body(1), { shop });
  const given = read(body(2), { shop });
  const before = buffersOf(given);
  shop.packer.buffers.giveBack(given.families);
  const next = read(body(3), { shop });
  t.same(buffersOf(next), before, 'the same buffers');
  t.same(show(next), show(read(body(3))), 'with the new body');
  t.same(show(kept), show(read(body(1))), 'and the one that was kept is as it was');
});

t.test('a body that is packed often keeps no more than it counts, though its small parts grow', async (t) => {
  const round = (n: number): string =>
    Array.from({ length: 2000 }, (_, i) => `small${i}{n="${n}"} ${n}\n`).join('') +
    Array.from({ length: 25_000 }, (_, i) => `large{n="${n}",i="${i}"} ${i}\n`).join('');
  const { families, heldBytes } = read(Array.from({ length: 8 }, (_, n) => round(n)).join(''));
  const buffers = new Set(families.flatMap(({ parts }) => parts.map(({ bytes }) => bytes)));
  let kept = 0;
  for (const { length } of buffers) kept += length;
  t.ok(kept < heldBytes * 1.3, `${kept} bytes in buffers, ${heldBytes} counted`);
});
