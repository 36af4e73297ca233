import t from 'tap';

import { sharesOf } from '../../benchmarks/floor-task.ts';

t.test('pods are dealt out to threads, and the answer is cut into pieces without a gap', async (t) => {
  for (const [pods, threads, bytes] of [
    [5, 2, 1003],
    [1, 4, 10],
    [8, 8, 7],
  ] as const) {
    const addresses = Array.from({ length: pods }, (_, index) => `127.1.0.${index + 1}:8443`);
    const shares = sharesOf({ pods: addresses, answerFile: '', threads }, new SharedArrayBuffer(bytes));
    const why = `${pods} pods, ${threads} threads, ${bytes} bytes`;
    t.equal(shares.length, Math.min(pods, threads), why);
    const sizes = shares.map((share) => share.pods.length);
    t.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${why}: alike`);
    const pieces = shares
      .flatMap((share) => share.pods)
      .sort((a, b) => a.start - b.start || a.length - b.length);
    let end = 0;
    for (const { start, length, port } of pieces) {
      t.equal(start, end, why);
      t.equal(port, 8443);
      end = start + length;
    }
    t.equal(end, bytes, why);
    t.same(new Set(pieces.map(({ host, port }) => `${host}:${port}`)), new Set(addresses), why);
  }
});
