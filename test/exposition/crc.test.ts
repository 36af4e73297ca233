import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import t from 'tap';
import { combineCrc, crcShift } from '../../src/exposition/crc.ts';

t.test('the CRC of two byte strings comes from their own', async (t) => {
  const sizes = [0, 1, 2, 3, 7, 8, 255, 256, 1000, 65_536, 1_000_003];
  for (const first of sizes) {
    for (const second of sizes) {
      const a = randomBytes(first);
      const b = randomBytes(second);
      const want = crc32(Buffer.concat([a, b]));
      t.equal(combineCrc(crc32(a), crc32(b), second), want, `${first} and ${second} bytes`);
    }
  }
});

t.test('many pieces one after the other', async (t) => {
  const pieces = Array.from({ length: 300 }, (_, i) => randomBytes((i * 37) % 4096));
  let crc = 0;
  for (const piece of pieces) crc = combineCrc(crc, crc32(piece), piece.length);
  t.equal(crc, crc32(Buffer.concat(pieces)));
});

t.test('lengths beyond 32 bits', async (t) => {
  // What x^(8n) is can be built from halves, so a large length is checked against smaller ones.
  for (const length of [2 ** 29, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 5, 2 ** 40 + 12_345]) {
    const half = Math.floor(length / 2);
    const crc = crc32('x');
    const zeros = (n: number, from: number): number => combineCrc(from, 0, n);
    t.equal(zeros(length, crc), zeros(length - half, zeros(half, crc)), `${length} bytes`);
  }
  t.equal(crcShift(0), 0x80000000, 'nothing follows');
});
