import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import t from 'tap';
import { until } from '../discovery/fixture.ts';
import { Answer } from '../../src/round/answer.ts';
import { PlanMemory } from '../../src/round/plan-memory.ts';
import { readMatchers } from '../../src/selector/selector.ts';
import {
  ask,
  gate,
  setOf,
  startPlainPod,
  startPods,
  startScraper,
  states,
  targetOf,
  textOf,
} from './fixture.ts';

t.test('who asks joins the scrape that is under way', async (t) => {
  await using pod = await startPlainPod();
  const { behaviour, open } = gate();
  await pod.behave(behaviour);
  await using scraper = await startScraper([pod]);
  const first = [ask(scraper), ask(scraper)];
  await pod.nextRequest();
  const later = ask(scraper);
  t.equal(scraper.scrapesInFlight, 1);
  open();
  const texts: string[] = [];
  for (const asked of [...first, later]) {
    using round = await asked;
    t.same(states(round), ['up']);
    texts.push(await textOf(round));
  }
  t.match(texts[0], /^a_metric\{instance="127.0.0.1:\d+",job="job"\} 1$/m);
  t.equal(new Set(texts).size, 1, 'all have the same');
  t.match(pod.requests, { count: 1, peak: 1 });
  (await ask(scraper))[Symbol.dispose]();
  t.match(pod.requests, { count: 2, peak: 1, connections: 1 }, 'one that comes after it asks anew');
});

t.test('each caller has its own deadline', async (t) => {
  await using pods = await startPods(2);
  const { behaviour, open } = gate();
  await pods[0]!.behave(behaviour);
  await using scraper = await startScraper(pods);
  const patient = ask(scraper);
  {
    using impatient = await ask(scraper, 1000);
    t.same(states(impatient), ['timeout', 'up']);
    t.match(impatient.entries[0]?.outcome, { durationSeconds: 1, samples: 0, error: /within 1\.000 s/ });
    const text = await textOf(impatient);
    t.match(text, /^up\{.*\} 0$/m);
    t.match(text, /^scrape_failure_reason\{.*,reason="timeout"\} 1$/m);
    t.match(text, /^a_metric\{.*pod_number="1"\} 1$/m);
    t.notMatch(text, /pod_number="0"/);
  }
  t.equal(scraper.scrapesInFlight, 1, 'the scrape goes on');
  const next = ask(scraper, 20_000, { targets: scraper.targets.slice(0, 1) });
  open();
  using joined = await next;
  using complete = await patient;
  t.same(states(joined), ['up']);
  t.same(states(complete), ['up', 'up']);
  t.match(await textOf(complete), /^a_metric\{.*pod_number="0"\} 1\na_metric\{.*pod_number="1"\} 1$/m);
  t.match(pods[0]!.requests, { count: 1, peak: 1 });
});

t.test('a caller that goes away leaves the others waiting, and nothing behind', async (t) => {
  await using pod = await startPlainPod();
  const { behaviour, open } = gate();
  await pod.behave(behaviour);
  await using scraper = await startScraper([pod]);
  const leaver = new AbortController();
  const left = ask(scraper, 20_000, { signal: leaver.signal });
  const stays = ask(scraper);
  await pod.nextRequest();
  leaver.abort(new Error('gone'));
  await t.rejects(left, { message: 'gone' });
  await t.rejects(
    ask(scraper, 20_000, { signal: leaver.signal }),
    { message: 'gone' },
    'gone from the start',
  );
  open();
  {
    using round = await stays;
    t.same(states(round), ['up']);
    t.equal(scraper.scrapesKept, 1);
  }
  t.equal(scraper.scrapesKept, 0);
  t.equal(scraper.targets[0]?.pins, 0);
  t.equal(pod.requests.count, 1);
});

