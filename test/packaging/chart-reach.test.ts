import t from 'tap';
import { render, skip } from './helm.ts';
import type { Objects, Rendered } from './helm.ts';

/** What a Prometheus asks for. */
const PATHS = ['/metrics', '/federate', '/sd', '/probe'];

/** The Services that have a pod among theirs, as a cluster would see it. */
function servicesOf(objects: Objects, pod: Readonly<Record<string, string>>): string[] {
  return objects
    .of('Service')
    .filter(({ spec }) => matches(spec.selector as Record<string, string>, pod))
    .map(({ metadata }) => metadata.name);
}

function matches(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.keys(selector).length > 0 &&
    Object.entries(selector).every(([name, value]) => labels[name] === value)
  );
}

/** The labels of a shard's pod, with what Kubernetes adds. */
function shardLabels(objects: Objects, index: number): Record<string, string> {
  const { metadata } = objects.one('StatefulSet');
  return {
    ...objects.pod().metadata.labels,
    'statefulset.kubernetes.io/pod-name': `${metadata.name}-${index}`,
  };
}

t.test('the Service finds the pod and its port', { skip }, async (t) => {
  const objects = render({ service: { port: 9090, labels: { a: 'b' }, annotations: { c: 'd' } } });
  const service = objects.one('Service');
  const { labels } = objects.pod().metadata;
  t.same(servicesOf(objects, labels), [service.metadata.name]);
  t.ok(matches(objects.workload().spec.selector.matchLabels, labels), 'the Deployment');
  t.match(service.metadata, { labels: { a: 'b' }, annotations: { c: 'd' } });
  const [port] = service.spec.ports;
  t.equal(port.port, 9090);
  t.equal(port.targetPort, objects.container().ports[0].name);
  t.equal(service.spec.type, 'ClusterIP');
});

t.test('by no label are its pods found as those of KubeVirt', { skip }, async (t) => {
  for (const shards of [1, 3]) {
    const objects = render({
      shards,
      serviceMonitor: { enabled: true, labels: { 'prometheus.kubevirt.io': '' } },
    });
    for (const { metadata } of [...objects.of('Service'), objects.pod()])
      t.same(
        Object.keys(metadata.labels).filter((name) => name.includes('kubevirt.io')),
        [],
      );
  }
});

t.test('a load balancer', { skip }, async (t) => {
  const service = {
    type: 'LoadBalancer',
    loadBalancerClass: 'example.org/internal',
    loadBalancerSourceRanges: ['192.0.2.0/24'],
    externalTrafficPolicy: 'Local',
    ipFamilyPolicy: 'PreferDualStack',
  };
  const { port, nodePort, ...rest } = { ...service, port: 80, nodePort: 30080 };
  const { spec } = render({ service: { ...rest, port, nodePort } }).one('Service');
  t.match(spec, service);
  t.equal(spec.ports[0].nodePort, 30080);
  const inside = render({ service: { ...service, type: 'ClusterIP' } }).one('Service');
  t.notOk(
    inside.spec.loadBalancerClass,
    'what only a load balancer has is left out, as the API would refuse it',
  );
  t.notOk(inside.spec.externalTrafficPolicy);
});

