import t from 'tap';
import { hashOf } from '../../src/relabel/hashmod.ts';
import { isInShard } from '../../src/relabel/shard.ts';
import { readDocument, table } from './markdown.ts';

const hashes = Array.from({ length: 4000 }, (_, i) => hashOf(`10.1.${i >> 8}.${i & 255}:8443`));

/** What part of the targets is missing, and double, at the worst moment while a StatefulSet goes from so many pods to so many. */
function whileChanging(from: number, to: number): { missing: number; double: number } {
  const most = { missing: 0, double: 0 };
  const pods = Array.from({ length: Math.max(from, to) }, (_, pod) => pod);
  // Those from the first replaced one on are new.
  for (let replaced = pods.length; replaced >= 0; replaced--) {
    const counts = hashes.map((hash) => {
      const has = (pod: number): boolean => {
        const count = pod < replaced ? from : to;
        return pod < count && isInShard(hash, { index: pod, count });
      };
      return pods.filter(has).length;
    });
    const part = (is: (count: number) => boolean): number => counts.filter(is).length / hashes.length;
    most.missing = Math.max(
      most.missing,
      part((count) => count === 0),
    );
    most.double = Math.max(
      most.double,
      part((count) => count > 1),
    );
  }
  return most;
}

t.test('what is told of a changing number of shards is so', async (t) => {
  const rows = table(readDocument('docs/sharding.md'), 'While their number changes', 'from');
  t.ok(rows.length > 5);
  for (const row of rows) {
    const found = whileChanging(Number(row['from']), Number(row['to']));
    for (const what of ['missing', 'double'] as const) {
      const told = Number.parseInt(row[what] ?? '', 10) / 100;
      t.ok(
        Math.abs(found[what] - told) < 0.025,
        `${row['from']} to ${row['to']}: ${what} ${found[what]}, told ${told}`,
      );
    }
  }
});
