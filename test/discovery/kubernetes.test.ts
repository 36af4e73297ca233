import t from 'tap';
import { kubevirtConfig } from '../../src/config/kubevirt.ts';
import { startKubernetesApi } from '../../simulator/kubernetes-api.ts';
import type { KubernetesApi } from '../../simulator/kubernetes-api.ts';
import {
  endpoints,
  hosts,
  labelsOf,
  pod,
  recordingLogger,
  service,
  slice,
  startDiscovery,
  targetsWhen,
  until,
} from './fixture.ts';
import type { Subset } from './fixture.ts';

const name = 'kubevirt-prometheus-metrics';
const kubevirt = { 'prometheus.kubevirt.io': 'true' };
const metrics = [{ name: 'metrics', port: 8443 }];

/** Puts a KubeVirt with these pods, named by address, into the API. */
function install(
  api: KubernetesApi,
  ips: readonly string[],
  namespace = 'kubevirt',
  subsets?: readonly Subset[],
): void {
  for (const ip of ips) api.apply(pod(namespace, `pod-${ip}`, ip, { labels: kubevirt }));
  api.apply(service(namespace, name, { labels: kubevirt }));
  const ready = ips.map((ip) => ({ ip, pod: `pod-${ip}` }));
  api.apply(endpoints(namespace, name, subsets ?? [{ ready, ports: metrics }], { labels: kubevirt }));
}

const count = (wanted: number) => (set: { readonly targets: readonly unknown[] }) =>
  set.targets.length === wanted;

t.test('the built-in configuration', async (t) => {
  await using api = await startKubernetesApi();
  install(api, ['127.0.1.1', '127.0.1.2']);
  api.apply(service('other', 'web'));
  api.apply(endpoints('other', 'web', [{ ready: [{ ip: '127.0.9.9' }], ports: metrics }]));
  api.apply(pod('other', 'web', '127.0.9.9'));
  await using discovery = await startDiscovery(kubevirtConfig([]), { api });
  const set = await targetsWhen(discovery);
  t.same(hosts(set), ['127.0.1.1:8443', '127.0.1.2:8443']);
  t.equal(set.targets[0]?.url, 'https://127.0.1.1:8443/metrics');
  t.equal(set.targets[0]?.scrapeTimeoutMs, 10_000);
  t.same(labelsOf(set.targets[0]), {
    container: 'main',
    endpoint: 'metrics',
    instance: '127.0.1.1:8443',
    job: name,
    namespace: 'kubevirt',
    pod: 'pod-127.0.1.1',
    service: name,
  });
  t.same(set.dropped, [], 'other objects were not even seen');
  await until(() => api.watches === 3);
  for (const { path, verb, query } of api.requests) {
    const { labelSelector, fieldSelector } = query;
    const want = path.endsWith('/pods') ? 'prometheus.kubevirt.io' : `metadata.name=${name}`;
    t.equal(labelSelector ?? fieldSelector, want, `${verb} of ${path} is narrowed`);
    if (verb === 'watch')
      t.match(query, { allowWatchBookmarks: 'true', resourceVersion: /^\d+$/, timeoutSeconds: /^\d+$/ });
  }
  t.match(discovery.state(), [
    { provider: 'kubernetes', config: name, synced: true, objects: 4, watchRestarts: 0 },
  ]);
  t.equal(discovery.waiting(), '');
});