t.test('reuse of a scrape that ended', async (t) => {
  t.test('while it is new enough', async (t) => {
    await using pod = await startPlainPod();
    await using scraper = await startScraper([pod], { reuseMs: 60_000 });
    const texts: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      using round = await ask(scraper);
      texts.push(await textOf(round));
    }
    t.equal(new Set(texts).size, 1);
    t.equal(pod.requests.count, 1);
    t.equal(scraper.scrapesKept, 1, 'only the last is kept');
    scraper.setTargets(setOf([]));
    t.equal(scraper.scrapesKept, 0, 'and not for a target that is gone');
  });
  t.test('also of one that failed', async (t) => {
    await using pod = await startPlainPod({ behaviour: { kind: 'status', status: 500 } });
    await using scraper = await startScraper([pod], { reuseMs: 60_000 });
    for (let i = 0; i < 2; i += 1) t.same(states(await ask(scraper)), ['http_status']);
    t.equal(pod.requests.count, 1);
  });
  t.test('not when it is older', async (t) => {
    await using pod = await startPlainPod();
    await using scraper = await startScraper([pod], { reuseMs: 20 });
    (await ask(scraper))[Symbol.dispose]();
    await until(() => scraper.targets[0]?.reusable === undefined);
    t.equal(scraper.scrapesKept, 0);
    (await ask(scraper))[Symbol.dispose]();
    t.equal(pod.requests.count, 2);
  });
  t.test('what selectors ask for of it is picked out while others are late', async (t) => {
    const { behaviour, open } = gate();
    // Far more than what the count of memory is rounded to.
    const lines = Array.from({ length: 20_000 }, (_, i) => `a_metric{n="${i}",odd="${i % 2}"} 1\n`).join('');
    await using early = await startPlainPod({ body: () => lines });
    await using late = await startPlainPod({ behaviour });
    await using scraper = await startScraper([early, late], { reuseMs: 60_000 });
    (await ask(scraper, 20_000, { targets: scraper.targets.slice(0, 1) }))[Symbol.dispose]();
    const before = scraper.memory.held;
    const selectors = [readMatchers('{odd="1"}')];
    const signal = new AbortController().signal;
    const asked = scraper.round(scraper.targets, { timeoutMs: () => 20_000, selectors, signal });
    await until(() => scraper.memory.held > before);
    t.equal(late.requests.inFlight, 1);
    open();
    (await asked)[Symbol.dispose]();
    t.equal(early.requests.count, 1);
  });
  t.test('off', async (t) => {
    await using pod = await startPlainPod();
    await using scraper = await startScraper([pod], { reuseMs: 0 });
    for (let i = 0; i < 3; i += 1) (await ask(scraper))[Symbol.dispose]();
    t.equal(pod.requests.count, 3);
  });
});

