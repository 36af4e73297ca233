import t from 'tap';
import { render, skip } from './helm.ts';

const config = 'scrape_configs: []';

t.test('names and labels', { skip }, async (t) => {
  const long = 'a'.repeat(63);
  for (const { metadata } of render({ fullnameOverride: long, shards: 2 }).all) {
    // The pod of a StatefulSet has a hash behind its name in a label.
    t.ok(metadata.name.length <= 63, metadata.name);
  }
  t.equal(render({ nameOverride: 'other' }).one('Deployment').metadata.name, 'kubevirt-other');
  // trunc leaves the dashes before a cut.
  const cut = render({ fullnameOverride: `${'a'.repeat(50)}--bcd` }).one('Deployment');
  t.equal(cut.metadata.name, 'a'.repeat(50));
  const labels = { team: 'virt' };
  const objects = render({
    commonLabels: labels,
    podLabels: { team: 'pods', more: 'yes' },
    serviceMonitor: { enabled: true, labels: { team: 'monitors' } },
    networkPolicy: { enabled: true },
    ingress: { enabled: true, host: 'a.example.org' },
    config,
  });
  for (const { kind, metadata } of objects.all)
    t.equal(metadata.labels['team'], kind === 'ServiceMonitor' ? 'monitors' : 'virt', kind);
  t.match(objects.pod().metadata.labels, { team: 'pods', more: 'yes' });
});

t.test('no two releases meet outside of their namespaces', { skip }, async (t) => {
  const releases: readonly (readonly [namespace: string, name: string])[] = [
    ['monitoring', 'gateway'],
    ['other', 'gateway'],
    ['mon-eu', 'gateway'],
    ['mon', 'eu-gateway'],
  ];
  const cases: readonly (readonly [kind: string, values: object])[] = [
    ['Role', {}],
    ['RoleBinding', {}],
    ['ClusterRole', { rbac: { clusterWide: true } }],
    ['ClusterRoleBinding', { rbac: { clusterWide: true } }],
    ['ServiceMonitor', { serviceMonitor: { enabled: true, namespace: 'prometheus' } }],
    ['ScrapeConfig', { scrapeConfig: { enabled: true, namespace: 'prometheus' } }],
  ];
  for (const [kind, values] of cases) {
    const names = releases.map(
      ([namespace, fullnameOverride]) =>
        render({ ...values, fullnameOverride }, '--namespace', namespace).one(kind).metadata.name,
    );
    t.equal(new Set(names).size, releases.length, `${kind}: ${names.join(', ')}`);
  }
  for (const which of ['serviceMonitor', 'scrapeConfig']) {
    const objects = render({ fullnameOverride: 'g', [which]: { enabled: true, namespace: 'monitoring' } });
    t.equal(objects.all.at(-1)?.metadata.name, 'g', `${which}: at home as the others are`);
  }
});

t.test('names that YAML would take for something else stay names', { skip }, async (t) => {
  const objects = render(
    {
      fullnameOverride: 'on',
      nameOverride: '1e3',
      kubevirt: { namespace: '12' },
      config,
      shards: 2,
      ingress: { enabled: true, host: 'a.example.org', className: 'no', paths: ['/a: b #c'] },
      networkPolicy: { enabled: true },
      serviceMonitor: { enabled: true },
    },
    '--namespace',
    '34',
  );
  for (const { kind, metadata } of objects.all) {
    t.type(metadata.name, 'string', kind);
    t.match(String(metadata.namespace), /^(?:12|34)$/);
    for (const given of [metadata.namespace, ...Object.values(metadata.labels)])
      t.type(given, 'string', kind);
  }
  const { spec } = objects.one('Ingress');
  t.equal(spec.ingressClassName, 'no');
  t.equal(spec.rules[0].http.paths[0].path, '/a: b #c');
  t.same(objects.one('ServiceMonitor').spec.namespaceSelector.matchNames, ['34']);
});
