import t from 'tap';
import { parse } from 'yaml';
import { notes, render, skip } from './helm.ts';
import type { Objects } from './helm.ts';

/** The Services that a ServiceMonitor selects. */
function monitored(objects: Objects): string[] {
  const { matchLabels } = objects.one('ServiceMonitor').spec.selector as {
    matchLabels: Record<string, string>;
  };
  return objects
    .of('Service')
    .filter(({ metadata }) =>
      Object.entries(matchLabels).every(([name, value]) => metadata.labels[name] === value),
    )
    .map(({ metadata }) => metadata.name);
}

t.test('a ServiceMonitor, when asked', { skip }, async (t) => {
  t.same(render().of('ServiceMonitor'), []);
  for (const labels of [
    { 'prometheus.kubevirt.io': '' },
    { 'openshift.io/cluster-monitoring': '' },
    { release: 'kube-prometheus-stack' },
  ]) {
    const values = {
      enabled: true,
      labels,
      annotations: { a: 'b' },
      namespace: 'prometheus',
      interval: '1m',
    };
    const objects = render({ serviceMonitor: values });
    const { metadata, spec } = objects.one('ServiceMonitor');
    t.match(metadata, { namespace: 'prometheus', labels, annotations: { a: 'b' } });
    t.same(spec.namespaceSelector, { matchNames: ['monitoring'] });
    t.same(monitored(objects), [objects.one('Service').metadata.name]);
    const [endpoint, ...more] = spec.endpoints;
    t.same(more, []);
    t.match(endpoint, {
      port: objects.one('Service').spec.ports[0].name,
      path: '/metrics',
      honorLabels: true,
      interval: '1m',
      scrapeTimeout: '15s',
    });
    // Prometheus adds the labels of the target to samples that do not have them, whatever honorLabels says.
    const [rule] = endpoint.relabelings;
    t.equal(rule.action, 'labeldrop');
    for (const label of ['namespace', 'service', 'pod', 'container', 'endpoint'])
      t.match(label, new RegExp(`^(?:${rule.regex})$`));
    for (const label of ['job', 'instance', '__address__'])
      t.notMatch(label, new RegExp(`^(?:${rule.regex})$`));
  }
  const sharded = render({ shards: 2, serviceMonitor: { enabled: true } });
  t.same(monitored(sharded), [sharded.one('StatefulSet').spec.serviceName], 'each shard once');
});

t.test('a ScrapeConfig, when asked', { skip }, async (t) => {
  t.same(render().of('ScrapeConfig'), []);
  const cases: readonly (readonly [values: object, own: object, targets: string[]])[] = [
    [{}, {}, ['kubevirt-kubevirt-metrics-gateway.monitoring.svc:8080']],
    [{ fullnameOverride: 'g', service: { port: 80 } }, {}, ['g.monitoring.svc:80']],
    [{ fullnameOverride: 'g', replicaCount: 2 }, {}, ['g.monitoring.svc:8080']],
    [{ fullnameOverride: 'g', shards: 2 }, {}, ['g-0.monitoring.svc:8080', 'g-1.monitoring.svc:8080']],
    [{}, { targets: ['g.example.org:443'] }, ['g.example.org:443']],
  ];
  for (const [values, own, targets] of cases) {
    const objects = render({ ...values, scrapeConfig: { enabled: true, labels: { a: 'b' }, ...own } });
    const { apiVersion, metadata, spec } = objects.one('ScrapeConfig');
    t.equal(apiVersion, 'monitoring.coreos.com/v1alpha1');
    t.match(metadata, { namespace: 'monitoring', labels: { a: 'b' } });
    t.same(spec, {
      jobName: 'kubevirt-metrics-gateway',
      honorLabels: true,
      metricsPath: '/metrics',
      scrapeInterval: '30s',
      scrapeTimeout: '15s',
      staticConfigs: [{ targets }],
    });
  }
});

t.test('what an installation prints for a Prometheus outside', { skip }, async (t) => {
  const host = 'g.example.org';
  const parentRefs = [{ name: 'public' }];
  const cases: readonly (readonly [why: string, values: object, targets: string[], scheme?: string])[] = [
    ['in the cluster', {}, ['kubevirt-kubevirt-metrics-gateway.monitoring.svc:8080']],
    ['an Ingress', { ingress: { enabled: true, host } }, [host]],
    ['of any name', { ingress: { enabled: true, host: '*.example.org' } }, ['<any name>.example.org']],
    ['with TLS', { ingress: { enabled: true, host, tlsSecretName: 'tls' } }, [host], 'https'],
    ['a route', { httpRoute: { enabled: true, parentRefs, host } }, [host]],
    [
      'shards',
      { shards: 2, ingress: { enabled: true, host } },
      ['shard-0.g.example.org', 'shard-1.g.example.org'],
    ],
    [
      'a load balancer',
      { fullnameOverride: 'g', service: { type: 'LoadBalancer', port: 80 } },
      ['<address of g>:80'],
    ],
    ['node ports', { fullnameOverride: 'g', service: { type: 'NodePort' } }, ['<a node>:<node port of g>']],
  ];
  for (const [why, values, targets, scheme] of cases) {
    const text = notes(values);
    const snippet = /^scrape_configs:\n(?: .*\n)+/m.exec(text)?.[0] ?? '';
    t.same(
      parse(snippet),
      {
        scrape_configs: [
          {
            job_name: 'kubevirt',
            honor_labels: true,
            scrape_interval: '30s',
            scrape_timeout: '15s',
            ...(scheme && { scheme }),
            static_configs: [{ targets }],
          },
        ],
      },
      `${why}: ${text}`,
    );
    t.match(text, 'each would be scraped twice', why);
    t.equal(/all 2 must be scraped/.test(text), 'shards' in values, why);
  }
});

t.test('with a ServiceMonitor it says what must not be selected', { skip }, async (t) => {
  for (const which of ['serviceMonitor', 'scrapeConfig']) {
    const text = notes({ [which]: { enabled: true }, kubevirt: { namespace: 'virt' } });
    t.match(
      text,
      /KubeVirt's own ServiceMonitor \(prometheus-kubevirt-rules in\nvirt\) must not be selected/,
      which,
    );
    t.notMatch(text, 'scrape_configs');
  }
});
