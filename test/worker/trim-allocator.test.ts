import t from 'tap';
import { trimAllocator } from '../../src/worker/trim-allocator.ts';

/** Too few for the allocator to ask the system for each. */
const PIECE_BYTES = 20_000;
const PIECES = 5000;
const report = process.report.getReport() as unknown as {
  readonly header: { readonly glibcVersionRuntime?: string };
};
const isGlibc = report.header.glibcVersionRuntime !== undefined;
const canCall = Number(process.versions.node.split('.')[0]) >= 26;

t.test('what the allocator holds free is given back', async (t) => {
  if (!isGlibc || !canCall) {
    t.equal(trimAllocator(), false, 'not where there is no way to it');
    return;
  }
  const warnings: Error[] = [];
  process.on('warning', (warning) => warnings.push(warning));
  // Every hundredth stays, so that no end of an arena is free.
  const kept: Buffer[] = [];
  const freed: ArrayBuffer[] = [];
  for (let i = 0; i < PIECES; i += 1) {
    const piece = Buffer.allocUnsafeSlow(PIECE_BYTES).fill(1);
    if (i % 100 === 99) kept.push(piece);
    else freed.push(piece.buffer);
  }
  for (const buffer of freed) buffer.transfer(0);
  const before = process.memoryUsage.rss();
  t.equal(trimAllocator(), true);
  const given = before - process.memoryUsage.rss();
  t.ok(given > (PIECES * PIECE_BYTES) / 2, `${given} bytes`);
  t.ok(
    kept.every((piece) => piece.every((byte) => byte === 1)),
    'what is used stays',
  );
  await new Promise((resolve) => setImmediate(resolve));
  t.same(warnings, [], 'nobody is told of experiments');
});
