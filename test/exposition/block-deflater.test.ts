import { randomBytes } from 'node:crypto';
import { crc32, inflateRawSync } from 'node:zlib';
import t from 'tap';
import { BlockDeflater } from '../../src/exposition/block-deflater.ts';

const EMPTY_FINAL_BLOCK = Buffer.of(3, 0);

t.test('blocks stand in any order in one stream', async (t) => {
  const deflater = new BlockDeflater();
  const texts = [
    Buffer.from('a{instance="i",job="j"} 1\n'.repeat(1000)),
    Buffer.from('a{instance="i",job="j"} 1\n'),
    randomBytes(700_000),
    Buffer.alloc(0),
    Buffer.alloc(3_000_000),
  ];
  const blocks = texts.map((text) => {
    deflater.begin();
    // In unequal pieces, some of them views into something larger.
    for (let start = 0, size = 1; start < text.length; start += size, size = size * 3 + 1)
      deflater.add(text, start, Math.min(start + size, text.length));
    return deflater.finish();
  });
  t.equal(deflater.length, blocks.at(-1)!.start + blocks.at(-1)!.length, 'they lie one after the other');
  for (const [i, block] of blocks.entries()) {
    t.equal(block.rawLength, texts[i]!.length);
    t.equal(block.crc, crc32(texts[i]!));
  }
  for (const order of [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [1, 1, 3, 1, 0], [3]]) {
    const stream = order.map((i) =>
      deflater.bytes.subarray(blocks[i]!.start, blocks[i]!.start + blocks[i]!.length),
    );
    const got = inflateRawSync(Buffer.concat([...stream, EMPTY_FINAL_BLOCK]));
    t.ok(got.equals(Buffer.concat(order.map((i) => texts[i]!))), order.join());
  }
});

t.test('whatever room the output has left', async (t) => {
  const deflater = new BlockDeflater();
  const text = Buffer.from(randomBytes(3000).toString('hex'));
  const blocks: { start: number; length: number; text: Buffer }[] = [];
  for (let length = 1; length < text.length; length += 31) {
    deflater.begin();
    deflater.add(text, 0, length);
    blocks.push({ ...deflater.finish(), text: text.subarray(0, length) });
  }
  t.ok(deflater.bytes.length > 256 * 1024, 'the output had to grow');
  const wrong = blocks.filter(({ start, length, text }) => {
    const block = deflater.bytes.subarray(start, start + length);
    return !inflateRawSync(Buffer.concat([block, EMPTY_FINAL_BLOCK])).equals(text);
  });
  t.strictSame(wrong, []);
});

t.test('a finished block can be appended, and all can be forgotten', async (t) => {
  const deflater = new BlockDeflater();
  deflater.begin();
  deflater.add(Buffer.from('abc'), 1, 3);
  const { length } = deflater.finish();
  const block = deflater.bytes.slice(0, length);
  deflater.clear();
  t.equal(deflater.length, 0);
  for (let i = 0; i < 40_000; i++) deflater.append(block, 0, length);
  t.equal(deflater.length, 40_000 * length);
  const stream = Buffer.concat([deflater.bytes.subarray(0, deflater.length), EMPTY_FINAL_BLOCK]);
  t.equal(inflateRawSync(stream).toString(), 'bc'.repeat(40_000));
});
