import { gzipSync } from 'node:zlib';
import t from 'tap';
import { createRandom } from '../../simulator/random.ts';
import { Workshop } from '../../src/exposition/workshop.ts';
import { linesOf, read, rulesOf, show } from './fixture.ts';
import { generatedBody, generatedLine } from './generated-body.ts';

const RULES = [true, false].flatMap((honorLabels) =>
  [true, false].flatMap((honorTimestamps) =>
    [
      { job: 'j', instance: 'i' },
      { job: 'j', instance: 'i', pod: 'p', exported_job: 't' },
      { a: 'only' },
    ].map((labels) => ({ rules: rulesOf(labels, { honorLabels, honorTimestamps }), labels })),
  ),
);

t.test('a line comes out the same whether its shape is known or not', async (t) => {
  const random = createRandom(1);
  const lines = Array.from({ length: 300 }, () => generatedLine(random));
  for (const { rules, labels } of RULES) {
    const shop = new Workshop();
    const wrong = lines.filter((line) => {
      // The first line of a body has no line before that could foretell its shape; the others have.
      const alone = linesOf(`${line}\n`, { rules, shop });
      return linesOf(`${line}\n${line}\n${line}`, { rules, shop }) !== alone.repeat(3);
    });
    t.strictSame(wrong, [], `${rules.shapeKey} of ${JSON.stringify(labels)}`);
  }
});

t.test('a body comes out the same however it comes and whatever was read before', async (t) => {
  const shop = new Workshop();
  for (let seed = 1; seed <= 60; seed++) {
    const random = createRandom(seed + 1000);
    const { rules } = random.pick(RULES);
    const body = generatedBody(seed, random.whole(1, 200));
    const want = show(read(body, { rules }));
    const chunks = Array.from({ length: 4 }, () => random.whole(1, 50));
    t.strictSame(show(read(body, { rules, shop })), want, `seed ${seed}: in a used workshop`);
    t.strictSame(show(read(body, { rules, shop })), want, `seed ${seed}: with its shapes known`);
    t.strictSame(show(read(body, { rules, shop, chunks })), want, `seed ${seed}: in pieces`);
    t.strictSame(show(read(gzipSync(body), { rules, shop, chunks, gzip: true })), want, `seed ${seed}: gzip`);
  }
});
