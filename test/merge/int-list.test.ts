import t from 'tap';
import { IntList } from '../../src/merge/int-list.ts';

t.test('numbers stay what they are while a list grows', async (t) => {
  for (const capacity of [0, 1, 64, 5000, 1_000_000]) {
    for (const count of [0, 1, 2, 63, 64, 65, 16_383, 16_384, 16_385, 50_000]) {
      const list = new IntList(capacity);
      const want = new Int32Array(count);
      for (let i = 0; i < count; i++) {
        want[i] = Math.imul(i, 0x9e3779b1);
        list.push(want[i]!);
      }
      const about = `${count} in a list of ${capacity}`;
      t.equal(list.length, count, about);
      t.ok(Buffer.from(list.toArray().buffer).equals(Buffer.from(want.buffer)), about);
      if (count === 0) continue;
      t.equal(list.at(count - 1), want[count - 1], about);
      list.set(count - 1, 7);
      t.equal(list.at(count - 1), 7, about);
      t.equal(list.toArray().at(-1), 7, about);
    }
  }
});
