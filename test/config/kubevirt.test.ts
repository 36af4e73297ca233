import t from 'tap';
import { kubevirtConfig } from '../../src/config/kubevirt.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { ScrapeConfig } from '../../src/config/scrape-config.ts';
import { relabel } from '../../src/relabel/relabel.ts';

function load(namespaces: readonly string[]): ScrapeConfig {
  const config = loadConfig(kubevirtConfig(namespaces), { fileName: 'built-in', baseDir: '/' })
    .scrapeConfigs[0];
  if (!config) throw new Error('no scrape config');
  return config;
}

const META = '__meta_kubernetes_';
const VIRT_HANDLER: Readonly<Record<string, string>> = {
  __address__: '10.0.0.1:8443',
  job: 'kubevirt-prometheus-metrics',
  [`${META}namespace`]: 'kubevirt',
  [`${META}service_name`]: 'kubevirt-prometheus-metrics',
  [`${META}service_label_prometheus_kubevirt_io`]: 'true',
  [`${META}service_labelpresent_prometheus_kubevirt_io`]: 'true',
  [`${META}endpoint_port_name`]: 'metrics',
  [`${META}endpoint_ready`]: 'true',
  [`${META}endpoint_node_name`]: 'node01',
  [`${META}endpoint_address_target_kind`]: 'Pod',
  [`${META}endpoint_address_target_name`]: 'virt-handler-x',
  [`${META}pod_name`]: 'virt-handler-x',
  [`${META}pod_container_name`]: 'virt-handler',
  [`${META}pod_phase`]: 'Running',
};
/** The same pod, as an EndpointSlice tells of it. */
const OF_SLICE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(VIRT_HANDLER).filter(([name]) => !name.startsWith(`${META}endpoint_`)),
  ),
  [`${META}endpointslice_port_name`]: 'metrics',
  [`${META}endpointslice_endpoint_conditions_ready`]: 'true',
  [`${META}endpointslice_endpoint_conditions_terminating`]: 'false',
  [`${META}endpointslice_endpoint_node_name`]: 'node01',
  [`${META}endpointslice_address_target_kind`]: 'Pod',
  [`${META}endpointslice_address_target_name`]: 'virt-handler-x',
};
const WANT: Readonly<Record<string, string>> = {
  namespace: 'kubevirt',
  service: 'kubevirt-prometheus-metrics',
  pod: 'virt-handler-x',
  container: 'virt-handler',
  endpoint: 'metrics',
  job: 'kubevirt-prometheus-metrics',
};

t.test('the built-in scrape config', async (t) => {
  t.match(load([]), {
    jobName: 'kubevirt-prometheus-metrics',
    scheme: 'https',
    metricsPath: '/metrics',
    honorLabels: true,
    honorTimestamps: true,
    scrapeIntervalMs: 30_000,
    scrapeTimeoutMs: 10_000,
    tls: { insecureSkipVerify: true },
    kubernetesSdConfigs: [
      {
        role: 'endpoints',
        namespaces: { names: [], ownNamespace: false },
        selectors: [
          { role: 'endpoints', field: 'metadata.name=kubevirt-prometheus-metrics' },
          { role: 'service', field: 'metadata.name=kubevirt-prometheus-metrics' },
          { role: 'pod', label: 'prometheus.kubevirt.io' },
        ],
      },
      {
        role: 'endpointslice',
        namespaces: { names: [], ownNamespace: false },
        selectors: [
          { role: 'endpointslice', label: 'kubernetes.io/service-name=kubevirt-prometheus-metrics' },
          { role: 'service', field: 'metadata.name=kubevirt-prometheus-metrics' },
          { role: 'pod', label: 'prometheus.kubevirt.io' },
        ],
      },
    ],
  });
});

t.test('namespaces', async (t) => {
  for (const names of [['kubevirt'], ['a', '123', 'true', '1e3']]) {
    for (const sd of load(names).kubernetesSdConfigs) t.strictSame(sd.namespaces.names, names, sd.role);
  }
});

t.test('target labels', async (t) => {
  const cases: { change: Record<string, string>; want: Record<string, string> | undefined; why: string }[] = [
    { change: {}, want: WANT, why: 'a running virt-handler' },
    {
      change: { [`${META}service_label_prometheus_kubevirt_io`]: '' },
      want: WANT,
      why: 'the label of the Service may be empty, as older versions have it',
    },
    { change: { [`${META}endpoint_ready`]: 'false' }, want: WANT, why: 'not ready is scraped' },
    { change: { [`${META}pod_phase`]: 'Pending' }, want: WANT, why: 'pending too' },
    { change: { [`${META}pod_phase`]: 'Failed' }, want: undefined, why: 'failed' },
    { change: { [`${META}pod_phase`]: 'Succeeded' }, want: undefined, why: 'succeeded' },
    { change: { [`${META}endpoint_port_name`]: 'webhooks' }, want: undefined, why: 'another port' },
    {
      change: { [`${META}service_name`]: 'kubevirt-operator-webhook' },
      want: undefined,
      why: 'another Service',
    },
    {
      change: { [`${META}service_labelpresent_prometheus_kubevirt_io`]: '' },
      want: undefined,
      why: 'a Service of that name without the label',
    },
    {
      change: { [`${META}pod_name`]: '', [`${META}pod_container_name`]: '', [`${META}pod_phase`]: '' },
      want: { ...WANT, container: '' },
      why: 'a pod that is not known yet has its name from the address',
    },
    {
      change: {
        [`${META}endpoint_address_target_kind`]: 'Node',
        [`${META}endpoint_address_target_name`]: 'node02',
        [`${META}pod_name`]: '',
        [`${META}pod_container_name`]: '',
        [`${META}pod_phase`]: '',
      },
      want: { ...WANT, container: '', pod: '', node: 'node02' },
      why: 'node only from an address that is a node',
    },
  ];
  const rules = load([]).relabelConfigs;
  const shownOf = (labels: Record<string, string>): object | undefined => {
    const relabelled = relabel(new Map(Object.entries(labels)), rules);
    return relabelled && Object.fromEntries([...relabelled].filter(([name]) => !name.startsWith('__')));
  };
  for (const { change, want, why } of cases) {
    const wanted = want && Object.fromEntries(Object.entries(want).filter(([, value]) => value !== ''));
    t.same(shownOf({ ...VIRT_HANDLER, ...change }), wanted, why);
    const changeOfSlice = Object.entries(change).map(([name, value]) => [
      name
        .replace(/endpoint_ready$/, 'endpointslice_endpoint_conditions_ready')
        .replace(/endpoint_(port|address)/, 'endpointslice_$1'),
      value,
    ]);
    t.same(shownOf({ ...OF_SLICE, ...Object.fromEntries(changeOfSlice) }), wanted, `${why}, in a slice`);
  }
  const terminating = { ...OF_SLICE, [`${META}endpointslice_endpoint_conditions_terminating`]: 'true' };
  t.equal(shownOf(terminating), undefined, 'one that is being deleted, which Endpoints do not have');
});
