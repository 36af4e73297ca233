import { MISSING } from './inside.ts';
import t from 'tap';
import { startPod } from '../../simulator/pod.ts';
import { skip as noHelm } from '../packaging/helm.ts';
import { startPair } from '../real/pair.ts';
import { findPrometheus, PROMETHEUS_MISSING } from '../real/prometheus.ts';
import { eventually } from '../real/server.ts';
import { differences, values } from '../real/stored.ts';
import { startProgram } from '../serve/program.ts';
import type { ApiObject } from './api-client.ts';
import { startCluster } from './cluster.ts';
import { mountServiceAccount } from './inside.ts';
import { installKubevirt } from './kubevirt.ts';
import { endpointsObject, podObject } from './kubevirt-pods.ts';
import type { KubevirtPod } from './kubevirt-pods.ts';
import { podAddress } from './namespace.ts';
import { operatorScrapeConfigs } from './operator-config.ts';
import { createRelease } from './release.ts';
import { documentedRules, grant } from './rights.ts';

const [program] = findPrometheus();
const skip = MISSING || noHelm || (program === undefined ? PROMETHEUS_MISSING : false);

const PODS: readonly KubevirtPod[] = Array.from({ length: 6 }, (_, index) => ({
  name: `virt-handler-${index + 1}`,
  addresses: [podAddress(index + 1)],
}));

/** Labels that are empty stay so: the reader adds nothing of its own target, which is the gateway. */
const body = (n: number): string => `kubevirt_info{n="${n}"} 1
kubevirt_vmi_info{namespace="team-a",name="vm-${n}",node=""} 1
kubevirt_vmi_phase_count{n="${n}",namespace="",pod="",container="",service="",endpoint=""} 1
`;
const SERIES = 3 * PODS.length + PODS.length;

t.test(
  "by the chart's ServiceMonitor a Prometheus stores what KubeVirt's own gives it",
  { skip },
  async (t) => {
    await using cluster = await startCluster();
    const { admin } = cluster;
    await installKubevirt(admin, 'kubevirt');
    await Promise.all(PODS.map((pod) => admin.apply(podObject('kubevirt', pod))));
    await admin.apply(endpointsObject('kubevirt', PODS));
    await using stack = new AsyncDisposableStack();
    for (const [n, { addresses }] of PODS.entries())
      stack.use(await startPod({ address: addresses[0]!, port: 8443, body: () => body(n) }));

    const operator = await cluster.serviceAccount('monitoring', 'prometheus-k8s');
    const own = { namespace: 'monitoring', name: 'prometheus-k8s' };
    await grant(admin, own, documentedRules(), 'monitoring');
    const release = await createRelease(cluster, 'gateway', 'monitoring');
    const shards = 2;
    await release.install(
      `--set=shards=${shards},fullnameOverride=gateway,serviceMonitor.enabled=true`,
      '--set-string=serviceMonitor.labels.prometheus\\.kubevirt\\.io=',
    );
    mountServiceAccount((await cluster.serviceAccount('monitoring', 'gateway')).folder);
    const { env } = await cluster.serviceAccount('monitoring', 'gateway');

    // What the controllers would make of the StatefulSet and its Service.
    const set = (await release.get('apps/statefulsets/gateway')) as ApiObject & {
      spec: { template: { metadata: object; spec: { containers: [{ args: string[] }] } } };
    };
    const { metadata, spec } = set.spec.template;
    const addresses = Array.from({ length: shards }, (_, index) => ({
      ip: podAddress(101 + index),
      targetRef: { kind: 'Pod', namespace: 'monitoring', name: `gateway-${index}` },
    }));
    const ports = [{ name: 'http', port: 8080, protocol: 'TCP' }];
    for (const { ip, targetRef } of addresses) {
      const { name, namespace } = targetRef;
      const status = { phase: 'Running', podIP: ip, podIPs: [{ ip }] };
      await admin.apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...metadata, name, namespace },
        spec: { ...spec, nodeName: 'node01' },
        status,
      });
      const args = spec.containers[0].args.map((arg) => arg.replace('=:8080', `=${ip}:8080`));
      await stack.use(startProgram(args, { ...env, POD_NAME: name })).listening;
    }
    await admin.apply({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'gateway-shards', namespace: 'monitoring' },
      subsets: [{ addresses, ports }],
    });

    const path = (namespace: string, name: string): string =>
      `/apis/monitoring.coreos.com/v1/namespaces/${namespace}/servicemonitors/${name}`;
    const configs = await Promise.all(
      [path('kubevirt', 'prometheus-kubevirt-rules'), path('monitoring', 'gateway')].map(async (one) =>
        operatorScrapeConfigs(await admin.ask('GET', one), operator.kubeconfig),
      ),
    );
    const [direct = [], [through] = []] = configs;
    const reader = { ...through, static_configs: [] };
    await using pair = await startPair(program!, direct, { address: '' }, { reader });
    let found: readonly string[] = ['nothing'];
    await eventually(
      'both have every series',
      async (reason) => {
        const expr = '{__name__=~"kubevirt_.*|up",job!~"gateway.*"}';
        const stored = await values(pair.direct, expr);
        found = differences(stored, await values(pair.through, expr));
        reason(`${stored.size} series; ${found.join('\n')}\n${pair.through.output()}`);
        return found.length === 0 && stored.size === SERIES ? true : undefined;
      },
      { tries: 240 },
    );
    t.same(found, []);
    const gateways = await pair.through.query('up{job=~"gateway.*"}');
    t.same(
      gateways
        .map(({ labels, samples }) => [labels, samples[0]?.[1]] as const)
        .toSorted(([a], [b]) => (a['instance']! < b['instance']! ? -1 : 1)),
      addresses.map(({ ip }) => [{ __name__: 'up', job: 'gateway-shards', instance: `${ip}:8080` }, '1']),
      'each shard once, and nothing of it that samples could take over',
    );
  },
);
