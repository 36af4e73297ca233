import t from 'tap';
import { kubevirtConfig } from '../../src/config/kubevirt.ts';
import type { Discovery } from '../../src/discovery/discovery.ts';
import { startKubernetesApi } from '../../simulator/kubernetes-api.ts';
import type { KubernetesApi } from '../../simulator/kubernetes-api.ts';
import { endpoints, hosts, pod, recordingLogger, service, slice } from './fixture.ts';
import { startDiscovery, targetsWhen, until } from './fixture.ts';

const name = 'kubevirt-prometheus-metrics';
const kubevirt = { 'prometheus.kubevirt.io': 'true' };
const truncated = { 'endpoints.kubernetes.io/over-capacity': 'truncated' };
const one = '127.0.1.1';
const two = '127.0.1.2';
const slicesPath = '/apis/discovery.k8s.io/v1/endpointslices';

function applyEndpoints(api: KubernetesApi, ips: readonly string[], annotations = {}): void {
  const ready = ips.map((ip) => ({ ip, pod: `pod-${ip}` }));
  const subsets = [{ ready, ports: [{ name: 'metrics', port: 8443 }] }];
  api.apply(endpoints('kubevirt', name, subsets, { labels: kubevirt, annotations }));
}

/** A Service with two pods, both of which slices have. */
function install(api: KubernetesApi): void {
  for (const ip of [one, two]) api.apply(pod('kubevirt', `pod-${ip}`, ip, { labels: kubevirt }));
  api.apply(service('kubevirt', name, { labels: kubevirt }));
  for (const ip of [one, two])
    api.apply(slice('kubevirt', `slice-${ip}`, name, [{ ip, pod: `pod-${ip}`, ready: true }]));
}

const count = (wanted: number) => (set: { readonly targets: readonly unknown[] }) =>
  set.targets.length === wanted;
const isReadingSlices = (api: KubernetesApi): boolean =>
  api.requests.some(({ path }) => path.endsWith('/endpointslices'));
const usesSlices = (discovery: Discovery): boolean => discovery.state()[0]!.usesSlices === true;

t.test('slices are not read while Endpoints do', async (t) => {
  await using api = await startKubernetesApi();
  install(api);
  applyEndpoints(api, [one]);
  await using discovery = await startDiscovery(kubevirtConfig([]), { api });
  t.same(hosts(await targetsWhen(discovery)), [`${one}:8443`]);
  await until(() => api.watches === 3);
  t.notOk(isReadingSlices(api));
  t.match(discovery.state(), [{ provider: 'kubernetes', usesSlices: false, truncatedEndpoints: 0 }]);
});

t.test('over capacity, and back', async (t) => {
  await using api = await startKubernetesApi();
  install(api);
  applyEndpoints(api, [one]);
  const log = recordingLogger();
  // Longer than anything else here takes.
  const timing = { calmMs: 1000 };
  await using discovery = await startDiscovery(kubevirtConfig([]), { api, log, timing });
  await targetsWhen(discovery);
  applyEndpoints(api, [one, two]);
  const before = await targetsWhen(discovery, count(2));
  const sizes: number[] = [];
  discovery.onChange(({ targets }) => sizes.push(targets.length));
  applyEndpoints(api, [one], truncated);
  await until(() => usesSlices(discovery));
  const set = await targetsWhen(discovery, count(2));
  t.same(hosts(set), [`${one}:8443`, `${two}:8443`], 'complete');
  await until(() => sizes.length > 0);
  t.same(new Set(sizes), new Set([2]), 'never without those that were cut off');
  t.equal(set.targets[0]?.key, before.targets[0]?.key, 'the same target, by whatever way it is found');
  t.same(set.targets[0]?.labels, before.targets[0]?.labels);
  t.match(discovery.state(), [{ usesSlices: true, truncatedEndpoints: 1 }]);
  const requests = api.requests.filter(({ path }) => path === slicesPath);
  t.ok(requests.every(({ query }) => query['labelSelector'] === `kubernetes.io/service-name=${name}`));

  applyEndpoints(api, [one, two]);
  await until(() => discovery.state()[0]!.truncatedEndpoints === 0);
  t.ok(usesSlices(discovery), 'not at once');
  applyEndpoints(api, [one], truncated);
  await until(() => discovery.state()[0]!.truncatedEndpoints === 1);
  applyEndpoints(api, [one, two]);
  await until(() => !usesSlices(discovery));
  await until(() => api.watches === 3);
  const after = discovery.current;
  t.same(
    after?.targets.map(({ key }) => key),
    set.targets.map(({ key }) => key),
    'the same targets',
  );
  applyEndpoints(api, [two]);
  t.same(hosts(await targetsWhen(discovery, count(1))), [`${two}:8443`], 'of Endpoints again');
  const told = log.lines.filter(({ message }) => message.startsWith('targets come from'));
  t.match(told, [
    { message: /EndpointSlices now/, fields: { why: 'Endpoints are over capacity', namespace: 'all' } },
    { message: /Endpoints again/ },
  ]);
});

