import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { ThreadTime } from '../../src/worker/thread-time.ts';

/** Steps that write a letter down and give the sum of nothing. */
function* letters(log: string[], letter: string, count: number): Generator<void, string, void> {
  for (let i = 0; i < count; i++) {
    log.push(letter);
    yield;
  }
  return letter;
}

t.test('work that fits into a turn is not interrupted', async (t) => {
  const time = new ThreadTime(60_000);
  const log: string[] = [];
  const all = [time.run(letters(log, 'a', 5)), time.run(letters(log, 'b', 5))];
  t.equal(log.join(''), 'aaaaabbbbb', 'before anything is awaited');
  t.strictSame(await Promise.all(all), ['a', 'b']);
  t.equal(time.begin(), undefined);
});

t.test(
  'work that takes longer has its turn in order, with one round of the event loop between',
  async (t) => {
    const time = new ThreadTime(0);
    const log: string[] = [];
    const all = ['a', 'b', 'c'].map((letter) => time.run(letters(log, letter, 4)));
    for (let i = 0; i < 4; i++) {
      log.push('|');
      await nextTurn();
    }
    await Promise.all(all);
    // Each begins at once; then one of them goes on in each round.
    t.match(log.join(''), /^abc\|[abc]?\|/);
    t.equal(log.filter((letter) => letter !== '|').join(''), 'abcabcabcabc');
  },
);

t.test('who comes later waits behind those who wait', async (t) => {
  const time = new ThreadTime(0);
  const order: string[] = [];
  const waiting = ['first', 'second'].map(async (name) => {
    await time.pause();
    order.push(name);
  });
  const late = time.begin();
  t.ok(late instanceof Promise);
  await Promise.all([...waiting, late!.then(() => order.push('late'))]);
  t.strictSame(order, ['first', 'second', 'late']);
});

t.test('what goes wrong in a step goes to who runs it', async (t) => {
  const time = new ThreadTime(0);
  const broken = function* (): Generator<void, void, void> {
    yield;
    throw new Error('broken');
  };
  const other = time.run(letters([], 'a', 3));
  await t.rejects(time.run(broken()), { message: 'broken' });
  t.equal(await other, 'a');
});
