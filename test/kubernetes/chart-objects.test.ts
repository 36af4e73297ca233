import { MISSING } from './inside.ts';
import t from 'tap';
import { render, skip as noHelm } from '../packaging/helm.ts';
import type { Rendered } from '../packaging/helm.ts';
import { ApiError } from './api-client.ts';
import type { ApiClient, ApiObject } from './api-client.ts';
import { defineKinds } from './chart-kinds.ts';
import { startCluster } from './cluster.ts';

const enabled = { enabled: true };
const peer = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'prometheus' } } };
const host = 'gateway.example.org';
const parentRefs = [{ name: 'public', namespace: 'gateways' }];
const config = 'scrape_configs:\n  - job_name: a\n';

/** Every value is in one of them, but those that name a user. */
const MATRIX: readonly (readonly [why: string, values: object])[] = [
  ['as it comes', {}],
  [
    'everything around one pod',
    {
      config,
      commonLabels: { team: 'virt' },
      flags: { 'scrape.reuse': '5s' },
      ingress: { ...enabled, host, className: 'nginx', tlsSecretName: 'tls', annotations: { a: 'b' } },
      httpRoute: { ...enabled, parentRefs, host, timeouts: { request: '60s' } },
      networkPolicy: { ...enabled, from: [peer], apiServer: [peer], egress: [{ to: [peer] }] },
      serviceMonitor: { ...enabled, namespace: 'prometheus', labels: { 'prometheus.kubevirt.io': '' } },
      serviceAccount: { annotations: { a: 'b' } },
      service: {
        type: 'LoadBalancer',
        nodePort: 30080,
        loadBalancerClass: 'example.org/internal',
        loadBalancerSourceRanges: ['192.0.2.0/24'],
        externalTrafficPolicy: 'Local',
        ipFamilyPolicy: 'PreferDualStack',
        annotations: { a: 'b' },
        labels: { a: 'b' },
      },
    },
  ],
  [
    'everything for the pod',
    {
      imagePullSecrets: [{ name: 'registry' }],
      priorityClassName: 'system-cluster-critical',
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ operator: 'Exists' }],
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 1, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname' } },
          ],
        },
      },
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
      ],
      podAnnotations: { a: 'b' },
      podLabels: { a: 'b' },
      extraVolumes: [{ name: 'certs', secret: { secretName: 'certs' } }],
      extraVolumeMounts: [{ name: 'certs', mountPath: '/certs', readOnly: true }],
      resources: { limits: { cpu: '2', memory: '1Gi' } },
      podSecurityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    },
  ],
  ['in all namespaces', { rbac: { clusterWide: true }, networkPolicy: enabled }],
  ['without permissions', { rbac: { create: false }, serviceAccount: { create: false } }],
  [
    'two that are one',
    { replicaCount: 2, scrapeConfig: enabled, podDisruptionBudget: { maxUnavailable: '50%' } },
  ],
  [
    'shards',
    {
      shards: 3,
      ingress: { ...enabled, host },
      httpRoute: { ...enabled, parentRefs, host },
      networkPolicy: enabled,
      serviceMonitor: enabled,
      service: { type: 'NodePort' },
    },
  ],
  ['shards by address', { shards: 2, scrapeConfig: { ...enabled, labels: { a: 'b' }, targets: [] } }],
];

/** What the API says to an object that it must not keep: empty when it would take it. */
async function verdict(admin: ApiClient, object: ApiObject): Promise<string> {
  try {
    await admin.apply(object, { dryRun: true });
    return '';
  } catch (error) {
    if (error instanceof ApiError) return error.message;
    throw error;
  }
}

/** The pod that a controller would make of the template; where the template's own checks end, those of pods begin. */
function podOf(workload: Rendered): ApiObject {
  const { metadata, spec } = workload.spec.template as Rendered;
  const { name, namespace = '' } = workload.metadata;
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: `${name}-0`, namespace }, spec };
}

t.test('objects of the chart in a real API', { skip: MISSING || noHelm }, async (t) => {
  await using cluster = await startCluster();
  const { admin } = cluster;
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  for (const name of ['monitoring', 'kubevirt', 'prometheus'])
    await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  await defineKinds(admin);

  for (const [why, values] of MATRIX) {
    await t.test(why, async (t) => {
      const objects = render(values);
      for (const object of objects.all) t.equal(await verdict(admin, object), '', object.kind);
      t.equal(await verdict(admin, podOf(objects.workload())), '', 'the pod, under the restricted standard');
    });
  }

  await t.test('what it would not take', async (t) => {
    const pod = podOf(render({ podSecurityContext: { runAsNonRoot: null } }).workload());
    t.match(await verdict(admin, pod), /violates PodSecurity .*runAsNonRoot/);
    const cases: readonly (readonly [kind: string, values: object, message: RegExp])[] = [
      ['Deployment', { podSecurityContext: { runAsUsr: 5 } }, /unknown field|field not declared/],
      ['Ingress', { ingress: { ...enabled, host, annotations: { 'a b': '' } } }, /annotations/],
      ['HTTPRoute', { httpRoute: { ...enabled, parentRefs, timeouts: { request: 'soon' } } }, /timeouts/],
    ];
    for (const [kind, values, message] of cases)
      t.match(await verdict(admin, render(values).one(kind)), message, kind);
  });
});
