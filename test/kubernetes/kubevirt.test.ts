import { MISSING } from './inside.ts';
import t from 'tap';
import { startPod } from '../../simulator/pod.ts';
import { startPair } from '../real/pair.ts';
import { findPrometheus, PROMETHEUS_MISSING } from '../real/prometheus.ts';
import { differences, values } from '../real/stored.ts';
import { startProgram } from '../serve/program.ts';
import type { ApiClient } from './api-client.ts';
import { startCluster } from './cluster.ts';
import { mountServiceAccount } from './inside.ts';
import { installKubevirt, metricsService } from './kubevirt.ts';
import { endpointsObject, podObject } from './kubevirt-pods.ts';
import type { KubevirtPod } from './kubevirt-pods.ts';
import { podAddress, podAddress6 } from './namespace.ts';
import { operatorScrapeConfigs } from './operator-config.ts';
import { documentedRules, grant } from './rights.ts';
import { gatewayHas, prometheusHas } from './targets.ts';

const [program] = findPrometheus();

const PODS: readonly KubevirtPod[] = [
  { name: 'virt-api-1', addresses: [podAddress(1), podAddress6(1)], node: 'control-1' },
  { name: 'virt-controller-1', addresses: [podAddress(2), podAddress6(2)], node: 'control-1' },
  { name: 'virt-operator-1', addresses: [podAddress(3), podAddress6(3)], ready: false },
  { name: 'virt-exportproxy-1', addresses: [podAddress(4)] },
  { name: 'virt-handler-1', addresses: [podAddress(5), podAddress6(5)] },
  { name: 'virt-handler-2', addresses: [podAddress(6)], node: 'node02', ready: false },
  { name: 'virt-handler-3', addresses: [podAddress(7)], phase: 'Failed' },
];

const names = (pods: readonly KubevirtPod[]): string[] => pods.map(({ name }) => name);
const named = (...wanted: string[]) => PODS.filter(({ name }) => wanted.includes(name));

async function writePods(
  admin: ApiClient,
  namespace: string,
  pods: readonly KubevirtPod[],
  family?: 'IPv6',
): Promise<void> {
  await Promise.all(pods.map((pod) => admin.apply(podObject(namespace, pod))));
  await admin.apply(endpointsObject(namespace, pods, family));
}

/** An exposition for each real pod: series of virtual machines with a namespace of their own among them. */
const body = (n: number): string =>
  `# TYPE kubevirt_info gauge
kubevirt_info{n="${n}"} 1
kubevirt_vmi_info{namespace="team-a",name="vm-${n}",node="",phase="running"} 1
kubevirt_virt_api_ready_status 1
`;

const skip = MISSING || (program === undefined ? PROMETHEUS_MISSING : false);

