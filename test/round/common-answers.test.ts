import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { PlanMemory } from '../../src/round/plan-memory.ts';
import { CommonAnswers } from '../../src/round/common-answers.ts';
import type { Round, Scraper } from '../../src/round/scraper.ts';
import { readSelector } from '../../src/selector/selector.ts';
import { MemoryLedger } from '../../src/worker/memory-ledger.ts';
import { ask, gate, startPlainPod, startPods, startScraper } from './fixture.ts';

/** Random text hardly compresses: 4 MB are left of it. */
const TEXT = randomBytes(96 * 50_000).toString('base64');
const LARGE = Array.from(
  { length: 50_000 },
  (_, i) => `m{x="${TEXT.slice(i * 128, i * 128 + 128)}"} 1\n`,
).join('');

const plans = new PlanMemory();

function answerOf(scraper: Scraper, round: Round, selector?: string) {
  const selectors = selector === undefined ? [] : [readSelector(selector)];
  return scraper.answers.get({ round, selectors, plans });
}

t.test('callers who got the same scrapes have the same bytes', async (t) => {
  await using pods = await startPods(3);
  await using scraper = await startScraper(pods, { reuseMs: 60_000 });
  using one = await ask(scraper);
  using two = await ask(scraper);
  const [first, second, named] = await Promise.all([
    answerOf(scraper, one),
    answerOf(scraper, two),
    answerOf(scraper, one, '{__name__=~"up"}'),
  ]);
  t.equal(first, second, 'at once');
  using three = await ask(scraper);
  t.equal(await answerOf(scraper, three), first, 'and later');
  const text = gunzipSync(first.bytes!).toString();
  t.equal(text.match(/^a_metric\{/gm)?.length, 3);
  t.equal(first.rawLength, text.length);
  t.equal(first.own, undefined);
  const selected = gunzipSync(named.bytes!).toString();
  t.equal(selected.match(/^up\{/gm)?.length, 3, 'other selectors, another answer');
  t.notMatch(selected, /a_metric/);
  t.ok(scraper.answers.keptBytes >= first.bytes!.length + named.bytes!.length);
});

t.test('one who leaves takes nothing from the others', async (t) => {
  await using pods = await startPods(2);
  await using scraper = await startScraper(pods, { reuseMs: 60_000 });
  const leaver = await ask(scraper);
  using stayer = await ask(scraper);
  const left = answerOf(scraper, leaver);
  const stayed = answerOf(scraper, stayer);
  leaver[Symbol.dispose]();
  await left;
  t.equal(
    gunzipSync((await stayed).bytes!)
      .toString()
      .match(/^a_metric\{/gm)?.length,
    2,
  );
});

t.test('another outcome is another answer', async (t) => {
  const { behaviour, open } = gate();
  await using pods = await startPods(2, [behaviour]);
  await using scraper = await startScraper(pods, { reuseMs: 60_000 });
  using impatient = await ask(scraper, 50);
  const without = await answerOf(scraper, impatient);
  open();
  using patient = await ask(scraper);
  const whole = await answerOf(scraper, patient);
  t.match(gunzipSync(without.bytes!).toString(), /reason="timeout"/);
  t.notMatch(gunzipSync(whole.bytes!).toString(), /reason=/);
});

t.test('what nobody can ask for again is forgotten', async (t) => {
  await using pods = await startPods(2);
  const ledger = new MemoryLedger();
  await using scraper = await startScraper(pods, { ledger });
  {
    using round = await ask(scraper);
    const { bytes } = await answerOf(scraper, round);
    t.ok(scraper.answers.keptBytes > bytes!.length, 'with what it takes to know it again');
    t.ok(ledger.held >= bytes!.length, 'it is counted');
  }
  for (let i = 0; i < 2000 && scraper.answers.keptBytes > 0; i++) await new Promise((r) => setTimeout(r, 5));
  t.equal(scraper.answers.keptBytes, 0);
  using round = await ask(scraper);
  t.equal(
    gunzipSync((await answerOf(scraper, round)).bytes!)
      .toString()
      .match(/^a_metric\{/gm)?.length,
    2,
  );
});

t.test('nothing is kept where memory is short', async (t) => {
  await using pods = await startPods(2);
  await using scraper = await startScraper(pods, { reuseMs: 60_000 });
  using round = await ask(scraper);
  const ledger = new MemoryLedger({ limit: 1000 });
  using answers = new CommonAnswers(ledger);
  const { bytes } = await answers.get({ round, selectors: [], plans });
  t.ok(bytes!.length > 100);
  t.equal(answers.keptBytes, 0);
  t.equal(ledger.held, 0);
});

t.test('a large answer is made for each caller', async (t) => {
  await using pod = await startPlainPod({ body: () => LARGE });
  await using scraper = await startScraper([pod], { reuseMs: 60_000 });
  const read = async (): Promise<string> => {
    using round = await ask(scraper);
    const { bytes, own } = await answerOf(scraper, round);
    using answer = own;
    t.equal(bytes, undefined);
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer!.gzip()) chunks.push(chunk);
    return gunzipSync(Buffer.concat(chunks)).toString();
  };
  const all = await Promise.all([read(), read()]);
  all.push(await read());
  for (const text of all) t.equal(text.match(/^m\{/gm)?.length, 50_000);
  t.equal(scraper.answers.keptBytes, 0);
});

t.test('an answer that cannot be made is tried again', async (t) => {
  await using pods = await startPods(2);
  await using scraper = await startScraper(pods, { reuseMs: 60_000 });
  using round = await ask(scraper);
  let asked = 0;
  const broken: Round = {
    ...round,
    shares: () => {
      // The first time it is only compared.
      if (++asked > 1) throw new Error('not now');
      return round.shares();
    },
    [Symbol.dispose]: () => undefined,
  };
  await t.rejects(answerOf(scraper, broken), { message: 'not now' });
  t.equal((await answerOf(scraper, round)).bytes !== undefined, true);
});