t.test('at the start, with what Endpoints lack', async (t) => {
  const cases: { why: string; prepare: (api: KubernetesApi) => void }[] = [
    { why: 'over capacity', prepare: (api) => applyEndpoints(api, [one], truncated) },
    { why: 'none for the Service', prepare: () => {} },
    { why: 'not there', prepare: (api) => api.fault({ resource: 'endpoints', status: 404 }) },
    { why: 'forbidden', prepare: (api) => api.fault({ resource: 'endpoints', status: 403 }) },
  ];
  for (const { why, prepare } of cases) {
    await using api = await startKubernetesApi();
    install(api);
    prepare(api);
    await using discovery = await startDiscovery(kubevirtConfig([]), { api });
    t.same(hosts(await targetsWhen(discovery)), [`${one}:8443`, `${two}:8443`], `${why}: complete at once`);
    t.match(discovery.state(), [{ synced: true, usesSlices: true, lastError: undefined }], why);
  }
});

t.test('without permission for slices', async (t) => {
  await using api = await startKubernetesApi();
  install(api);
  applyEndpoints(api, [one], truncated);
  api.fault({ resource: 'endpointslices', status: 403 });
  const log = recordingLogger();
  const timing = { refusalMs: 50 };
  await using discovery = await startDiscovery(kubevirtConfig([]), { api, log, timing });
  t.same(hosts(await targetsWhen(discovery)), [`${one}:8443`], 'Endpoints as far as they go');
  t.match(discovery.state(), [{ usesSlices: false, truncatedEndpoints: 1, lastError: undefined }]);
  t.match(
    log.lines.filter(({ fields }) => fields['path'] === slicesPath),
    [{ level: 'info', fields: { error: /resources: \[endpointslices\]/ } }],
    'said once',
  );
  t.match(
    log.lines.filter(({ level }) => level === 'warn'),
    [{ message: /over capacity and EndpointSlices cannot be read/ }],
  );
  api.fault(undefined);
  t.same(hosts(await targetsWhen(discovery, count(2))), [`${one}:8443`, `${two}:8443`], 'once it is there');
});

