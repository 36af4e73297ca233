import t from 'tap';
import { hashOf } from '../../src/relabel/hashmod.ts';
import { relabel, relabelConfig } from '../../src/relabel/relabel.ts';
import { formatShard, isInShard, readShard, shardWithin } from '../../src/relabel/shard.ts';

const addresses = Array.from({ length: 500 }, (_, i) => `10.${i % 7}.${i % 13}.${i}:8443`);

t.test('what is a shard, and what is none', async (t) => {
  for (const text of ['0/1', '0/4', '3/4', '9999/10000']) t.equal(formatShard(readShard(text)), text);
  const refused: readonly (readonly [text: string, says: RegExp])[] = [
    ['', /"" is not a shard; write it like 0\/4/],
    ['1', /not a shard/],
    ['1/', /not a shard/],
    ['-1/4', /not a shard/],
    ['1/4/2', /not a shard/],
    [' 1/4', /not a shard/],
    ['0/0', /1 to 10000 shards/],
    ['0/10001', /1 to 10000 shards/],
    ['0/99999999999', /1 to 10000 shards/],
    ['99999999999/4', /the last of 4 is 3\/4/],
    ['4/4', /counted from 0, so the last of 4 is 3\/4/],
  ];
  for (const [text, says] of refused) t.throws(() => readShard(text), says, text);
});

t.test("it is Prometheus' hashmod", async (t) => {
  const rules = [
    relabelConfig({ sourceLabels: ['__address__'], action: 'hashmod', modulus: 4, targetLabel: 'shard' }),
  ];
  for (const address of addresses) {
    const index = relabel(new Map([['__address__', address]]), rules)!.get('shard');
    t.ok(isInShard(hashOf(address), readShard(`${index}/4`)), address);
  }
});

t.test('every target is in one shard, and in one shard of that', async (t) => {
  const shards = (count: number) => Array.from({ length: count }, (_, index) => ({ index, count }));
  for (const outer of shards(4)) {
    const own = addresses.filter((address) => isInShard(hashOf(address), outer));
    t.ok(own.length > 0);
    for (const count of [1, 2, 3, 4]) {
      const parts = shards(count).map((inner) =>
        addresses.filter((address) => isInShard(hashOf(address), shardWithin(outer, inner))),
      );
      t.same(parts.flat().sort(), own.toSorted(), `${count} of ${formatShard(outer)}`);
      t.ok(parts.every((part) => part.length > 0));
    }
  }
  t.same(shardWithin({ index: 0, count: 1 }, { index: 1, count: 4 }), { index: 1, count: 4 }, 'of all');
});
