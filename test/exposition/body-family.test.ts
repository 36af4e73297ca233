import t from 'tap';
import { benchBody } from '../../simulator/render.ts';
import { createRandom } from '../../simulator/random.ts';
import { SpareFamilies } from '../../src/exposition/body-family.ts';
import type { LabelledExposition } from '../../src/exposition/family-block.ts';
import { Workshop } from '../../src/exposition/workshop.ts';
import { generatedBody } from './generated-body.ts';
import { read, shown, type Reading } from './fixture.ts';

/** Bodies of one target, each read when the one before is not needed any more. */
function oneAfterTheOther(shop: Workshop) {
  const counted = { bytes: 0 };
  const spare = new SpareFamilies((bytes) => (counted.bytes += bytes));
  const next = (body: string | Uint8Array, reading: Reading = {}): LabelledExposition =>
    read(body, { shop, spare, ...reading });
  const release = (exposition: LabelledExposition): void => {
    spare.give(exposition, shop.packer.buffers);
  };
  return { spare, counted, next, release };
}

t.test('what a body becomes does not depend on the bodies before it', async (t) => {
  for (const [kind, coder] of [
    ['with a coder', undefined],
    ['without', null],
  ] as const) {
    const shop = new Workshop(coder);
    const fresh = new Workshop(coder);
    const { next, release } = oneAfterTheOther(shop);
    const random = createRandom(7);
    for (let i = 0; i < 120; i++) {
      const small = random.next() < 0.9;
      const body = small
        ? generatedBody(i, random.whole(0, 120))
        : benchBody({ bytes: random.whole(5000, 60_000), seed: i });
      shop.packer.keepSmall = fresh.packer.keepSmall = random.next() < 0.8;
      const chunks = random.next() < 0.3 ? [600_000, 1] : [1e9];
      const gathered =
        random.next() < 0.05
          ? Array(40)
              .fill(String(Buffer.from(body)))
              .join('\n')
          : body;
      if (random.next() < 0.1) {
        const reading = { openMetrics: random.next() < 0.5 };
        const broken = `${generatedBody(i, 20)}\n{`;
        t.throws(() => next(broken, reading));
      }
      const exposition = next(gathered, { chunks });
      t.same(shown(exposition), shown(read(gathered, { shop: fresh, chunks })), `${kind}, body ${i}`);
      release(exposition);
    }
  }
});

t.test('a body with the families of the last one makes no objects for them', async (t) => {
  const { next, release } = oneAfterTheOther(new Workshop());
  const objectsOf = ({ families }: LabelledExposition) => families.flatMap((one) => [one, ...one.parts]);
  const body = (seed: number) => benchBody({ bytes: 60_000, seed });
  const first = next(body(1));
  const objects = objectsOf(first);
  t.ok(objects.length > 100, `${objects.length} objects`);
  const beside = next(body(2));
  t.notOk(
    objectsOf(beside).some((one) => objects.includes(one)),
    'while somebody reads it, it is left alone',
  );
  release(first);
  const second = objectsOf(next(body(3)));
  t.equal(second.filter((one) => objects.includes(one)).length, objects.length);
});

t.test('what is kept for the next body has bounds, and is counted', async (t) => {
  const families = (count: number, from = 0): string =>
    Array.from({ length: count }, (_, i) => `f${from + i} 1\n`).join('');
  const cases: [why: string, bodies: string[], kept: boolean][] = [
    ['few families', [families(10)], true],
    ['families without samples', ['# TYPE a gauge\n# TYPE b gauge\n# TYPE c gauge\nd 1\n'], true],
    ['very many', [families(3000)], false],
    ['others each time', [families(100), families(100, 100), families(100, 200)], false],
    ['some others', [families(100), families(100, 50)], true],
    ['few of many', [families(100), families(10)], false],
  ];
  for (const [why, bodies, kept] of cases) {
    const { next, release, counted, spare } = oneAfterTheOther(new Workshop());
    for (const body of bodies) release(next(body));
    t.equal(counted.bytes > 0, kept, why);
    const before = counted.bytes;
    const last = next(families(1));
    t.equal(counted.bytes, 0, `${before} bytes are the next body's`);
    spare.close();
    release(last);
    t.equal(counted.bytes, 0, 'after the last body nothing is kept');
  }
});

t.test('another table of names', async (t) => {
  const { next, release } = oneAfterTheOther(new Workshop());
  release(next('a 1\nb 1\n'));
  const other = next('# TYPE b gauge\nb 2\na 2\n', { shop: new Workshop() });
  t.same(shown(other), shown(read('# TYPE b gauge\nb 2\na 2\n')));
});