t.test('roles', async (t) => {
  const sd = (...lines: string[]): string =>
    `scrape_configs:\n- job_name: j\n  kubernetes_sd_configs:\n  - ${lines.join('\n    ')}\n`;
  const ofService = `{ role: endpointslice, label: kubernetes.io/service-name=${name} }`;
  const cases = [
    {
      text: sd('role: endpoints'),
      want: ['127.0.1.1:8443', '127.0.9.9:8443'],
      paths: ['/api/v1/endpoints', '/api/v1/pods', '/api/v1/services'],
      why: 'endpoints',
    },
    {
      text: sd('role: endpointslice'),
      want: ['127.0.1.1:8443', '127.0.1.2:8443', '127.0.9.9:8443'],
      paths: ['/api/v1/pods', '/api/v1/services', '/apis/discovery.k8s.io/v1/endpointslices'],
      why: 'endpointslice, an address of two slices once',
    },
    {
      text: sd('role: endpointslice', 'namespaces: { names: [kubevirt] }', `selectors: [${ofService}]`),
      want: ['127.0.1.1:8443', '127.0.1.2:8443'],
      paths: [
        '/api/v1/namespaces/kubevirt/pods',
        '/api/v1/namespaces/kubevirt/services',
        '/apis/discovery.k8s.io/v1/namespaces/kubevirt/endpointslices',
      ],
      why: 'endpointslice, narrowed',
    },
    {
      text: sd('role: pod', 'selectors: [{ role: pod, label: prometheus.kubevirt.io }]'),
      want: ['127.0.1.1:8443', '127.0.1.2:8443'],
      paths: ['/api/v1/pods'],
      why: 'pod, narrowed',
    },
  ];
  for (const { text, want, paths, why } of cases) {
    await using api = await startKubernetesApi();
    install(api, ['127.0.1.1']);
    api.apply(pod('kubevirt', 'pod-127.0.1.2', '127.0.1.2', { labels: kubevirt }));
    const first = { ip: '127.0.1.1', pod: 'pod-127.0.1.1', ready: true };
    const second = { ip: '127.0.1.2', pod: 'pod-127.0.1.2', ready: true };
    api.apply(slice('kubevirt', 'one', name, [first]));
    api.apply(slice('kubevirt', 'two', name, [first, second]));
    api.apply(service('other', 'web'));
    api.apply(endpoints('other', 'web', [{ ready: [{ ip: '127.0.9.9' }], ports: metrics }]));
    api.apply(slice('other', 'web', 'web', [{ ip: '127.0.9.9' }]));
    await using discovery = await startDiscovery(text, { api });
    t.same(hosts(await targetsWhen(discovery)), want, why);
    await until(() => api.watches === paths.length);
    t.same([...new Set(api.requests.map(({ path }) => path))].toSorted(), paths, `${why}: what is read`);
    t.equal(discovery.state()[0]?.synced, true);
  }
});

t.test('changes of slices', async (t) => {
  await using api = await startKubernetesApi();
  const ready = (...ips: string[]) => ips.map((ip) => ({ ip, pod: `pod-${ip}`, ready: true }));
  install(api, ['127.0.1.1', '127.0.1.2', '127.0.1.3']);
  api.apply(slice('kubevirt', 'one', name, ready('127.0.1.1')));
  const text =
    'scrape_configs:\n- job_name: j\n  kubernetes_sd_configs: [{ role: endpointslice }]\n' +
    '  relabel_configs: [{ source_labels: [__meta_kubernetes_pod_name], target_label: pod }]\n';
  await using discovery = await startDiscovery(text, { api });
  const first = await targetsWhen(discovery, count(1));
  api.apply(slice('kubevirt', 'two', name, ready('127.0.1.2', '127.0.1.3')));
  const second = await targetsWhen(discovery, count(3));
  t.equal(second.targets[0], first.targets[0], 'those of another slice stay as they are');
  t.equal(labelsOf(second.targets[2])['pod'], 'pod-127.0.1.3');
  api.delete('EndpointSlice', 'kubevirt', 'one');
  t.same(hosts(await targetsWhen(discovery, count(2))), ['127.0.1.2:8443', '127.0.1.3:8443']);
  await until(() => api.watches === 3);
  api.compact();
  api.dropWatches();
  api.apply(slice('kubevirt', 'two', name, ready('127.0.1.3')));
  t.same(hosts(await targetsWhen(discovery, count(1))), ['127.0.1.3:8443'], 'listed anew after 410');
});