t.test('a KubeVirt that its ServiceMonitor describes', { skip }, async (t) => {
  await using cluster = await startCluster();
  const { admin } = cluster;
  await Promise.all(['kubevirt', 'six'].map((namespace) => installKubevirt(admin, namespace)));
  await admin.apply(metricsService('six', ['IPv6']));
  await writePods(admin, 'kubevirt', PODS);
  const sixes = named('virt-api-1', 'virt-controller-1', 'virt-handler-1');
  await writePods(admin, 'six', sixes, 'IPv6');

  await using pods = new AsyncDisposableStack();
  const addresses = [podAddress(1), podAddress(2), podAddress(5), podAddress6(1), podAddress6(5)];
  for (const [n, address] of addresses.entries())
    pods.use(await startPod({ address, port: 8443, body: () => body(n) }));

  const operator = await cluster.serviceAccount('monitoring', 'prometheus-k8s');
  const account = await cluster.serviceAccount('gateways', 'gateway');
  for (const namespace of ['kubevirt', 'six'])
    await grant(admin, { namespace: 'gateways', name: 'gateway' }, documentedRules(), namespace);
  mountServiceAccount(account.folder);
  await using gateway = startProgram(
    [
      '--web.listen-address=127.0.0.1:0',
      '--kubernetes.namespace=kubevirt',
      '--kubernetes.namespace=six',
      '--scrape.reuse=0',
    ],
    { ...account.env },
  );
  const url = await gateway.listening;
  const monitors = await Promise.all(
    ['kubevirt', 'six'].map((namespace) =>
      admin.ask(
        'GET',
        `/apis/monitoring.coreos.com/v1/namespaces/${namespace}/servicemonitors/prometheus-kubevirt-rules`,
      ),
    ),
  );
  const jobs = monitors.flatMap((monitor) => operatorScrapeConfigs(monitor, operator.kubeconfig));
  await using pair = await startPair(program!, jobs, { address: new URL(url).host });
  const { direct, through } = pair;
  const present = PODS.filter(({ phase }) => phase === undefined);

  await t.test('the targets are the same, with the same labels', async (t) => {
    const targets = await gatewayHas(url, 'pod', [...names(present), ...names(sixes)]);
    await prometheusHas(direct, targets);
    t.match(gateway.log(), /service account \/var\/run\/secrets/, 'by the ServiceAccount of its pod');
    t.ok(targets.some((one) => one.includes(`instance="[${podAddress6(1)}]:8443"`)));
  });

  await t.test('what is stored is the same', async (t) => {
    const expr = '{__name__=~"kubevirt_.*|up",job!="the-gateway"}';
    let stored = new Map<string, string>() as Awaited<ReturnType<typeof values>>;
    let found: readonly string[] = [];
    for (let tries = 0; tries < 60; tries += 1) {
      stored = await values(direct, expr);
      found = differences(stored, await values(through, expr));
      if (found.length === 0 && stored.size === 3 * addresses.length + present.length + sixes.length) break;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    t.same(found, []);
    t.equal(stored.size, 3 * addresses.length + present.length + sixes.length);
  });

  await t.test('pods that end, a Service that is made again', async (t) => {
    const [first, ...others] = present;
    const six = names(sixes);
    await admin.apply(podObject('kubevirt', { ...first!, phase: 'Failed' }));
    await gatewayHas(url, 'pod', [...names(others), ...six]);
    await admin.apply(podObject('kubevirt', { ...first!, phase: 'Succeeded' }));
    await admin.apply(podObject('kubevirt', { ...first!, phase: 'Running' }));
    await gatewayHas(url, 'pod', [...names(present), ...six]);

    const last = present.at(-1)!;
    const path = `/api/v1/namespaces/kubevirt/pods/${last.name}`;
    await admin.ask('DELETE', path);
    const { metadata } = await admin.ask('GET', path);
    t.ok(metadata['deletionTimestamp'], 'it is terminating');
    await writePods(admin, 'six', sixes.slice(1), 'IPv6');
    await gatewayHas(url, 'pod', [...names(present), ...names(sixes.slice(1))]);
    await admin.apply(endpointsObject('kubevirt', present.slice(0, -1)));
    const rest = [...names(present.slice(0, -1)), ...names(sixes.slice(1))];
    await gatewayHas(url, 'pod', rest);
    await admin.delete(podObject('kubevirt', last));

    await admin.delete(metricsService('six'));
    await gatewayHas(url, 'namespace', Array(present.length - 1).fill('kubevirt'));
    await admin.delete(endpointsObject('six', []));
    await admin.apply(metricsService('six', ['IPv6', 'IPv4']));
    await writePods(admin, 'six', sixes, 'IPv6');
    await prometheusHas(direct, await gatewayHas(url, 'pod', [...names(present.slice(0, -1)), ...six]));
  });

  await t.test('all namespaces, and one that comes later', async (t) => {
    const everywhere = await cluster.serviceAccount('gateways', 'everywhere');
    await grant(admin, { namespace: 'gateways', name: 'everywhere' }, documentedRules());
    mountServiceAccount(everywhere.folder);
    await using gateway = startProgram(['--web.listen-address=127.0.0.1:0'], { ...everywhere.env });
    const before = [...names(present.slice(0, -1)), ...names(sixes)];
    const url = await gateway.listening;
    await gatewayHas(url, 'pod', before);
    await installKubevirt(admin, 'later');
    await writePods(admin, 'later', named('virt-handler-2'));
    const targets = await gatewayHas(url, 'pod', [...before, 'virt-handler-2']);
    t.equal(targets.filter((one) => one.includes('namespace="later"')).length, 1);
  });
});
