import t from 'tap';

import { startCluster } from '../../simulator/cluster.ts';
import { startPods } from '../../simulator/pods.ts';
import { fetchPod } from './fetch-pod.ts';

const TIME = Date.UTC(2026, 0, 15);
const SERVICE = 'kubevirt-prometheus-metrics';

interface EndpointsObject {
  readonly subsets: readonly {
    readonly addresses?: readonly { readonly ip: string; readonly targetRef: { readonly name: string } }[];
    readonly notReadyAddresses?: readonly {
      readonly ip: string;
      readonly targetRef: { readonly name: string };
    }[];
    readonly ports: readonly { readonly name: string; readonly port: number }[];
  }[];
}

t.test('the API knows every pod, and every pod answers but the two with faults', async (t) => {
  await using cluster = await startCluster({ time: TIME, machines: 10 });
  t.strictSame(
    Object.entries(Object.groupBy(cluster.pods, ({ model }) => model.component)).map(([name, pods]) => [
      name,
      pods.length,
    ]),
    [
      ['virt-api', 2],
      ['virt-controller', 2],
      ['virt-operator', 2],
      ['virt-handler', 6],
    ],
  );
  const endpoints = cluster.api.get('Endpoints', 'kubevirt', SERVICE) as unknown as EndpointsObject;
  t.equal(endpoints.subsets.length, 1);
  t.strictSame(endpoints.subsets[0]?.ports, [{ name: 'metrics', port: 8443, protocol: 'TCP' }]);
  const known = endpoints.subsets[0]?.addresses?.map(({ ip, targetRef }) => `${targetRef.name} ${ip}`);
  t.strictSame(
    known,
    cluster.pods.map(({ model, server }) => `${model.name} ${server.address}`),
  );
  for (const { model, server, faulty } of cluster.pods) {
    t.match(cluster.api.get('Pod', 'kubevirt', model.name), {
      metadata: { labels: { 'prometheus.kubevirt.io': 'true', 'kubevirt.io': model.component } },
      spec: { containers: [{ name: model.component, ports: [{ name: 'metrics', containerPort: 8443 }] }] },
      status: { phase: 'Running', podIP: server.address },
    });
    if (faulty) continue;
    const { status, body } = await fetchPod(server.url);
    t.equal(status, 200);
    t.match(body.toString(), `kubevirt_${model.component.replace('-', '_')}_ready_status 1`);
  }
  t.equal(cluster.pods.filter(({ faulty }) => faulty).length, 2);
});

t.test('two clusters live beside each other, each in a network of its own', async (t) => {
  const options = { pods: 7, machines: 1, time: TIME };
  await using one = await startCluster(options);
  await using other = await startCluster(options);
  t.not(one.pods[0]?.server.address, other.pods[0]?.server.address);
  t.equal(one.pods[0]?.model.name, other.pods[0]?.model.name);
});

t.test('steps are the same for the same seed, and the API follows them', async (t) => {
  async function run(): Promise<string[]> {
    const events: string[] = [];
    await using cluster = await startCluster({ pods: 10, machines: 5, time: TIME });
    for (let step = 0; step < 15; step += 1) {
      cluster.advance(10_000);
      for (const { kind, pod } of await cluster.step()) events.push(`${kind} ${pod}`);
      const endpoints = cluster.api.get('Endpoints', 'kubevirt', SERVICE) as unknown as EndpointsObject;
      const { addresses = [], notReadyAddresses = [] } = endpoints.subsets[0] ?? {};
      t.strictSame(
        [...addresses, ...notReadyAddresses].map(({ targetRef }) => targetRef.name).sort(),
        cluster.pods.map(({ model }) => model.name).sort(),
      );
      t.strictSame(
        notReadyAddresses.map(({ targetRef }) => targetRef.name),
        cluster.pods.filter(({ ready }) => !ready).map(({ model }) => model.name),
      );
      t.ok(Math.abs(cluster.pods.length - 10) <= 1, `${cluster.pods.length} pods`);
    }
    return events;
  }
  const events = await run();
  t.strictSame(await run(), events);
  for (const kind of ['added', 'removed', 'ready', 'leading']) {
    t.ok(
      events.some((event) => event.startsWith(kind)),
      `some pod was ${kind}`,
    );
  }
});

t.test('one pod’s requests to the API server fail more and more', async (t) => {
  await using cluster = await startCluster({ pods: 8, machines: 1, hang: false, rubbish: false });
  const pattern = /^rest_client_requests_total\{code="<error>".*\} (.*)$/m;
  async function errors(): Promise<(number | undefined)[]> {
    const bodies = await Promise.all(cluster.pods.map(({ server }) => fetchPod(server.url)));
    return bodies
      .map(({ body }) => pattern.exec(body.toString())?.[1])
      .map((value) => (value ? Number(value) : undefined));
  }
  const before = await errors();
  t.equal(before.filter((value) => value !== undefined).length, 1);
  cluster.advance(600_000);
  const after = await errors();
  const troubled = after.findIndex((value) => value !== undefined);
  t.ok((after[troubled] ?? 0) > (before[troubled] ?? 0));
});

t.test('pods in a process of their own', async (t) => {
  await using process = await startPods({ pods: 3, bytes: 60_000, distinct: 2, delayMs: [0, 2] });
  t.equal(process.pods.length, 3);
  const answers = await Promise.all(process.pods.map(({ url }) => fetchPod(url)));
  t.strictSame(
    answers.map(({ status }) => status),
    [200, 200, 200],
  );
  t.equal(
    answers.reduce((sum, { body }) => sum + body.length, 0),
    process.totals.bytesAt[0],
  );
  t.notOk(answers[0]?.body.equals(answers[1]?.body ?? Buffer.alloc(0)), 'two bodies');
  t.ok(answers[0]?.body.equals(answers[2]?.body ?? Buffer.alloc(0)), 'shared by three pods');
  t.match(await process.stats(), { requests: 3, connections: 3, peak: 1 });
  await process.behave(1, { kind: 'status', status: 503 });
  t.equal((await fetchPod(process.pods[1]?.url ?? '')).status, 503);
  await t.rejects(process.behave(9, { kind: 'normal' }), /there is no pod 9 of 3/);
  const network = process.pods[0]!.address.split('.', 2).join('.');
  await using beside = await startPods({ pods: 1, bytes: 5_000, network, first: 300 });
  t.equal(beside.pods[0]!.address, `${network}.1.44:8443`, 'in the same network, from another number on');
  t.equal((await fetchPod(beside.pods[0]!.url)).status, 200);
});

t.test('a size that cannot be is refused', async (t) => {
  await t.rejects(startCluster({ pods: 6 }), /pods is 6; it must be a whole number from 7/);
});