t.test('a scrape that nobody waits for', async (t) => {
  t.test('ends at an age, with its connection; one that was joined goes on', async (t) => {
    await using pods = await startPods(2, [{ kind: 'hang', at: 'head' }]);
    const { behaviour, open } = gate();
    await pods[1]!.behave(behaviour);
    await using scraper = await startScraper(pods, { abandonAfterMs: 1000 });
    const abandoned = scraper.nextEnd(pods[0]!.url);
    t.same(states(await ask(scraper, 20)), ['timeout', 'timeout']);
    const joined = ask(scraper, 20_000, { targets: scraper.targets.slice(1) });
    t.match(await abandoned, { up: false, reason: 'timeout', error: /no complete answer/ });
    await until(() => pods[0]!.requests.inFlight === 0);
    open();
    t.same(states(await joined), ['up']);
    t.same([pods[0]!.requests.count, pods[1]!.requests.count], [1, 1]);
    await pods[0]!.behave({ kind: 'normal' });
    using after = await ask(scraper);
    t.same(states(after), ['up', 'up'], 'the next one begins anew');
  });
  t.test('is not kept alive by callers who come one after the other', async (t) => {
    await using pod = await startPlainPod({ behaviour: { kind: 'hang', at: 'head' } });
    await using scraper = await startScraper([pod], { abandonAfterMs: 200 });
    const first = pod.nextRequest();
    const asked = [ask(scraper, 150)];
    await first;
    await pod.behave({ kind: 'normal' });
    // Each comes while the one before still waits.
    for (let i = 0; i < 400 && pod.requests.count === 1; i++) {
      asked.push(ask(scraper, 150));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    t.equal(pod.requests.count, 2, 'it was asked again');
    using last = await ask(scraper);
    t.same(states(last), ['up']);
    for (const round of await Promise.all(asked)) round[Symbol.dispose]();
  });
  t.test('in the middle of a body', async (t) => {
    await using pod = await startPlainPod({ behaviour: { kind: 'hang', at: 'body' } });
    await using scraper = await startScraper([pod], { abandonAfterMs: 100 });
    const abandoned = scraper.nextEnd(pod.url);
    t.same(states(await ask(scraper, 20)), ['timeout']);
    t.match(await abandoned, { reason: 'timeout', samples: 0 });
    await until(() => pod.requests.inFlight === 0);
    t.equal(scraper.scrapesInFlight, 0);
  });
  t.test('in the middle of a handshake', async (t) => {
    await using server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const url = `https://127.0.0.1:${port}/metrics`;
    await using scraper = await startScraper([{ url }], { abandonAfterMs: 1000 });
    const abandoned = scraper.nextEnd(url);
    t.same(states(await ask(scraper, 20)), ['timeout']);
    const [socket] = await accepted;
    const closed = once(socket, 'close');
    socket.on('error', () => undefined).resume();
    t.match(await abandoned, { reason: 'timeout' });
    await closed;
  });
});

t.test('pods that hang do not keep the others waiting', async (t) => {
  const hang = { kind: 'hang', at: 'head' } as const;
  await using pods = await startPods(
    40,
    Array.from({ length: 30 }, () => hang),
  );
  await using scraper = await startScraper(pods, { maxWorkers: 2 });
  const asked = performance.now();
  using round = await ask(scraper, 4_000);
  const all = states(round);
  t.same(all, [...Array.from({ length: 30 }, () => 'timeout'), ...Array.from({ length: 10 }, () => 'up')]);
  t.ok(pods.every(({ requests }) => requests.count === 1));
  t.ok(
    scraper.ended.every(({ outcome }) => outcome.durationSeconds < (performance.now() - asked) / 1000 / 2),
    'those that answered were in long before the deadline',
  );
  const text = await textOf(round);
  t.equal(text.match(/^up\{.*\} [01]$/gm)?.length, 40);
  t.equal(text.match(/^a_metric\{/gm)?.length, 10);
});

t.test('a target that leaves the set while it is scraped', async (t) => {
  t.test('is still in the answer of who waits', async (t) => {
    await using pod = await startPlainPod();
    const { behaviour, open } = gate();
    await pod.behave(behaviour);
    await using scraper = await startScraper([pod]);
    const asked = ask(scraper);
    await pod.nextRequest();
    scraper.setTargets(setOf([]));
    t.same(scraper.targets, []);
    open();
    using round = await asked;
    t.same(states(round), ['up']);
    t.match(await textOf(round), /^a_metric\{/m);
  });
  t.test('is let go when nobody waits', async () => {
    await using pod = await startPlainPod({ behaviour: { kind: 'hang', at: 'head' } });
    await using scraper = await startScraper([pod]);
    const ended = scraper.nextEnd(pod.url);
    (await ask(scraper, 20))[Symbol.dispose]();
    scraper.setTargets(setOf([]));
    await ended;
    await until(() => pod.requests.inFlight === 0);
  });
  t.test('and comes back is not asked twice at once', async (t) => {
    await using pod = await startPlainPod();
    const { behaviour, open } = gate();
    await pod.behave(behaviour);
    await using scraper = await startScraper([pod]);
    const before = ask(scraper);
    await pod.nextRequest();
    scraper.setTargets(setOf([]));
    scraper.setTargets(setOf([targetOf(pod)]));
    const after = ask(scraper);
    open();
    for (const asked of [before, after]) {
      using round = await asked;
      t.same(states(round), ['up']);
    }
    t.match(pod.requests, { count: 1, peak: 1 });
    (await ask(scraper))[Symbol.dispose]();
    t.match(pod.requests, { count: 2, connections: 1 });
  });
});

t.test('what asks the same URL waits for its turn', async (t) => {
  const labelled = (pod: { url: string }, name: string) =>
    targetOf(pod, {
      key: `${pod.url} ${name}`,
      labels: [
        ['instance', name],
        ['job', 'job'],
      ],
    });
  t.test('a target whose labels changed while it was scraped', async (t) => {
    await using pod = await startPlainPod();
    const { behaviour, open } = gate();
    await pod.behave(behaviour);
    await using scraper = await startScraper([pod]);
    scraper.setTargets(setOf([labelled(pod, 'before')]));
    const before = ask(scraper);
    await pod.nextRequest();
    scraper.setTargets(setOf([labelled(pod, 'after')]));
    const after = ask(scraper);
    t.equal(scraper.scrapesInFlight, 2);
    open();
    using first = await before;
    using second = await after;
    t.match(await textOf(first), /^a_metric\{instance="before",job="job"\} 1$/m);
    t.match(await textOf(second), /^a_metric\{instance="after",job="job"\} 1$/m);
    t.match(pod.requests, { count: 2, peak: 1 });
  });
  t.test('targets of two jobs; one that gives up does not hold up who comes after it', async (t) => {
    await using pod = await startPlainPod();
    const { behaviour, open } = gate();
    await pod.behave(behaviour);
    await using scraper = await startScraper([pod], { abandonAfterMs: 100 });
    scraper.setTargets(setOf(['one', 'two', 'three'].map((name) => labelled(pod, name))));
    const [one, two, three] = scraper.targets;
    const patient = [one!, three!].map((target) => ask(scraper, 20_000, { targets: [target] }));
    t.same(states(await ask(scraper, 20, { targets: [two!] })), ['timeout']);
    await until(() => scraper.scrapesInFlight === 2);
    open();
    for (const asked of patient) {
      using round = await asked;
      t.same(states(round), ['up']);
    }
    t.match(pod.requests, { count: 2, peak: 1 });
  });
  t.test('a caller that comes while an abandoned scrape is being ended', async (t) => {
    await using pod = await startPlainPod({ behaviour: { kind: 'hang', at: 'head' } });
    await using scraper = await startScraper([pod]);
    const ended = scraper.nextEnd(pod.url);
    const asked = pod.nextRequest();
    (await ask(scraper, 20))[Symbol.dispose]();
    await asked;
    scraper.setTargets(setOf([]));
    scraper.setTargets(setOf([targetOf(pod)]));
    await pod.behave({ kind: 'normal' });
    using round = await ask(scraper);
    t.match(await ended, { reason: 'timeout' });
    t.same(states(round), ['up']);
    t.match(pod.requests, { count: 2 });
  });
});

t.test('a thread that crashes', async (t) => {
  t.test('costs its targets one scrape, and others nothing', async (t) => {
    await using pods = await startPods(32);
    const { behaviour, open } = gate();
    await using scraper = await startScraper(pods, { maxWorkers: 2 });
    t.same([scraper.targets[15]?.worker, scraper.targets[16]?.worker], [0, 1]);
    const kept = await ask(scraper);
    await pods[0]!.behave(behaviour);
    await pods[31]!.behave(behaviour);
    const asked = ask(scraper);
    await Promise.all([pods[0]!.nextRequest(), pods[31]!.nextRequest()]);
    await until(() => scraper.scrapesInFlight === 2);
    await kept.shares()[0]!.worker.crash();
    open();
    using round = await asked;
    const all = (state: string): string[] => Array.from({ length: 16 }, () => state);
    t.same(states(round), [...all('worker'), ...all('up')]);
    t.equal(scraper.crashes.length, 1);
    const text = await textOf(round);
    t.match(text, /^scrape_failure_reason\{.*,reason="worker"\} 1$/m);
    t.same(
      [...text.matchAll(/pod_number="(\d+)"/g)].map(([, number]) => Number(number)),
      Array.from({ length: 16 }, (_, i) => 16 + i),
      'what it had scraped before is gone too',
    );
    t.equal(text.match(/^up\{.*\} 0$/gm)?.length, 16);
    kept[Symbol.dispose]();
    using after = await ask(scraper);
    t.same(states(after), [...all('up'), ...all('up')]);
    t.equal(pods[31]!.requests.connections, 1);
    t.equal(pods[1]!.requests.connections, 2);
    t.match(await textOf(after), /pod_number="0"/);
  });
  t.test('makes an answer under way fail', async (t) => {
    await using pod = await startPlainPod();
    await using scraper = await startScraper([pod]);
    using round = await ask(scraper);
    using answer = new Answer(round.shares(), new PlanMemory());
    await round.shares()[0]!.worker.crash();
    await t.rejects(answer.prepare([]), { message: /has ended/ });
  });
});

t.test('its connection goes with the target', async (t) => {
  await using pod = await startPlainPod();
  await using scraper = await startScraper([pod]);
  (await ask(scraper))[Symbol.dispose]();
  const before = pod.requests.connections;
  scraper.setTargets(setOf([]));
  scraper.setTargets(setOf([targetOf(pod)]));
  (await ask(scraper))[Symbol.dispose]();
  t.same([before, pod.requests.connections], [1, 2]);
});
