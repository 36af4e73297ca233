import t from 'tap';

import { SpentChunks } from '../../src/exposition/spent-chunks.ts';

t.test('a read is given back when a chunk of the next one has been worked off, and not before', async (t) => {
  const [first, second] = [new Uint8Array(10_000), new Uint8Array(10_000)];
  const spent = new SpentChunks();
  spent.add(first.subarray(0, 4000));
  spent.add(first.subarray(4000));
  t.equal(first.length, 10_000, 'the parser may still read it');
  spent.add(second);
  t.equal(first.length, 0);
  t.equal(second.length, 10_000);
});

t.test('a shared pool stays, since others have pieces of it', async (t) => {
  const pooled = Buffer.from('a chunk');
  const pool = new Uint8Array(pooled.buffer);
  t.ok(pool.length >= Buffer.poolSize, 'it is one');
  const spent = new SpentChunks();
  spent.add(pooled);
  spent.add(new Uint8Array(10));
  t.equal(pooled.toString(), 'a chunk');
});
