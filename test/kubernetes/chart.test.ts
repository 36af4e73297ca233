import { MISSING } from './inside.ts';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startPod } from '../../simulator/pod.ts';
import { skip as noHelm } from '../packaging/helm.ts';
import { eventually } from '../real/server.ts';
import { get, patient } from '../serve/fixture.ts';
import { startProgram } from '../serve/program.ts';
import type { Program } from '../serve/program.ts';
import { ApiError, createApiClient } from './api-client.ts';
import type { ApiObject } from './api-client.ts';
import { startCluster } from './cluster.ts';
import { mountServiceAccount } from './inside.ts';
import { installKubevirt } from './kubevirt.ts';
import { endpointsObject, podObject, sliceObjects } from './kubevirt-pods.ts';
import type { KubevirtPod } from './kubevirt-pods.ts';
import { podAddress } from './namespace.ts';
import { createRelease } from './release.ts';
import { gatewayHas } from './targets.ts';

const PODS: readonly KubevirtPod[] = Array.from({ length: 8 }, (_, index) => ({
  name: `virt-handler-${index + 1}`,
  addresses: [podAddress(index + 1)],
}));
const ELSEWHERE: readonly KubevirtPod[] = [{ name: 'virt-api-9', addresses: [podAddress(9)] }];
/** Every address of the namespace, and the port of the container. */
const URL_OF_POD = 'http://127.0.0.1:8080';

const names = (pods: readonly KubevirtPod[]): string[] => pods.map(({ name }) => name);

const CONFIG = `# Of the slices, this time.
scrape_configs:
  - job_name: slices
    scheme: https
    tls_config: { insecure_skip_verify: true }
    kubernetes_sd_configs:
      - role: endpointslice
        namespaces: { names: [kubevirt] }
    relabel_configs:
      - { source_labels: [__meta_kubernetes_pod_name], target_label: pod }
      - { source_labels: [__meta_kubernetes_endpointslice_port_name], regex: metrics, action: keep }
`;

/** What a pod of the release has: its arguments and the account that it runs as. */
interface PodSpec {
  readonly serviceAccountName: string;
  readonly containers: readonly [{ readonly args: readonly string[] }];
}

function podSpec(workload: ApiObject | undefined): PodSpec {
  const { template } = (workload ?? { spec: {} })['spec'] as { template: { spec: PodSpec } };
  return template.spec;
}

