import t from 'tap';

import { verdictOf } from './answer-reader.ts';
import { reaches, startCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { checkOthers } from './fault.ts';
import { askSlowly, LARGE } from './raw-caller.ts';
import { socketsTo } from './sockets.ts';

const CRASHES = 'worker_crashes_total';
const env = { NODE_OPTIONS: `--import=${new URL('crash-on-signal.ts', import.meta.url).href}` };

function addressesOf({ healthy, faulty }: Cluster): string[] {
  return [...healthy.pods, ...faulty.pods].map(({ address }) => address);
}

async function crash(cluster: Cluster): Promise<void> {
  const before = (await cluster.telemetry(CRASHES))!;
  cluster.program.process.kill('SIGUSR2');
  if ((await reaches(() => cluster.telemetry(CRASHES), before + 1)) === before)
    throw new Error('no worker thread ended');
}

t.test('a worker ends late in an answer', async (t) => {
  // So few small bodies have one worker.
  await using cluster = await startCluster({ healthy: { pods: 4 }, faulty: { pods: 2 }, env });
  const { url, faulty } = cluster;
  t.equal(await cluster.telemetry('workers'), 1);
  for (const [name, version, headers] of [
    ['HTTP/1.1, gzip', '1.1', { 'accept-encoding': 'gzip' }],
    ['HTTP/1.1, identity', '1.1', {}],
    ['HTTP/1.0, identity', '1.0', {}],
  ] as const) {
    await t.test(`to a caller of ${name}`, async (t) => {
      await faulty.behave(0, LARGE);
      using caller = await askSlowly(url, { version, headers });
      await caller.begun;
      await crash(cluster);
      const { ending, text } = await caller.drain();
      t.match(text, /^HTTP\/1\.1 200 OK/, 'it had begun');
      t.ok(text.length < 20_000_000, 'and was cut', { length: text.length });
      if (version === '1.0') t.equal(ending, 'reset', 'a clean end would say that this is all');
      else t.notOk(text.endsWith('0\r\n\r\n'), 'the last chunk never comes');
      await faulty.behave(0, { kind: 'normal' });
      const next = await cluster.ask(20);
      checkOthers(t, cluster, next, 20);
      t.ok(
        addressesOf(cluster).every((address) => verdictOf(next, address) === 'up'),
        'the next answer is whole',
      );
    });
  }
});

t.test('a worker ends in the middle of a round', async (t) => {
  // Enough for two workers.
  await using cluster = await startCluster({ healthy: { bytes: 600_000 }, faulty: { pods: 4 }, env });
  const { faulty, healthy } = cluster;
  t.equal(await cluster.telemetry('workers'), 2, 'on two processors or more', {
    skip: (await cluster.telemetry('workers')) === 1 ? 'one processor' : false,
  });
  const addresses = addressesOf(cluster);
  // The first targets are the first worker's: it has one that hangs when it ends.
  await faulty.behave(0, { kind: 'hang', at: 'head' });
  const before = (await faulty.stats()).requests;
  const underWay = cluster.ask(10);
  await reaches(async () => (await faulty.stats()).requests, before + faulty.pods.length);
  await reaches(() => cluster.telemetry('scrapes_in_flight'), 1);
  await crash(cluster);
  const answer = await underWay;
  t.equal(answer.status, 200);
  t.ok(answer.seconds < 10, 'nobody waits for what is lost', { seconds: answer.seconds });
  const lost = addresses.filter((address) => verdictOf(answer, address) === 'worker');
  const kept = addresses.filter((address) => verdictOf(answer, address) === 'up');
  t.equal(lost.length + kept.length, addresses.length, 'a target has lost its worker, or is up');
  t.ok(lost.includes(faulty.pods[0]!.address) && kept.length > 0, 'it costs its own targets only', {
    lost,
    kept,
  });
  const keptLines = cluster.baseline.filter((line) =>
    kept.some((address) => line.includes(`instance="${address}"`) && !line.startsWith('up{')),
  );
  const found = new Set(answer.healthy);
  t.ok(
    keptLines.every((line) => found.has(line)),
    'and the samples of the others are complete',
  );
  t.equal(await reaches(() => socketsTo(lost).join(), lost.map(() => 0).join()), lost.map(() => 0).join());

  await faulty.behave(0, { kind: 'normal' });
  const next = await cluster.ask(20);
  checkOthers(t, cluster, next, 20);
  t.ok(
    addresses.every((address) => verdictOf(next, address) === 'up'),
    'it costs one scrape',
  );
  t.equal(await cluster.telemetry('workers'), 2, 'it is replaced');
  t.equal((await healthy.stats()).peak, 1);
});