t.test('permission for slices in use is taken away', async (t) => {
  const cases: { why: string; prepare: (api: KubernetesApi) => void; resource?: 'endpointslices' }[] = [
    {
      why: 'over capacity',
      prepare: (api) => applyEndpoints(api, [one], truncated),
      resource: 'endpointslices',
    },
    { why: 'over capacity, everything', prepare: (api) => applyEndpoints(api, [one], truncated) },
    { why: 'no Endpoints, everything', prepare: () => {} },
  ];
  for (const { why, prepare, resource } of cases) {
    await using api = await startKubernetesApi();
    install(api);
    prepare(api);
    const log = recordingLogger();
    const timing = { refusalMs: 50 };
    await using discovery = await startDiscovery(kubevirtConfig([]), { api, log, timing });
    await targetsWhen(discovery, count(2));
    const sizes: number[] = [];
    discovery.onChange(({ targets }) => sizes.push(targets.length));
    await until(() => api.watches === 4);
    api.fault({ status: 403, ...(resource === undefined ? {} : { resource }) });
    api.dropWatches();
    const paths = resource === undefined ? 4 : 1;
    const kept = () =>
      log.lines.filter(
        ({ level, message, fields }) =>
          level === 'warn' &&
          /keeping what is known/.test(message) &&
          /missing/.test(String(fields['error'])),
      );
    await until(() => kept().length >= paths);
    t.ok(
      kept().some(({ fields }) => fields['path'] === slicesPath),
      `${why}: said`,
    );
    t.match(discovery.state(), [{ usesSlices: true, lastError: /resources: \[endpointslices\]/ }], why);
    t.same(hosts(discovery.current), [`${one}:8443`, `${two}:8443`], `${why}: the targets stay`);
    t.same(
      sizes.filter((size) => size !== 2),
      [],
      why,
    );
    api.delete('Pod', 'kubevirt', `pod-${two}`);
    api.delete('EndpointSlice', 'kubevirt', `slice-${two}`);
    api.fault(undefined);
    t.same(hosts(await targetsWhen(discovery, count(1))), [`${one}:8443`], `${why}: given back`);
  }
});

t.test('where slices can no longer be read, Endpoints that do are used', async (t) => {
  await using api = await startKubernetesApi();
  install(api);
  applyEndpoints(api, [one, two]);
  api.apply(service('second', name, { labels: kubevirt }));
  api.apply(slice('second', 'slice', name, [{ ip: '127.0.2.1', ready: true }]));
  const timing = { refusalMs: 50 };
  await using discovery = await startDiscovery(kubevirtConfig([]), { api, timing });
  await targetsWhen(discovery, count(3));
  await until(() => api.watches === 4);
  api.fault({ status: 403, resource: 'endpointslices' });
  api.dropWatches();
  await until(() => /missing/.test(discovery.state()[0]!.lastError ?? ''));
  applyEndpoints(api, [one]);
  t.same(hosts(await targetsWhen(discovery, count(2))), [`${one}:8443`, '127.0.2.1:8443']);
});

t.test('slices that fail are waited for, and not for long', async (t) => {
  const cut = (api: KubernetesApi): void => applyEndpoints(api, [one], truncated);
  const remove = (api: KubernetesApi): boolean => api.delete('Endpoints', 'kubevirt', name);
  const faults = [{ status: 429 }, { status: 500 }, { status: 410 }, { body: '<html>' }, { hang: true }];
  const cases = faults.map((fault) => ({ fault, why: JSON.stringify(fault) }));
  for (const { fault, why } of cases) {
    for (const [what, change] of Object.entries({ cut, remove })) {
      await using api = await startKubernetesApi();
      install(api);
      applyEndpoints(api, [one, two]);
      // Longer than anything else here takes.
      const timing = { holdMs: 60_000, answerMs: 100 };
      await using discovery = await startDiscovery(kubevirtConfig([]), { api, timing });
      await targetsWhen(discovery, count(2));
      const sizes: number[] = [];
      discovery.onChange(({ targets }) => sizes.push(targets.length));
      api.fault({ resource: 'endpointslices', ...fault });
      change(api);
      // Longer than changes are gathered.
      const tries = fault.hang === true ? 3 : 20;
      await until(() => api.requests.filter(({ path }) => path === slicesPath).length >= tries);
      api.fault(undefined);
      await until(() => usesSlices(discovery));
      applyEndpoints(api, [one], truncated);
      api.delete('EndpointSlice', 'kubevirt', `slice-${two}`);
      await targetsWhen(discovery, count(1));
      t.same(
        sizes.filter((size) => size !== 2),
        [1],
        `${why}, ${what}: no target went away but the one whose slice did`,
      );
    }
  }
  for (const fault of [...faults, { status: 403 }, { status: 404 }]) {
    const why = JSON.stringify(fault);
    await using api = await startKubernetesApi();
    install(api);
    applyEndpoints(api, [one, two]);
    const log = recordingLogger();
    // A refusal does not pass: nothing is to be waited for.
    const holdMs = fault.status === 403 || fault.status === 404 ? 60_000 : 100;
    await using discovery = await startDiscovery(kubevirtConfig([]), { api, log, timing: { holdMs } });
    await targetsWhen(discovery, count(2));
    api.fault({ resource: 'endpointslices', ...fault });
    cut(api);
    await targetsWhen(discovery, count(1));
    const told = log.lines.filter(({ message }) => /^Endpoints are over capacity and.*missing/.test(message));
    t.equal(told.length, 1, `${why}: said once`);
    api.fault(undefined);
    if (fault.hang !== true) await targetsWhen(discovery, count(2));
  }
});

