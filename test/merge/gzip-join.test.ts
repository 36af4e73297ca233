import { randomBytes } from 'node:crypto';
import { crc32, gunzipSync } from 'node:zlib';
import t from 'tap';
import { BlockDeflater } from '../../src/exposition/block-deflater.ts';
import { GzipJoin, HeaderCache } from '../../src/merge/gzip-join.ts';

t.test('pieces become one gzip stream', async (t) => {
  const deflater = new BlockDeflater();
  for (const sizes of [[], [0], [1], [10_000, 0, 3, 500_000], Array.from({ length: 200 }, (_, i) => i)]) {
    const join = new GzipJoin();
    const stream: Uint8Array[] = [join.begin()];
    const raw = sizes.map((size) => randomBytes(size));
    for (const bytes of raw) {
      deflater.clear();
      deflater.begin();
      deflater.add(bytes, 0, bytes.length);
      const block = deflater.finish();
      join.add(block);
      stream.push(deflater.bytes.slice(block.start, block.start + block.length));
    }
    stream.push(join.end());
    const whole = Buffer.concat(stream);
    const want = Buffer.concat(raw);
    t.ok(gunzipSync(whole).equals(want), `${sizes.length} pieces`);
    t.equal(join.rawLength, want.length);
    t.equal(whole.readUInt32LE(whole.length - 8), crc32(want), 'CRC');
    t.equal(whole.readUInt32LE(whole.length - 4), want.length, 'ISIZE');
  }
});

t.test('the length is counted modulo 2^32', async (t) => {
  const join = new GzipJoin();
  for (let i = 0; i < 5; i++) join.add({ rawLength: 2 ** 30, crc: 0 });
  join.add({ rawLength: 7, crc: 0 });
  t.equal(join.rawLength, 5 * 2 ** 30 + 7);
  t.equal(Buffer.from(join.end()).readUInt32LE(6), 2 ** 30 + 7);
});

t.test('a header is made once', async (t) => {
  const cache = new HeaderCache();
  const headers = ['# TYPE a gauge\n', '# HELP b é😀\n', `# HELP c ${'x'.repeat(400_000)}\n`];
  const pieces = headers.map((header) => cache.piece(header));
  for (const [i, header] of headers.entries()) {
    t.equal(cache.piece(header), pieces[i]);
    const join = new GzipJoin();
    join.add(pieces[i]!);
    const whole = Buffer.concat([join.begin(), pieces[i]!.bytes, join.end()]);
    t.equal(gunzipSync(whole).toString(), header);
  }
});
