import t from 'tap';

import { addressIn } from '../../simulator/network.ts';
import { startPod } from '../../simulator/pod.ts';
import type { Behaviour } from '../../simulator/pod.ts';
import { verdictOf } from './answer-reader.ts';
import { reaches, startCluster } from './cluster.ts';
import type { TargetGroup } from './cluster.ts';
import { checkOthers } from './fault.ts';
import { memoryOf, MIB } from './process-memory.ts';
import { socketsTo } from './sockets.ts';

function groupOf(address: string): TargetGroup[] {
  return [{ targets: [address], labels: { role: 'moving', pod: 'virt-handler-x' } }];
}

t.test('pods that come back', async (t) => {
  await using cluster = await startCluster({ faulty: { pods: 1 } });
  let number = 350;
  const start = (options: { behaviour?: Behaviour; address?: string } = {}) =>
    startPod({
      address: addressIn(cluster.network, number++),
      port: 8443,
      body: () => 'moving_pod 1\n',
      ...options,
    });

  await t.test('one that dies and returns between scrapes', async (t) => {
    let pod = await start();
    const address = `${pod.address}:8443`;
    await cluster.setTargets(groupOf(address));
    for (let life = 0; life < 5; life += 1) {
      const before = await cluster.ask(10);
      t.equal(verdictOf(before, address), 'up');
      t.strictSame(socketsTo([address]), [1], 'a connection is kept');
      await pod[Symbol.asyncDispose]();
      // Dead at a scrape in every second life, and in the others back before it.
      if (life % 2 === 1) {
        const dead = await cluster.ask(10);
        checkOthers(t, cluster, dead, 10);
        t.equal(verdictOf(dead, address), 'connect');
        t.strictSame(socketsTo([address]), [0], 'nothing of it is left');
      }
      pod = await start({ address: pod.address });
      const back = await cluster.ask(10);
      checkOthers(t, cluster, back, 10);
      t.equal(verdictOf(back, address), 'up', 'no scrape is lost when it was back in time');
      t.match(pod.requests, { count: 1, connections: 1 });
    }
    await pod[Symbol.asyncDispose]();
  });

  for (const behaviour of [
    { kind: 'normal' },
    { kind: 'hang', at: 'handshake' },
    { kind: 'hang', at: 'head' },
    { kind: 'hang', at: 'body' },
  ] as const satisfies Behaviour[]) {
    const how = 'at' in behaviour ? `silent: ${behaviour.at}` : 'well';
    await t.test(`a new address for an old name, while the old one is ${how}`, async (t) => {
      await using before = await start({ behaviour });
      await using after = await start();
      const [old, fresh] = [`${before.address}:8443`, `${after.address}:8443`];
      await cluster.setTargets(groupOf(old));
      const seconds = behaviour.kind === 'normal' ? 10 : 2;
      const first = await cluster.ask(seconds);
      checkOthers(t, cluster, first, seconds);
      t.equal(verdictOf(first, old), behaviour.kind === 'normal' ? 'up' : 'timeout');
      await cluster.setTargets(groupOf(fresh));
      const second = await cluster.ask(10);
      checkOthers(t, cluster, second, 10);
      t.equal(verdictOf(second, fresh), 'up');
      t.equal(verdictOf(second, old), 'absent', 'nothing is said of the old address');
      const left = (): string => socketsTo([old, fresh]).join();
      t.equal(await reaches(left, '0,1', 5), '0,1', 'the connection to the old address is closed at once');
    });
  }

  await t.test('a change of address in the middle of a round', async (t) => {
    await using before = await start({ behaviour: { kind: 'delay', ms: 1000 } });
    await using after = await start();
    const [old, fresh] = [`${before.address}:8443`, `${after.address}:8443`];
    await cluster.setTargets(groupOf(old));
    const asked = before.nextRequest();
    const underWay = cluster.ask(10);
    await asked;
    await cluster.setTargets(groupOf(fresh));
    const [first, second] = await Promise.all([underWay, cluster.ask(10)]);
    checkOthers(t, cluster, first, 10);
    checkOthers(t, cluster, second, 10);
    t.equal(verdictOf(first, old), 'up', 'who asked before gets what was there before');
    t.equal(verdictOf(first, fresh), 'absent');
    t.equal(verdictOf(second, fresh), 'up');
    t.equal(verdictOf(second, old), 'absent');
    const left = (): string => socketsTo([old, fresh]).join();
    t.equal(await reaches(left, '0,1', 5), '0,1');
  });

  const grown = (memoryOf(cluster.pid, 'VmRSS') - cluster.baselineMemory) / MIB;
  t.ok(grown < 100, 'memory is as before', { grown });
  t.equal(await cluster.telemetry('worker_crashes_total'), 0);
  t.equal(await reaches(() => cluster.telemetry('scrapes_in_flight'), 0), 0, 'nothing goes on');
});