t.test('without permission for Endpoints, it says what slices lack', async (t) => {
  await using api = await startKubernetesApi();
  install(api);
  api.fault({ resource: 'endpoints', status: 403 });
  const log = recordingLogger();
  await using discovery = await startDiscovery(kubevirtConfig([]), { api, log });
  await targetsWhen(discovery, count(2));
  t.match(discovery.state(), [{ lastError: undefined }]);

  for (const status of [500, 403] as const) {
    await using none = await startKubernetesApi();
    install(none);
    none.fault({ resource: 'endpoints', status: 403 }, { resource: 'endpointslices', status });
    await using other = await startDiscovery(kubevirtConfig([]), { api: none });
    await until(() => isReadingSlices(none) && other.waiting().includes(`status ${status}`));
    const want = { 500: /: status 500: an error on purpose$/, 403: /rules are missing[^]*\[endpoints\]/ }[
      status
    ];
    await until(() => want.test(other.waiting()));
    t.match(other.waiting(), want);
  }
});

t.test('slices that come when Endpoints do again', async (t) => {
  await using api = await startKubernetesApi();
  install(api);
  applyEndpoints(api, [one], truncated);
  api.fault({ resource: 'endpointslices', status: 500 });
  const log = recordingLogger();
  const timing = { holdMs: 50 };
  await using discovery = await startDiscovery(kubevirtConfig([]), { api, log, timing });
  await targetsWhen(discovery, count(1));
  applyEndpoints(api, [one, two]);
  await targetsWhen(discovery, count(2));
  api.fault(undefined);
  await until(() => usesSlices(discovery));
  t.match(
    log.lines.filter(({ message }) => /from EndpointSlices now/.test(message)),
    [{ fields: { why: 'Endpoints are over capacity' } }],
  );
});

t.test('slices that fail at the start are waited for, and not for long', async (t) => {
  const faults = [{ status: 500 }, { hang: true }];
  for (const fault of faults) {
    const why = JSON.stringify(fault);
    await using api = await startKubernetesApi();
    install(api);
    applyEndpoints(api, [one], truncated);
    api.fault({ resource: 'endpointslices', ...fault });
    const timing = { holdMs: 60_000, answerMs: 200 };
    await using discovery = await startDiscovery(kubevirtConfig([]), { api, timing });
    await until(() => api.watches === 3 && isReadingSlices(api));
    t.equal(discovery.current, undefined, why);
    t.match(
      discovery.waiting(),
      /job "kubevirt-prometheus-metrics": no list yet of \/apis\/.*endpointslices/,
      `${why}: says it`,
    );
    api.fault(undefined);
    const want = [`${one}:8443`, `${two}:8443`];
    t.same(hosts(await targetsWhen(discovery)), want, `${why}: complete from the first on`);
  }
  for (const fault of faults) {
    await using api = await startKubernetesApi();
    install(api);
    applyEndpoints(api, [one], truncated);
    api.fault({ resource: 'endpointslices', ...fault });
    await using discovery = await startDiscovery(kubevirtConfig([]), { api, timing: { holdMs: 50 } });
    t.same(hosts(await targetsWhen(discovery)), [`${one}:8443`], JSON.stringify(fault));
  }
});

