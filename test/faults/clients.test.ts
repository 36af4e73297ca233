import { request } from 'node:http';
import t from 'tap';

import { HEALTHY, verdictOf } from './answer-reader.ts';
import { reaches, startCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { checkOthers } from './fault.ts';
import { memoryOf, MIB } from './process-memory.ts';
import { askSlowly, LARGE } from './raw-caller.ts';

const LEFT = 'rounds_total{view="metrics",result="caller_left"}';
const CUT_OFF = 'rounds_total{view="metrics",result="cut_off"}';

function healthyLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.includes(HEALTHY) && !line.startsWith('scrape_duration_seconds{'));
}

function grown({ pid, baselineMemory }: Cluster): number {
  return (memoryOf(pid, 'VmHWM') - baselineMemory) / MIB;
}

/** Small enough that what is never given back would come to it. */
const LIMIT_MIB = 512;

/** Asks and goes away once `at` of the answer has come. */
function askAndLeave(url: string, at: 'nothing' | 'the head' | 'a part'): Promise<void> {
  return new Promise((resolve) => {
    // With this header the server says when it has the request.
    const headers = at === 'nothing' ? { expect: '100-continue' } : {};
    const asked = request(`${url}/metrics`, { agent: false, headers }, (response) => {
      if (at === 'the head') asked.destroy();
      else response.once('data', () => asked.destroy());
    });
    asked.on('error', () => undefined);
    asked.once('continue', () => asked.destroy());
    asked.once('close', resolve);
    asked.end();
  });
}

t.test('callers', async (t) => {
  await using cluster = await startCluster({
    faulty: { pods: 3 },
    args: [`--memory.limit=${LIMIT_MIB}MiB`],
  });
  const { url, faulty, healthy, baseline } = cluster;
  const [first] = faulty.pods;

  const encodings: [accept: string, want: string | undefined][] = [
    ['gzip', 'gzip'],
    ['deflate', undefined],
    ['br', undefined],
    ['br, deflate, gzip;q=0.1', 'gzip'],
    ['identity', undefined],
    ['gzip;q=0', undefined],
    ['*', 'gzip'],
    ['', undefined],
  ];
  for (const [accept, want] of encodings) {
    await t.test(`one that accepts "${accept}"`, async (t) => {
      const answer = await cluster.ask(10, { 'accept-encoding': accept });
      t.equal(answer.encoding, want);
      checkOthers(t, cluster, answer, 10);
    });
  }

  await t.test('one that speaks HTTP/1.0', async (t) => {
    using caller = await askSlowly(url, { version: '1.0' });
    const { ending, text } = await caller.drain();
    const [head = '', body = ''] = text.split('\r\n\r\n', 2);
    t.match(head, /^HTTP\/1\.[01] 200 OK\r\n/);
    t.notMatch(
      head,
      /transfer-encoding|content-encoding/i,
      'the body as it is, up to the end of the connection',
    );
    t.equal(ending, 'end');
    t.strictSame(healthyLines(body), baseline);
    t.ok(body.endsWith('\n'));
  });

  await t.test('200 at once', async (t) => {
    const before = await healthy.stats();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        cluster.ask(20, { 'accept-encoding': i % 2 === 0 ? 'gzip' : 'identity' }),
      ),
    );
    for (const answer of answers) checkOthers(t, cluster, answer, 20);
    const after = await healthy.stats();
    t.equal(after.peak, 1, 'no pod was asked twice at a time');
    t.ok(after.requests - before.requests < 50 * healthy.pods.length, 'most joined the scrapes of others', {
      requests: after.requests - before.requests,
    });
    t.ok(grown(cluster) < 200, 'a MiB for each at most', { grown: grown(cluster) });
  });

  await t.test('one of 2 s and one of 30 s, and a pod that takes 4 s', async (t) => {
    for (const i of faulty.pods.keys()) await faulty.behave(i, { kind: 'delay', ms: 4000 });
    const before = (await faulty.stats()).requests;
    const [hasty, patient] = await Promise.all([cluster.ask(2), cluster.ask(30)]);
    checkOthers(t, cluster, hasty, 2);
    checkOthers(t, cluster, patient, 30);
    t.equal(verdictOf(hasty, first!.address), 'timeout');
    t.equal(verdictOf(patient, first!.address), 'up');
    t.ok(patient.seconds < 20, 'who waits for the pod waits no longer than it takes', {
      seconds: patient.seconds,
    });
    t.equal((await faulty.stats()).requests - before, faulty.pods.length, 'one scrape for both');
    for (const i of faulty.pods.keys()) await faulty.behave(i, { kind: 'normal' });
  });

  await t.test('those that go away', async (t) => {
    await cluster.ask(10);
    const left = (await cluster.telemetry(LEFT)) ?? 0;
    await faulty.behave(0, { kind: 'delay', ms: 1000 });
    await Promise.all(Array.from({ length: 40 }, () => askAndLeave(url, 'nothing')));
    await faulty.behave(0, LARGE);
    await Promise.all(Array.from({ length: 20 }, () => askAndLeave(url, 'the head')));
    await Promise.all(Array.from({ length: 20 }, () => askAndLeave(url, 'a part')));
    t.equal(await reaches(() => cluster.telemetry(LEFT), left + 80), left + 80, 'each is counted');
    await faulty.behave(0, { kind: 'normal' });
    const after = await cluster.ask(10);
    checkOthers(t, cluster, after, 10);
    t.equal(verdictOf(after, first!.address), 'up');
    t.equal(await reaches(() => cluster.telemetry('scrapes_in_flight'), 0), 0);
    t.ok(grown(cluster) < 300, 'no answer is held for them', { grown: grown(cluster) });
  });

  await t.test('20 that read a byte a second', async (t) => {
    await faulty.behave(0, LARGE);
    const cut = (await cluster.telemetry(CUT_OFF)) ?? 0;
    const headers = { 'x-prometheus-scrape-timeout-seconds': '12' };
    const callers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        askSlowly(url, { headers: { ...headers, ...(i % 2 === 0 ? { 'accept-encoding': 'gzip' } : {}) } }),
      ),
    );
    using old = await askSlowly(url, { version: '1.0', headers });
    await Promise.all([...callers, old].map(({ begun }) => begun));
    const meanwhile = await cluster.ask(20);
    checkOthers(t, cluster, meanwhile, 20);
    t.equal(verdictOf(meanwhile, first!.address), 'up', 'others read the whole answer meanwhile');
    t.equal(
      await reaches(() => cluster.telemetry(CUT_OFF), cut + 21),
      cut + 21,
      'they are cut off in the end',
    );
    for (const caller of callers) {
      const { text } = await caller.drain();
      t.notOk(text.endsWith('0\r\n\r\n'), 'the last chunk never comes');
    }
    const { ending } = await old.drain();
    t.equal(ending, 'reset', 'nothing but RST tells a caller of HTTP/1.0 that there was more');
    t.ok(grown(cluster) < 400, 'what waits for each is bounded', { grown: grown(cluster) });
    await faulty.behave(0, { kind: 'normal' });
    checkOthers(t, cluster, await cluster.ask(10), 10);
  });

  await t.test('what is left of all of them', async (t) => {
    // Garbage is collected while there is work.
    for (let round = 0; round < 20; round += 1) await cluster.ask(10);
    const now = memoryOf(cluster.pid, 'VmRSS') / MIB;
    t.ok(now < LIMIT_MIB, 'no more memory than the limit', { now });
    t.equal(await cluster.telemetry('worker_crashes_total'), 0);
    t.equal(await cluster.telemetry('scrapes_in_flight'), 0);
  });
});