t.test('namespaces are watched one by one', async (t) => {
  await using api = await startKubernetesApi();
  for (const namespace of ['one', 'two', 'three']) install(api, ['127.0.1.1'], namespace);
  const { log, lines } = { log: recordingLogger(), lines: [] as unknown[] };
  const options = { api, log, isBuiltIn: true };
  await using discovery = await startDiscovery(kubevirtConfig(['one', 'two']), options);
  const set = await targetsWhen(discovery);
  t.same(new Set(set.targets.map((target) => labelsOf(target)['namespace'])), new Set(['one', 'two']));
  t.ok(api.requests.every(({ path }) => /^\/api\/v1\/namespaces\/(one|two)\//.test(path)));
  lines.push(...log.lines.filter(({ level }) => level === 'warn'));
  t.match(lines, [{ message: /more than one namespace/, fields: { namespaces: 'one, two' } }], 'said once');
});

t.test('one namespace of several is refused', async (t) => {
  const roles = 'endpoints endpointslice pod'.split(' ').map((role) => {
    const sd = `{ role: ${role}, namespaces: { names: [one, two] } }`;
    return `scrape_configs: [{ job_name: j, kubernetes_sd_configs: [${sd}] }]`;
  });
  for (const text of [kubevirtConfig(['one', 'two']), ...roles]) {
    await using api = await startKubernetesApi();
    install(api, ['127.0.1.1'], 'one');
    install(api, ['127.0.2.1'], 'two');
    for (const [namespace, ip] of [
      ['one', '127.0.1.1'],
      ['two', '127.0.2.1'],
    ] as const)
      api.apply(slice(namespace, 'slice', name, [{ ip, pod: `pod-${ip}`, ready: true }]));
    api.fault({ status: 403 });
    const log = recordingLogger();
    await using discovery = await startDiscovery(text, { api, log });
    await until(() => api.requests.filter(({ path }) => path.endsWith('/pods')).length >= 8);
    t.equal(discovery.current, undefined, `${text}: not while all are refused`);
    t.match(discovery.state(), [{ synced: false, refusedNamespaces: 0 }]);
    api.fault({ status: 403, namespace: 'two' });
    t.same(hosts(await targetsWhen(discovery)), ['127.0.1.1:8443'], text);
    const error = /in a Role in namespace "two" that is bound/;
    await until(() => error.test(discovery.state()[0]!.lastError ?? ''));
    t.match(discovery.state(), [{ synced: true, refusedNamespaces: 1 }], 'told');
    t.ok(discovery.state()[0]!.lastSync > 0);
    t.ok(log.lines.some(({ level, fields }) => level === 'warn' && error.test(String(fields['error']))));
    api.fault(undefined);
    t.same(
      hosts(await targetsWhen(discovery, count(2))),
      ['127.0.1.1:8443', '127.0.2.1:8443'],
      'allowed later',
    );
    await until(() => discovery.state()[0]!.lastError === undefined);
    t.match(discovery.state(), [{ refusedNamespaces: 0 }]);
  }
});

t.test('a namespace that only fails is waited for', async (t) => {
  await using api = await startKubernetesApi();
  install(api, ['127.0.1.1'], 'one');
  install(api, ['127.0.2.1'], 'two');
  api.fault({ status: 500, namespace: 'two' });
  await using discovery = await startDiscovery(kubevirtConfig(['one', 'two']), { api });
  await until(() => api.requests.filter(({ path }) => path.includes('/two/')).length >= 20);
  t.match(discovery.waiting(), /status 500/);
  api.fault(undefined);
  t.same(hosts(await targetsWhen(discovery)), ['127.0.1.1:8443', '127.0.2.1:8443']);
});

t.test('own namespace', async (t) => {
  await using api = await startKubernetesApi();
  install(api, ['127.0.1.1'], 'mine');
  const text = `scrape_configs:
- job_name: j
  kubernetes_sd_configs:
  - role: endpoints
    namespaces: { own_namespace: true }
`;
  const inMine = { ...api, kubeconfig: () => api.kubeconfig({ namespace: 'mine' }) } as KubernetesApi;
  await using discovery = await startDiscovery(text, { api: inMine });
  t.same(hosts(await targetsWhen(discovery)), ['127.0.1.1:8443']);
  t.ok(api.requests.every(({ path }) => path.startsWith('/api/v1/namespaces/mine/')));
  await t.rejects(startDiscovery(text, { api }), { name: 'KubeconfigError', message: /names no namespace/ });
});

t.test('what of an Endpoints object becomes a target', async (t) => {
  const one = { ip: '127.0.1.1', pod: 'pod-127.0.1.1' };
  const two = { ip: '127.0.1.2', pod: 'pod-127.0.1.2' };
  const cases: { why: string; subsets: Subset[]; want: string[] }[] = [
    {
      why: 'not ready too',
      subsets: [{ ready: [one], notReady: [two], ports: metrics }],
      want: ['127.0.1.1:8443', '127.0.1.2:8443'],
    },
    {
      why: 'the same address and port twice',
      subsets: [
        { ready: [one], ports: metrics },
        { ready: [one], ports: metrics },
      ],
      want: ['127.0.1.1:8443'],
    },
    {
      why: 'ready and not ready',
      subsets: [{ ready: [one], notReady: [one], ports: metrics }],
      want: ['127.0.1.1:8443'],
    },
    {
      why: 'the named port of each subset',
      subsets: [
        {
          ready: [one],
          ports: [
            { name: 'metrics', port: 9443 },
            { name: 'web', port: 80 },
          ],
        },
        { ready: [two], ports: metrics },
      ],
      want: ['127.0.1.1:9443', '127.0.1.2:8443'],
    },
    { why: 'none', subsets: [], want: [] },
  ];
  for (const { why, subsets, want } of cases) {
    await using api = await startKubernetesApi();
    install(api, ['127.0.1.1', '127.0.1.2'], 'kubevirt', subsets);
    await using discovery = await startDiscovery(kubevirtConfig([]), { api });
    t.same(hosts(await targetsWhen(discovery)), want, why);
  }
});

t.test('pods come and go', async (t) => {
  await using api = await startKubernetesApi();
  install(api, ['127.0.1.1']);
  await using discovery = await startDiscovery(kubevirtConfig([]), { api });
  const first = await targetsWhen(discovery);
  install(api, ['127.0.1.1', '127.0.1.2']);
  const second = await targetsWhen(discovery, count(2));
  t.equal(second.targets[0], first.targets[0], 'a target that did not change is the same object');
  t.ok(second.version > first.version);
  t.equal(labelsOf(second.targets[1])['container'], 'main', 'announced with the labels of its pod');
  const announced: number[] = [];
  discovery.onChange(({ version }) => announced.push(version));
  api.apply(
    pod('kubevirt', 'pod-127.0.1.1', '127.0.1.1', {
      labels: kubevirt,
      status: { message: 'not of interest' },
    }),
  );
  install(api, ['127.0.1.2']);
  t.same(hosts(await targetsWhen(discovery, count(1))), ['127.0.1.2:8443']);
  t.same(announced, [second.version + 1], 'a change that changes no target is not announced');
});

t.test('lists come in pages', async (t) => {
  await using api = await startKubernetesApi();
  const ips = Array.from({ length: 1200 }, (_, index) => `127.1.${index >> 8}.${index & 255}`);
  install(api, ips);
  await using discovery = await startDiscovery(kubevirtConfig([]), { api });
  t.equal((await targetsWhen(discovery)).targets.length, 1200);
  const lists = api.requests.filter(({ verb, path }) => verb === 'list' && path === '/api/v1/pods');
  t.same(
    lists.map(({ query }) => [query['limit'], query['continue'] !== undefined]),
    [
      ['500', false],
      ['500', true],
      ['500', true],
    ],
  );
});

t.test('what goes wrong with a watch is repaired', async (t) => {
  const cases: { why: string; harm: (api: KubernetesApi) => void; relists: boolean; timing?: object }[] = [
    { why: 'the connection is cut', harm: (api) => api.dropWatches(), relists: false },
    { why: 'the server ends it', harm: (api) => api.endWatches(), relists: false },
    {
      why: '410 as an event',
      harm: (api) => (api.compact(), api.dropWatches()),
      relists: true,
    },
    {
      why: '410 as a status',
      harm: (api) => (api.goneAs('status'), api.compact(), api.dropWatches()),
      relists: true,
    },
    { why: 'a line that is not JSON', harm: (api) => api.inject('{"type":\n'), relists: true },
    {
      why: 'a line that is no event',
      harm: (api) => api.inject('{"type":"ADDED","object":null}\n'),
      relists: true,
    },
    {
      why: 'an ERROR event',
      harm: (api) => api.inject('{"type":"ERROR","object":{"code":500,"message":"etcd"}}\n'),
      relists: true,
    },
    {
      why: 'cut in the middle of an event',
      harm: (api) => (api.inject('{"type":"ADD'), api.endWatches()),
      relists: false,
    },
    {
      why: 'silent for ever',
      harm: (api) => api.freezeWatches(),
      relists: false,
      timing: { watchSeconds: 1, graceMs: 10 },
    },
  ];
  for (const { why, harm, relists, timing = {} } of cases) {
    await using api = await startKubernetesApi();
    install(api, ['127.0.1.1']);
    await using discovery = await startDiscovery(kubevirtConfig([]), { api, timing });
    await targetsWhen(discovery);
    await until(() => api.watches === 3);
    const before = api.requests.length;
    harm(api);
    install(api, ['127.0.1.1', '127.0.1.2']);
    t.same(hosts(await targetsWhen(discovery, count(2))), ['127.0.1.1:8443', '127.0.1.2:8443'], why);
    const again = api.requests.slice(before);
    t.equal(
      again.some(({ verb }) => verb === 'list'),
      relists,
      `${why}: ${relists ? 'lists anew' : 'resumes'}`,
    );
    if (why !== 'the server ends it') t.ok(discovery.state()[0]!.watchRestarts > 0, `${why}: counted`);
  }
});

t.test('objects that went away unseen are gone after a new list', async (t) => {
  await using api = await startKubernetesApi();
  install(api, ['127.0.1.1', '127.0.1.2']);
  await using discovery = await startDiscovery(kubevirtConfig([]), { api });
  await targetsWhen(discovery, count(2));
  await api.stop();
  install(api, ['127.0.1.1']);
  api.delete('Pod', 'kubevirt', 'pod-127.0.1.2');
  api.compact();
  await api.start();
  t.same(hosts(await targetsWhen(discovery, count(1))), ['127.0.1.1:8443']);
});

t.test('last known targets stay while the API fails, and it recovers by itself', async (t) => {
  const cases = [
    {
      why: 'away',
      begin: (api: KubernetesApi) => api.stop(),
      end: (api: KubernetesApi) => api.start(),
      error: /ECONNREFUSED|closed|socket/,
    },
    {
      why: 'answers 500',
      begin: async (api: KubernetesApi) => (api.fault({ status: 500 }), api.dropWatches()),
      end: async (api: KubernetesApi) => api.fault(undefined),
      error: /status 500: an error on purpose/,
    },
    {
      why: 'answers rubbish',
      begin: async (api: KubernetesApi) => (api.fault({ body: '<html>' }), api.compact(), api.dropWatches()),
      end: async (api: KubernetesApi) => api.fault(undefined),
      error: /not JSON|middle of an event/,
    },
    {
      why: 'does not answer',
      begin: async (api: KubernetesApi) => (api.fault({ hang: true }), api.dropWatches()),
      end: async (api: KubernetesApi) => api.fault(undefined),
      error: /did not answer in time/,
      // Long enough for a busy machine: an answer that is late in the other cases would be told too.
      timing: { answerMs: 1000 },
    },
  ];
  for (const { why, begin, end, error, timing = {} } of cases) {
    await using api = await startKubernetesApi();
    install(api, ['127.0.1.1']);
    const log = recordingLogger();
    await using discovery = await startDiscovery(kubevirtConfig([]), { api, log, timing });
    const set = await targetsWhen(discovery);
    await until(() => api.watches === 3);
    await begin(api);
    await until(
      () => error.test(discovery.state()[0]!.lastError ?? '') && discovery.state()[0]!.watchRestarts >= 3,
    );
    t.equal(discovery.current, set, `${why}: the targets stay`);
    install(api, ['127.0.1.1', '127.0.1.2']);
    await end(api);
    await targetsWhen(discovery, count(2));
    await until(() => discovery.state()[0]!.lastError === undefined);
    t.ok(Date.now() - discovery.state()[0]!.lastSync < 10_000, `${why}: recovered`);
    const warnings = log.lines.filter(({ level }) => level === 'warn');
    t.ok(warnings.length > 0 && warnings.length <= 6, `${why}: said on change, not at every attempt`);
  }
});

t.test('a version that the server refuses for ever is given up for a new list', async (t) => {
  await using api = await startKubernetesApi();
  install(api, ['127.0.1.1']);
  await using discovery = await startDiscovery(kubevirtConfig([]), { api });
  await targetsWhen(discovery);
  await until(() => api.watches === 3);
  const before = api.requests.length;
  api.fault({ status: 504, verb: 'watch' });
  api.dropWatches();
  await until(() => api.requests.slice(before).filter(({ verb }) => verb === 'list').length >= 3);
  t.match(discovery.state()[0]?.lastError, /status 504/);
  t.same(hosts(discovery.current), ['127.0.1.1:8443']);
});

t.test('until the first sync there is no target set, and it says why', async (t) => {
  await using api = await startKubernetesApi();
  install(api, ['127.0.1.1']);
  api.fault({ status: 403, resource: 'services' });
  await using discovery = await startDiscovery(kubevirtConfig([]), { api });
  await until(() => discovery.waiting().includes('403'));
  t.match(
    discovery.waiting(),
    /^waiting for the first sync of kubernetes discovery of job "kubevirt-prometheus-metrics": status 403: /,
  );
  t.equal(discovery.current, undefined);
  const rule = "\n- apiGroups: ['']\n  resources: [services]\n  verbs: [get, list, watch]";
  t.ok(
    discovery.waiting().endsWith(`in a ClusterRole that is bound to that user:${rule}`),
    'what is missing',
  );
  api.fault(undefined);
  t.equal((await targetsWhen(discovery)).targets.length, 1);
  t.equal(discovery.waiting(), '');
});

t.test('a bookmark is a sign of life, and where a watch resumes', async (t) => {
  await using api = await startKubernetesApi();
  install(api, ['127.0.1.1']);
  await using discovery = await startDiscovery(kubevirtConfig([]), { api });
  await targetsWhen(discovery);
  await until(() => api.watches === 3);
  api.apply(pod('other', 'unseen', '127.0.9.9'));
  const { lastSync } = discovery.state()[0]!;
  api.compact();
  api.bookmark();
  await until(() => discovery.state()[0]!.lastSync > lastSync);
  const before = api.requests.length;
  api.dropWatches();
  await until(() => api.watches === 3 && api.requests.length >= before + 3);
  t.ok(
    api.requests.slice(before).every(({ verb }) => verb === 'watch'),
    'no list: the version of the bookmark is known',
  );
});

t.test('equal configurations of two jobs share their watches', async (t) => {
  await using api = await startKubernetesApi();
  install(api, ['127.0.1.1']);
  const sd = 'kubernetes_sd_configs: [{ role: endpoints }]';
  const text = `scrape_configs:\n- job_name: a\n  ${sd}\n- job_name: b\n  ${sd}\n`;
  await using discovery = await startDiscovery(text, { api });
  t.same(
    (await targetsWhen(discovery)).targets.map(({ scrapePool }) => scrapePool),
    ['a', 'b'],
  );
  t.equal(api.requests.filter(({ verb }) => verb === 'list').length, 3);
});
