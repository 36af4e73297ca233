import t from 'tap';
import { MemoryLedger } from '../../src/worker/memory-ledger.ts';
import { ask, poolsOf, startPlainPod, startPods, startScraper, states, targetOf, setOf } from './fixture.ts';

const MEBIBYTE = 1024 * 1024;

/** A body whose compressed form is no smaller. */
function noise(mebibytes: number): string {
  const line = (i: number): string => {
    let text = '';
    for (let n = i + 1; text.length < 900;) {
      n = (Math.imul(n, 1_103_515_245) + 12_345) >>> 0;
      text += n.toString(36);
    }
    return `noise{i="${i}",text="${text}"} 1\n`;
  };
  return Array.from({ length: mebibytes * 1024 }, (_, i) => line(i)).join('');
}

t.test('the largest body is given up when memory is short, and nothing else', async (t) => {
  const large = noise(12);
  await using huge = await startPlainPod({ body: () => large });
  await using small = await startPlainPod({ body: () => 'a_metric 1\n' });
  for (const workers of [1, 2]) {
    const ledger = new MemoryLedger({ limit: 4 * MEBIBYTE });
    await using scraper = await startScraper([huge, small], { ledger, maxWorkers: workers });
    for (let i = 0; i < 2; i++) {
      using round = await ask(scraper);
      t.same(states(round), ['memory', 'up'], `${workers} workers`);
      t.match(round.entries[0]?.outcome.error, /memory is short, and this body was the largest/);
    }
    t.equal(scraper.crashes.length, 0);
  }
  const ledger = new MemoryLedger({ limit: 100 * MEBIBYTE });
  await using scraper = await startScraper([huge, small], { ledger });
  const round = await ask(scraper);
  t.same(states(round), ['up', 'up'], 'with more of it');
  t.ok(ledger.held > 4 * MEBIBYTE, 'what is held is counted');
  round[Symbol.dispose]();
  // What is left are objects for the next bodies.
  while (ledger.held > 4096) await new Promise((resolve) => setTimeout(resolve, 10));
  t.equal(ledger.largest(), undefined, 'and nothing when it is given back');
});

t.test('an answer is cut off only when the process is too large and nothing else can give way', async (t) => {
  await using pods = await startPlainPod();
  const ledger = new MemoryLedger({ limit: 2 * MEBIBYTE, processLimit: 1000 * MEBIBYTE });
  await using scraper = await startScraper([pods], { ledger });
  const cut: string[] = [];
  using _first = scraper.memory.reading(() => cut.push('first'));
  using _second = scraper.memory.reading(() => cut.push('second'));
  ledger.write(0, 3 * MEBIBYTE, 0, 0);
  scraper.memory.relieve(500 * MEBIBYTE);
  t.same(cut, [], 'not for what is counted alone: the next caller would need the same');
  ledger.write(0, 3 * MEBIBYTE, 2 * MEBIBYTE, 77);
  const at = performance.now();
  scraper.memory.relieve(1100 * MEBIBYTE, at);
  t.same(cut, [], 'a large body goes first');
  ledger.write(0, 3 * MEBIBYTE, 0, 0);
  scraper.memory.relieve(1100 * MEBIBYTE, at);
  scraper.memory.relieve(1100 * MEBIBYTE, at + 100);
  t.same(cut, [], 'then garbage, which takes a moment');
  scraper.memory.relieve(1100 * MEBIBYTE, at + 200);
  scraper.memory.relieve(1100 * MEBIBYTE, at + 250);
  t.same(cut, ['first'], 'then who has read the longest; what it held comes free a little later');
  scraper.memory.relieve(1100 * MEBIBYTE, at + 350);
  t.same(cut, ['first', 'second']);
});

t.test('a job over its target_limit is not scraped', async (t) => {
  await using pods = await startPods(2);
  await using scraper = await startScraper(pods, { pools: poolsOf('target_limit: 1') });
  {
    using round = await ask(scraper);
    t.same(states(round), ['target_limit', 'target_limit']);
    t.match(round.entries[0]?.outcome, {
      samples: 0,
      error: 'target_limit exceeded (number of targets: 2, limit: 1)',
    });
  }
  t.equal(pods[0]!.requests.count + pods[1]!.requests.count, 0);
  scraper.setTargets(setOf([targetOf(pods[0]!)]));
  using round = await ask(scraper);
  t.same(states(round), ['up'], 'one of them is gone');
});
