import t from 'tap';
import { heldLimit, MemoryLedger } from '../../src/worker/memory-ledger.ts';
import { SMALLEST_VICTIM, WorkerMemory } from '../../src/worker/worker-memory.ts';

const MEBIBYTE = 1024 * 1024;

/** Two workers with one ledger, and what each of them asked for. */
function twoWorkers(limit: number) {
  const ledger = new MemoryLedger({ limit });
  /** What each keeps for nobody. */
  const spared = [0, 0];
  const workers = [0, 1].map((thread) => {
    const asked: (number | 'call')[] = [];
    const memory = new WorkerMemory(new MemoryLedger(ledger.options), thread, {
      spare: () => {
        const bytes = spared[thread]!;
        spared[thread] = 0;
        memory.add(-bytes);
      },
      giveWay: (scrape) => {
        asked.push(scrape);
        memory.close(scrape);
      },
      call: () => asked.push('call'),
      processBytes: () => 0,
      collect: () => undefined,
    });
    return { memory, asked };
  });
  return { ledger, spared, workers: workers as [(typeof workers)[0], (typeof workers)[0]] };
}

t.test('what all threads hold is known to each of them', async (t) => {
  const { ledger, workers } = twoWorkers(100 * MEBIBYTE);
  const [first, second] = workers;
  t.equal(ledger.held, 0);
  t.equal(ledger.largest(), undefined);
  const account = first.memory.account(1);
  account.hold(2 * MEBIBYTE);
  second.memory.account(7).hold(3 * MEBIBYTE);
  second.memory.add(10 * MEBIBYTE);
  t.equal(ledger.held, 15 * MEBIBYTE);
  t.same(ledger.largest(), { thread: 1, scrape: 7, bytes: 3 * MEBIBYTE });
  account.hold(5 * MEBIBYTE);
  t.match(ledger.largest(), { thread: 0, scrape: 1 });
  t.equal(first.memory.bytesOf(1), 5 * MEBIBYTE);
  account.hold(1 * MEBIBYTE);
  t.match(ledger.largest(), { thread: 1, scrape: 7 }, 'a body can shrink');
  second.memory.close(7);
  second.memory.close(7);
  second.memory.add(-10 * MEBIBYTE);
  t.match(ledger.largest(), { thread: 0, scrape: 1 });
  first.memory.close(1);
  t.equal(ledger.held, 0);
  t.equal(ledger.largest(), undefined);
  t.same([first.asked, second.asked], [[], []]);
});

t.test('when they hold too much, the largest body gives way', async (t) => {
  const at = (worker: 0 | 1, mebibytes: number) => ({ worker, mebibytes });
  const cases = [
    { why: 'itself', bodies: [at(0, 9), at(1, 3)], grows: 1, to: 12, want: 'throws' },
    { why: 'another one of the same worker', bodies: [at(0, 9), at(0, 3)], grows: 2, to: 5, want: 1 },
    { why: 'one of another worker', bodies: [at(1, 9), at(0, 3)], grows: 2, to: 5, want: 'call' },
    {
      why: 'nothing large is there',
      bodies: [at(0, 0.5), at(0, 0.4)],
      kept: 11,
      grows: 2,
      to: 0.6,
      want: 'call',
    },
  ] as const;
  for (const { why, bodies, grows, to, want, ...more } of cases) {
    const { workers } = twoWorkers(12 * MEBIBYTE);
    if ('kept' in more) workers[1].memory.add(more.kept * MEBIBYTE);
    const accounts = new Map(
      bodies.map(({ worker, mebibytes }, i) => {
        const account = workers[worker].memory.account(i + 1);
        try {
          account.hold(mebibytes * MEBIBYTE);
        } catch {
          t.fail(`${why}: too early`);
        }
        return [i + 1, account];
      }),
    );
    for (const { asked } of workers) asked.length = 0;
    const grow = (): void => accounts.get(grows)!.hold(to * MEBIBYTE);
    if (want === 'throws') {
      t.throws(
        grow,
        {
          name: 'MemoryError',
          message: /it held 12\.0 MiB, all together 15\.0 MiB of 12\.0 MiB.*--memory\.limit/,
        },
        why,
      );
    } else {
      grow();
      t.same(workers[0].asked, [want], why);
    }
    t.same(workers[1].asked, []);
  }
  t.ok(SMALLEST_VICTIM <= MEBIBYTE);
});

t.test('a body that does not grow need not give way', async (t) => {
  const { workers } = twoWorkers(4 * MEBIBYTE);
  const account = workers[0].memory.account(1);
  account.hold(3 * MEBIBYTE);
  workers[1].memory.add(3 * MEBIBYTE);
  t.same(workers[1].asked, ['call'], 'what is no body calls for help');
  account.hold(3 * MEBIBYTE);
  account.hold(2 * MEBIBYTE);
  t.same(workers[0].asked, []);
});

t.test('the budget is less than the limit, and never nothing', async (t) => {
  for (const limit of [64, 128, 256, 512, 4096]) {
    const budget = heldLimit(limit * MEBIBYTE);
    t.ok(budget >= 16 * MEBIBYTE && budget < limit * MEBIBYTE, String(limit));
  }
  t.ok(heldLimit(1024 * MEBIBYTE) > heldLimit(512 * MEBIBYTE));
});

t.test(
  'garbage is collected when the process becomes large, and bodies go when that does not help',
  async (t) => {
    const ledger = new MemoryLedger({ processLimit: 1000 * MEBIBYTE });
    const said: string[] = [];
    let process = 0;
    let garbage = 0;
    const memory = new WorkerMemory(ledger, 0, {
      spare: () => undefined,
      giveWay: (scrape) => said.push(`give way ${scrape}`),
      call: () => said.push('call'),
      processBytes: () => process,
      collect: () => {
        said.push('collect');
        process -= garbage;
        garbage = 0;
      },
    });
    const account = memory.account(1);
    account.hold(20 * MEBIBYTE);
    t.same(said, [], 'not while it is small');
    process = 900 * MEBIBYTE;
    garbage = 200 * MEBIBYTE;
    account.hold(21 * MEBIBYTE);
    t.same(said, [], 'nor looked at for every byte');
    account.hold(30 * MEBIBYTE);
    t.same(said.splice(0), ['collect']);
    process = 1100 * MEBIBYTE;
    t.throws(() => account.hold(60 * MEBIBYTE), { name: 'MemoryError' });
    memory.close(1);
    memory.account(2).hold(2 * MEBIBYTE);
    t.throws(() => memory.account(3).hold(10 * MEBIBYTE), { name: 'MemoryError' }, 'the largest');
  },
);

t.test('what is kept for nobody goes before any body', async (t) => {
  const { ledger, spared, workers } = twoWorkers(20 * MEBIBYTE);
  const [{ memory, asked }] = workers;
  memory.add(10 * MEBIBYTE);
  spared[0] = 10 * MEBIBYTE;
  memory.account(1).hold(15 * MEBIBYTE);
  t.same(asked, []);
  t.equal(ledger.held, 15 * MEBIBYTE);
  t.throws(() => memory.account(1).hold(21 * MEBIBYTE), { name: 'MemoryError' });
});
