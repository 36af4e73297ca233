import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { kubevirtConfig } from '../src/config/kubevirt.ts';
import { startKubernetesApi } from '../simulator/kubernetes-api.ts';
import type { KubernetesApi } from '../simulator/kubernetes-api.ts';
import { startPod } from '../simulator/pod.ts';
import type { Pod } from '../simulator/pod.ts';
import { endpoints, pod, service, slice, until } from './discovery/fixture.ts';
import { eventually, get, patient, startTestGateway, valueOf } from './serve/fixture.ts';
import type { TestGateway } from './serve/fixture.ts';

const name = 'kubevirt-prometheus-metrics';
const labels = { 'prometheus.kubevirt.io': 'true' };

/** Puts a KubeVirt whose pods are these, each on its own port of one address, into the API. */
function install(api: KubernetesApi, pods: readonly Pod[], namespace = 'kubevirt'): void {
  api.apply(service(namespace, name, { labels }));
  const subsets = pods.map(({ port }) => {
    const podName = `virt-handler-${port}`;
    const ports = [{ name: 'metrics', containerPort: port, protocol: 'TCP' }];
    api.apply(
      pod(namespace, podName, '127.0.0.1', {
        labels,
        containers: [{ name: 'virt-handler', image: 'x', ports }],
      }),
    );
    return { ready: [{ ip: '127.0.0.1', pod: podName }], ports: [{ name: 'metrics', port }] };
  });
  api.apply(endpoints(namespace, name, subsets, { labels }));
}

/** A gateway of the built-in configuration that looks in these namespaces, and the folder of its kubeconfig. */
function startFor(api: KubernetesApi, dir: string, namespaces: readonly string[] = []): Promise<TestGateway> {
  const kubeconfig = join(dir, 'kubeconfig');
  writeFileSync(kubeconfig, api.kubeconfig());
  return startTestGateway(kubevirtConfig(namespaces), [`--kubeconfig=${kubeconfig}`, '--scrape.reuse=0']);
}

const startPods = () =>
  Promise.all([0, 1, 2].map((n) => startPod({ body: () => `kubevirt_info{n="${n}"} 1\n` })));

t.test('the pods of a KubeVirt, as its own Prometheus would see them', async (t) => {
  await using api = await startKubernetesApi();
  const [one, two, three] = await startPods();
  await using stack = new AsyncDisposableStack();
  for (const each of [one!, two!, three!]) stack.use(each);
  install(api, [one!, two!]);
  api.apply(service('default', 'other'));
  api.apply(
    endpoints('default', 'other', [
      { ready: [{ ip: '127.0.0.1' }], ports: [{ name: 'metrics', port: three!.port }] },
    ]),
  );
  await using gateway = await startFor(api, t.testdir({}));
  const metrics = async () => (await get(`${gateway.url}/metrics`, patient)).text;
  const own = async () => (await get(`${gateway.url}/-/metrics`)).text;
  const targets = async () => {
    const text = await own();
    return ['up', 'down', 'unknown']
      .map((state) => valueOf(text, `kubevirt_metrics_gateway_targets{state="${state}"}`) ?? 0)
      .reduce((sum, value) => sum + value, 0);
  };
  await eventually('it is ready', async () => (await get(`${gateway.url}/-/ready`)).status === 200);

  await t.test('labels', async (t) => {
    const text = await metrics();
    const labelsOf = ({ port }: Pod): string =>
      `container="virt-handler",endpoint="metrics",instance="127.0.0.1:${port}",job="${name}",` +
      `namespace="kubevirt",pod="virt-handler-${port}",service="${name}"`;
    for (const [n, each] of [one!, two!].entries()) {
      t.equal(valueOf(text, `up{${labelsOf(each)}}`), 1);
      t.equal(valueOf(text, `kubevirt_info{${labelsOf(each)},n="${n}"}`), 1);
    }
    t.equal(three!.requests.count, 0, 'nothing else is touched');
  });

  await t.test('the API is asked for these objects only', async (t) => {
    t.ok(api.requests.length >= 6);
    for (const { verb, path, query } of api.requests) {
      const want = path.endsWith('/pods') ? 'prometheus.kubevirt.io' : `metadata.name=${name}`;
      t.equal(query['labelSelector'] ?? query['fieldSelector'], want, `${verb} ${path}`);
    }
  });

  await t.test('pods come and go within a second', async (t) => {
    const times: number[] = [];
    // A machine that is busy with other tests may be late once.
    for (let i = 0; i < 5; i += 1) {
      for (const pods of [[one!, two!, three!], [one!]]) {
        const changed = performance.now();
        install(api, pods);
        await eventually('the change has come', async () => (await targets()) === pods.length);
        times.push(performance.now() - changed);
        const text = await metrics();
        t.equal(text.match(/^up\{.*\} 1$/gm)?.length, pods.length);
      }
      if (times.filter((ms) => ms < 1000).length >= 2) break;
    }
    t.ok(times.filter((ms) => ms < 1000).length >= 2, times.join());
  });

  await t.test('while the API is away the last targets are scraped', async (t) => {
    const provider = `{scrape_pool="${name}",provider="kubernetes"}`;
    const ageSeries = `kubevirt_metrics_gateway_discovery_age_seconds${provider}`;
    const restartsSeries = `kubevirt_metrics_gateway_discovery_watch_restarts${provider}`;
    install(api, [one!, two!]);
    await eventually('both are there', async () => (await targets()) === 2);
    await until(() => api.watches === 3);
    const restarts = valueOf(await own(), restartsSeries)!;
    await api.stop();
    await eventually('it is noticed', async () => valueOf(await own(), restartsSeries)! > restarts);
    const before = valueOf(await own(), ageSeries)!;
    t.equal((await metrics()).match(/^up\{.*\} 1$/gm)?.length, 2);
    t.equal((await get(`${gateway.url}/-/ready`)).status, 200);
    await eventually('its age grows', async () => valueOf(await own(), ageSeries)! > before);
    await until(() => gateway.lines.some(({ level }) => level === 'warn'));
    const back = performance.now();
    await api.start();
    install(api, [one!, two!, three!]);
    await eventually('it is back', async () => (await targets()) === 3);
    t.equal((await metrics()).match(/^up\{.*\} 1$/gm)?.length, 3);
    const { length } = gateway.lines.filter(({ level }) => level === 'warn' || level === 'error');
    t.ok(length < 20, 'without a line for every attempt');
    // The three watches come back one by one, and the age is that of the last.
    await eventually('what it knows is newer than that', async () => {
      const age = valueOf(await own(), ageSeries)!;
      return age < (performance.now() - back) / 1000;
    });
  });
});

