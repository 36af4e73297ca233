import t from 'tap';

import { verdictOf } from './answer-reader.ts';
import { reaches, startCluster } from './cluster.ts';
import { checkOthers } from './fault.ts';
import { memoryOf, MIB } from './process-memory.ts';
import { socketsTo } from './sockets.ts';

const HUNG = 300;
const PLACES = ['handshake', 'head', 'body'] as const;

t.test('300 of 400 pods hang', async (t) => {
  await using cluster = await startCluster({
    healthy: { pods: 100, bytes: 20_000, distinct: 10 },
    faulty: { pods: HUNG, bytes: 20_000, first: 300 },
    rounds: 5,
  });
  const { faulty } = cluster;
  const addresses = faulty.pods.map(({ address }) => address);
  const workers = await cluster.telemetry('workers');
  await Promise.all(
    addresses.map(async (_, i) => {
      const at = PLACES[i % 3]!;
      // Only a new connection has a handshake.
      if (at === 'handshake') await faulty.behave(i, { kind: 'refuse' });
      await faulty.behave(i, { kind: 'hang', at });
    }),
  );
  for (const [seconds, round] of [
    [5, 'found well before'],
    [5, 'hanging since the round before'],
  ] as const) {
    await t.test(`a round of ${seconds} s, ${round}`, async (t) => {
      const answer = await cluster.ask(seconds);
      checkOthers(t, cluster, answer, seconds);
      const verdicts = Map.groupBy(addresses, (address) => verdictOf(answer, address));
      t.strictSame([...verdicts.keys()], ['timeout']);
      t.equal(answer.others, 0, 'nothing of half a body');
    });
  }
  const held = (): number => socketsTo(addresses).reduce((sum, count) => sum + count, 0);
  t.equal(await reaches(held, 0, 20), 0, 'no connections are left behind');
  t.equal(await cluster.telemetry('scrapes_in_flight'), 0);
  const grown = (memoryOf(cluster.pid, 'VmHWM') - cluster.baselineMemory) / MIB;
  t.ok(grown < 150, 'a few hundred KiB for each connection at most', { grown });

  await Promise.all(addresses.map((_, i) => faulty.behave(i, { kind: 'normal' })));
  const back = await cluster.ask(20);
  checkOthers(t, cluster, back, 20);
  t.ok(
    addresses.every((address) => verdictOf(back, address) === 'up'),
    'all of them are back',
  );
  t.equal(await reaches(held, HUNG, 5), HUNG, 'a connection each');
  t.match(await cluster.healthy.stats(), { peak: 1, connections: 100 }, 'healthy pods kept theirs');
  t.equal(await cluster.telemetry('workers'), workers);
  t.equal(await cluster.telemetry('worker_crashes_total'), 0);
});