t.test('the chart in a real cluster', { skip: MISSING || noHelm }, async (t) => {
  await using cluster = await startCluster();
  const { admin, api } = cluster;
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'monitoring', labels } });
  await Promise.all(['kubevirt', 'elsewhere'].map((namespace) => installKubevirt(admin, namespace)));
  for (const [namespace, pods] of [
    ['kubevirt', PODS],
    ['elsewhere', ELSEWHERE],
  ] as const) {
    await Promise.all(pods.map((pod) => admin.apply(podObject(namespace, pod))));
    await admin.apply(endpointsObject(namespace, pods));
    await Promise.all(sliceObjects(namespace, pods).map((slice) => admin.apply(slice)));
  }
  await using handler = await startPod({
    address: podAddress(1),
    port: 8443,
    body: () => 'kubevirt_info 1\n',
  });
  t.ok(handler);

  const release = await createRelease(cluster, 'kubevirt-metrics-gateway', 'monitoring');
  const { name } = release;
  const deployment = () => release.get(`apps/deployments/${name}`);

  /** A gateway as the kubelet would start it from the workload, with the ServiceAccount's token and the ConfigMap's file. */
  async function start(workload: ApiObject | undefined, podName = `${name}-x`): Promise<Program> {
    const { serviceAccountName, containers } = podSpec(workload);
    const account = await cluster.serviceAccount('monitoring', serviceAccountName);
    mountServiceAccount(account.folder);
    const mounted = join(cluster.folder, 'config');
    mkdirSync(mounted, { recursive: true });
    const { data = {} } = ((await release.get(`configmaps/${name}`)) ?? {}) as {
      data?: Record<string, string>;
    };
    for (const [file, text] of Object.entries(data)) writeFileSync(join(mounted, file), text);
    const args = containers[0].args.map((arg) => arg.replace('/etc/kubevirt-metrics-gateway', mounted));
    return startProgram(args, { ...account.env, POD_NAME: podName });
  }

  /** What the API says to the release's account: 200, or 403 when it may not. */
  async function rights(namespace: string): Promise<number[]> {
    const account = await cluster.serviceAccount('monitoring', name);
    await using client = createApiClient(api.url, api.ca, await account.requestToken());
    const resources = ['pods', 'services', 'endpoints', 'endpointslices', 'secrets'];
    return await Promise.all(
      resources.map(async (resource) => {
        const group = resource === 'endpointslices' ? '/apis/discovery.k8s.io/v1' : '/api/v1';
        const answer = client.ask('GET', `${group}/namespaces/${namespace}/${resource}`);
        return answer.then(
          () => 200,
          (error: unknown) => (error instanceof ApiError ? error.status : 0),
        );
      }),
    );
  }
  const ALLOWED = [200, 200, 200, 200, 403];
  const FORBIDDEN = [403, 403, 403, 403, 403];

  const own = [
    `Deployment ${name}`,
    `Role monitoring.${name}`,
    `RoleBinding monitoring.${name}`,
    `Service ${name}`,
    `ServiceAccount ${name}`,
  ];

  await t.test('installed', async (t) => {
    t.match(await release.install(), `- '${name}.monitoring.svc:8080'`, 'it says how to scrape it');
    t.same(await release.objects(), own);
    t.same(await rights('kubevirt'), ALLOWED);
    t.same(await rights('elsewhere'), FORBIDDEN);
    await using gateway = await start(await deployment());
    t.equal(new URL(await gateway.listening).port, '8080');
    await gatewayHas(URL_OF_POD, 'pod', names(PODS));
    const { text } = await get(`${URL_OF_POD}/metrics`, patient);
    t.match(text, /^kubevirt_info\{.*pod="virt-handler-1".*\} 1$/m, 'and scrapes them');
    t.equal((await get('http://[::1]:8080/-/healthy')).status, 200, 'by IPv6 as well');
  });

  await t.test('upgraded to a configuration', async (t) => {
    const file = join(cluster.folder, 'gateway.yml');
    writeFileSync(file, CONFIG);
    await release.upgrade('--set-file', `config=${file}`);
    t.same(await release.objects(), [`ConfigMap ${name}`, ...own]);
    await using gateway = await start(await deployment());
    await gateway.listening;
    await gatewayHas(URL_OF_POD, 'pod', names(PODS));
    await gatewayHas(URL_OF_POD, 'job', Array(PODS.length).fill('slices'));
  });

  await t.test('upgraded to shards', async (t) => {
    await release.upgrade('--set', 'shards=3', '--set', 'config=');
    t.same(
      await release.objects(),
      [
        ...own.filter((object) => !/^(Deployment|Service) /.test(object)),
        `PodDisruptionBudget ${name}`,
        ...[0, 1, 2].map((index) => `Service ${name}-${index}`),
        `Service ${name}-shards`,
        `StatefulSet ${name}`,
      ].sort(),
    );
    const set = await release.get(`apps/statefulsets/${name}`);
    const parts: string[][] = [];
    for (const index of [0, 1, 2]) {
      await using gateway = await start(set, `${name}-${index}`);
      await gateway.listening;
      await eventually(`shard ${index} is ready`, async (reason) => {
        const { status, text } = await get(`${URL_OF_POD}/-/ready`);
        reason(text);
        return status === 200 ? true : undefined;
      });
      const { text } = await get(`${URL_OF_POD}/metrics`, patient);
      parts.push([...text.matchAll(/^up\{.*pod="([^"]+)".*$/gm)].map(([, pod = '']) => pod));
    }
    t.same(parts.flat().sort(), names(PODS), 'each pod is in one of them');
    t.ok(parts.filter((part) => part.length > 0).length > 1, JSON.stringify(parts));
  });

  await t.test('upgraded to all namespaces', async (t) => {
    await release.upgrade('--set', 'rbac.clusterWide=true', '--set', 'shards=1');
    t.same(await release.objects(), own.map((object) => object.replace(/^Role/, 'ClusterRole')).sort());
    t.same([await rights('kubevirt'), await rights('elsewhere')], [ALLOWED, ALLOWED]);
    await using gateway = await start(await deployment());
    await gateway.listening;
    await gatewayHas(URL_OF_POD, 'pod', names([...PODS, ...ELSEWHERE]));
  });

  await t.test('rolled back', async (t) => {
    await release.rollback(1);
    t.same(await release.objects(), own);
    t.same([await rights('kubevirt'), await rights('elsewhere')], [ALLOWED, FORBIDDEN]);
    await using gateway = await start(await deployment());
    await gateway.listening;
    await gatewayHas(URL_OF_POD, 'pod', names(PODS));
  });

  await t.test('uninstalled', async (t) => {
    await release.uninstall();
    t.same(await release.objects(), []);
    t.same(await rights('kubevirt'), FORBIDDEN);
  });
});