t.test('what is refused for a moment only changes nothing', async (t) => {
  await using api = await startKubernetesApi();
  install(api);
  applyEndpoints(api, [one], truncated);
  const log = recordingLogger();
  await using discovery = await startDiscovery(kubevirtConfig([]), { api, log });
  const set = await targetsWhen(discovery);
  await until(() => api.watches === 4);
  // As an API server does that has not read its rules yet.
  api.fault({ status: 403 });
  const before = api.requests.length;
  api.dropWatches();
  await until(() => api.requests.length >= before + 40);
  t.match(discovery.state(), [{ usesSlices: true, lastError: /status 403/ }]);
  t.equal(discovery.current, set);
  const told = log.lines.filter(({ fields }) => String(fields['error']).includes('403'));
  t.ok(told.length > 0);
  t.notOk(
    told.some(({ fields }) => String(fields['error']).includes('apiGroups')),
    'no rule is missing',
  );
  api.fault(undefined);
  await until(() => discovery.state()[0]!.lastError === undefined);
});

t.test('Services of two namespaces', async (t) => {
  await using api = await startKubernetesApi();
  install(api);
  applyEndpoints(api, [one], truncated);
  api.apply(service('second', name, { labels: kubevirt }));
  const subsets = [{ ready: [{ ip: '127.0.2.1' }], ports: [{ name: 'metrics', port: 8443 }] }];
  api.apply(endpoints('second', name, subsets));
  await using discovery = await startDiscovery(kubevirtConfig([]), { api });
  const want = [`${one}:8443`, `${two}:8443`, '127.0.2.1:8443'];
  t.same(hosts(await targetsWhen(discovery)), want, 'one without slices keeps its Endpoints');
});

t.test('pods that are being deleted are no targets, whatever they are found by', async (t) => {
  await using api = await startKubernetesApi();
  install(api);
  const found = { ip: two, pod: `pod-${two}`, ready: false, serving: true, terminating: true };
  api.apply(slice('kubevirt', `slice-${two}`, name, [found]));
  await using discovery = await startDiscovery(kubevirtConfig([]), { api });
  t.same(hosts(await targetsWhen(discovery)), [`${one}:8443`]);
});

t.test('with role endpoints alone, more than Endpoints can have is said', async (t) => {
  await using api = await startKubernetesApi();
  install(api);
  applyEndpoints(api, [one], truncated);
  const log = recordingLogger();
  const text = 'scrape_configs: [{ job_name: j, kubernetes_sd_configs: [{ role: endpoints }] }]';
  await using discovery = await startDiscovery(text, { api, log });
  await targetsWhen(discovery);
  t.match(discovery.state(), [{ usesSlices: false, truncatedEndpoints: 1 }]);
  t.match(
    log.lines.filter(({ level }) => level === 'warn'),
    [{ message: /over capacity.*use role endpointslice/, fields: { truncated: 1 } }],
  );
  t.notOk(isReadingSlices(api));
});

t.test('both entries in a file: each target once', async (t) => {
  await using api = await startKubernetesApi();
  install(api);
  applyEndpoints(api, [one]);
  await using discovery = await startDiscovery(kubevirtConfig([]), { api, isBuiltIn: false });
  t.same(hosts(await targetsWhen(discovery)), [`${one}:8443`, `${two}:8443`]);
  t.equal(discovery.state().length, 2);
});