t.test('shards: a StatefulSet, and a Service for each', { skip }, async (t) => {
  const objects = render({ shards: 3, service: { type: 'LoadBalancer' } });
  t.same(objects.of('Deployment'), []);
  const { metadata, spec } = objects.one('StatefulSet');
  t.equal(spec.replicas, 3);
  t.ok(objects.args().includes('--shard=auto'));
  t.ok(objects.args().includes('--shards=3'));
  t.same(objects.container().env, [
    { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  ]);
  const [headless, ...own] = objects.of('Service') as [Rendered, ...Rendered[]];
  t.equal(headless.spec.clusterIP, 'None');
  t.equal(spec.serviceName, headless.metadata.name);
  t.same(
    own.map((service) => service.metadata.name),
    [0, 1, 2].map((index) => `${metadata.name}-${index}`),
  );
  for (const index of [0, 1, 2]) {
    t.same(
      servicesOf(objects, shardLabels(objects, index)),
      [headless.metadata.name, `${metadata.name}-${index}`],
      `shard ${index}`,
    );
    t.equal(own[index]?.spec.type, 'LoadBalancer');
  }
  t.notOk(
    render()
      .args()
      .some((arg) => arg.startsWith('--shard')),
    'a single one is no shard',
  );
});

t.test('an Ingress', { skip }, async (t) => {
  const ingress = { enabled: true, host: 'g.example.org', className: 'nginx', tlsSecretName: 'tls' };
  const single = render({ ingress: { ...ingress, annotations: { a: 'b' } } });
  const { metadata, spec } = single.one('Ingress');
  t.same(metadata['annotations' as never], { a: 'b' });
  t.equal(spec.ingressClassName, 'nginx');
  t.same(spec.tls, [{ secretName: 'tls', hosts: ['g.example.org'] }]);
  const backend = { service: { name: single.one('Service').metadata.name, port: { name: 'http' } } };
  t.same(spec.rules, [
    {
      host: 'g.example.org',
      http: {
        paths: PATHS.map((path) => ({ path, pathType: 'Prefix', backend })),
      },
    },
  ]);
  const sharded = render({ shards: 2, ingress: { ...ingress, paths: ['/'] } });
  const { rules, tls } = sharded.one('Ingress').spec;
  t.same(
    rules.map((rule: Rendered) => [rule['host'], rule['http'].paths[0].backend.service.name]),
    sharded
      .of('Service')
      .slice(1)
      .map(({ metadata: { name } }, index) => [`shard-${index}.g.example.org`, name]),
  );
  t.same(tls[0].hosts, ['shard-0.g.example.org', 'shard-1.g.example.org']);
});

t.test('an HTTPRoute', { skip }, async (t) => {
  const httpRoute = {
    enabled: true,
    parentRefs: [{ name: 'public', namespace: 'gateways' }],
    host: 'g.example.org',
    timeouts: { request: '60s' },
    annotations: { a: 'b' },
  };
  const objects = render({ httpRoute, service: { port: 80 } });
  const route = objects.one('HTTPRoute');
  t.equal(route.apiVersion, 'gateway.networking.k8s.io/v1');
  t.same(route.metadata['annotations' as never], { a: 'b' });
  t.same(route.spec, {
    parentRefs: httpRoute.parentRefs,
    hostnames: ['g.example.org'],
    rules: [
      {
        matches: PATHS.map((value) => ({ path: { type: 'PathPrefix', value } })),
        backendRefs: [{ name: objects.one('Service').metadata.name, port: 80 }],
        timeouts: { request: '60s' },
      },
    ],
  });
  t.notOk(render({ httpRoute: { ...httpRoute, host: '' } }).one('HTTPRoute').spec.hostnames, 'any host');
  const sharded = render({ shards: 2, httpRoute });
  t.same(
    sharded.of('HTTPRoute').map(({ spec }) => [spec.hostnames, spec.rules[0].backendRefs[0].name]),
    sharded
      .of('Service')
      .slice(1)
      .map(({ metadata: { name } }, index) => [[`shard-${index}.g.example.org`], name]),
  );
});

t.test('a NetworkPolicy, both ways', { skip }, async (t) => {
  t.same(render().of('NetworkPolicy'), [], 'only when asked');
  const from = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'prometheus' } } }];
  const apiServer = [{ ipBlock: { cidr: '192.0.2.1/32' } }];
  const extra = { to: [{ ipBlock: { cidr: '198.51.100.0/24' } }] };
  const objects = render({
    kubevirt: { namespace: 'virt' },
    networkPolicy: {
      enabled: true,
      from,
      apiServer,
      apiServerPorts: [6443],
      dnsPorts: [53],
      egress: [extra],
    },
  });
  const { spec } = objects.one('NetworkPolicy');
  t.ok(matches(spec.podSelector.matchLabels, objects.pod().metadata.labels), 'its own pod');
  t.same(spec.policyTypes, ['Ingress', 'Egress']);
  t.same(spec.ingress, [{ ports: [{ port: 'http', protocol: 'TCP' }], from }]);
  const [pods, api, dns, ...more] = spec.egress;
  t.same(pods, {
    to: [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'virt' } },
        podSelector: { matchExpressions: [{ key: 'prometheus.kubevirt.io', operator: 'Exists' }] },
      },
    ],
    ports: [{ port: 8443, protocol: 'TCP' }],
  });
  t.same(api, { ports: [{ port: 6443, protocol: 'TCP' }], to: apiServer });
  t.same(dns, {
    ports: [
      { port: 53, protocol: 'UDP' },
      { port: 53, protocol: 'TCP' },
    ],
  });
  t.same(more, [extra]);

  const wide = render({ rbac: { clusterWide: true }, networkPolicy: { enabled: true } }).one('NetworkPolicy');
  t.same(wide.spec.egress[0].to[0].namespaceSelector, {}, 'in all namespaces');
  t.notOk(wide.spec.ingress[0].from, 'from everywhere');
});

t.test('a PodDisruptionBudget where there is more than one pod', { skip }, async (t) => {
  const cases: readonly (readonly [values: object, wanted: number])[] = [
    [{}, 0],
    [{ shards: 2 }, 1],
    [{ replicaCount: 2 }, 1],
    [{ shards: 2, podDisruptionBudget: { enabled: false } }, 0],
  ];
  for (const [values, wanted] of cases) {
    const objects = render(values);
    const budgets = objects.of('PodDisruptionBudget');
    t.equal(budgets.length, wanted, JSON.stringify(values));
    for (const { spec } of budgets) {
      t.equal(spec.maxUnavailable, 1);
      t.ok(matches(spec.selector.matchLabels, objects.pod().metadata.labels));
    }
  }
});