t.test('EndpointSlices in place of Endpoints: the same series, over the same connections', async (t) => {
  await using api = await startKubernetesApi();
  const pods = await startPods();
  await using stack = new AsyncDisposableStack();
  for (const each of pods) stack.use(each);
  install(api, pods);
  for (const { port } of pods) {
    const found = { ip: '127.0.0.1', pod: `virt-handler-${port}`, ready: true };
    const ports = [{ name: 'metrics', port, protocol: 'TCP' }];
    api.apply(slice('kubevirt', `${name}-${port}`, name, [found], { ports }));
  }
  await using gateway = await startFor(api, t.testdir({}));
  await eventually('it is ready', async () => (await get(`${gateway.url}/-/ready`)).status === 200);
  const provider = `{scrape_pool="${name}",provider="kubernetes"}`;
  const discovery = async (what: string) =>
    valueOf(
      (await get(`${gateway.url}/-/metrics`)).text,
      `kubevirt_metrics_gateway_discovery_${what}${provider}`,
    );
  const series = async () =>
    (await get(`${gateway.url}/metrics`, patient)).text.match(/^\w+\{.*\}(?= )/gm)?.toSorted();
  const before = await series();
  t.match(before, /kubevirt_info/);
  t.equal(await discovery('uses_endpointslices'), 0);

  const known = api.get('Endpoints', 'kubevirt', name)!;
  const annotations = { 'endpoints.kubernetes.io/over-capacity': 'truncated' };
  const [first] = known['subsets'] as object[];
  api.apply({ ...known, metadata: { ...known.metadata, annotations }, subsets: [first] });
  await eventually('slices are used', async () => (await discovery('uses_endpointslices')) === 1);
  t.equal(await discovery('truncated_endpoints'), 1);
  t.same(await series(), before);
  t.same(
    pods.map(({ requests }) => [requests.count, requests.connections]),
    pods.map(() => [2, 1]),
  );
});

t.test('a KubeVirt in more than one namespace', async (t) => {
  await using api = await startKubernetesApi();
  const pods = await startPods();
  await using stack = new AsyncDisposableStack();
  for (const each of pods) stack.use(each);
  for (const [i, namespace] of ['one', 'two', 'three'].entries()) install(api, [pods[i]!], namespace);
  const cases: [namespaces: string[], warned: string | undefined, targets: number][] = [
    [[], 'one, three, two', 3],
    [['two', 'one'], 'one, two', 2],
    [['three'], undefined, 1],
  ];
  for (const [namespaces, warned, targets] of cases) {
    await using gateway = await startFor(api, t.testdir({}), namespaces);
    await eventually('it is ready', async () => (await get(`${gateway.url}/-/ready`)).status === 200);
    const { text } = await get(`${gateway.url}/metrics`, patient);
    t.equal(text.match(/^up\{.*\} 1$/gm)?.length, targets);
    t.same(
      gateway.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields['namespaces']),
      warned === undefined ? [] : [warned],
    );
  }
});
