import { eventually } from '../real/server.ts';
import { ApiError } from './api-client.ts';
import type { ApiClient, ApiObject } from './api-client.ts';

export const METRICS_SERVICE = 'kubevirt-prometheus-metrics';

/** What KubeVirt's own Services carry. */
export const SERVICE_LABELS: Readonly<Record<string, string>> = {
  'kubevirt.io': '',
  'prometheus.kubevirt.io': 'true',
};

const WEBHOOK_SERVICE = 'kubevirt-operator-webhook';
const MONITOR = 'prometheus-kubevirt-rules';

/**
 * What KubeVirt's operator installs for its metrics (v1.9): the Service, the ServiceMonitor with the role that it is read by, a PrometheusRule,
 * and the webhook's Service, which carries the same label and has no port `metrics`. The definitions of the two kinds of prometheus-operator
 * accept anything.
 */
export async function installKubevirt(admin: ApiClient, namespace: string): Promise<void> {
  await Promise.all(['ServiceMonitor', 'PrometheusRule'].map((kind) => admin.apply(definition(kind))));
  await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await Promise.all([
    admin.apply(metricsService(namespace)),
    admin.apply(webhookService(namespace)),
    admin.apply(webhookEndpoints(namespace)),
    ...monitoringRights(namespace).map((object) => admin.apply(object)),
  ]);
  for (const object of [serviceMonitor(namespace), prometheusRule(namespace)])
    await whenDefined(() => admin.apply(object));
}

export function metricsService(namespace: string, families: readonly string[] = ['IPv4']): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: METRICS_SERVICE, namespace, labels: SERVICE_LABELS },
    spec: {
      clusterIP: 'None',
      type: 'ClusterIP',
      ipFamilies: families,
      ipFamilyPolicy: families.length > 1 ? 'RequireDualStack' : 'SingleStack',
      selector: { 'prometheus.kubevirt.io': 'true' },
      ports: [{ name: 'metrics', port: 443, protocol: 'TCP', targetPort: 'metrics' }],
    },
  };
}

function webhookService(namespace: string): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: WEBHOOK_SERVICE, namespace, labels: SERVICE_LABELS },
    spec: {
      selector: { 'kubevirt.io': 'virt-operator' },
      ports: [{ name: 'webhooks', port: 443, protocol: 'TCP', targetPort: 'webhooks' }],
    },
  };
}

function webhookEndpoints(namespace: string): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: WEBHOOK_SERVICE, namespace, labels: SERVICE_LABELS },
    subsets: [{ addresses: [{ ip: '10.244.255.2' }], ports: [{ name: 'webhooks', port: 8444 }] }],
  };
}

function serviceMonitor(namespace: string): ApiObject {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: {
      name: MONITOR,
      namespace,
      labels: {
        'openshift.io/cluster-monitoring': '',
        'prometheus.kubevirt.io': 'true',
        'k8s-app': 'kubevirt',
      },
    },
    spec: {
      selector: { matchLabels: { 'prometheus.kubevirt.io': 'true' } },
      namespaceSelector: { matchNames: [namespace] },
      endpoints: [
        { port: 'metrics', scheme: 'https', tlsConfig: { insecureSkipVerify: true }, honorLabels: true },
      ],
    },
  };
}

function prometheusRule(namespace: string): ApiObject {
  const expr = `sum(up{namespace='${namespace}', pod=~'virt-api-.*'}) or vector(0)`;
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: {
      name: MONITOR,
      namespace,
      labels: { 'prometheus.kubevirt.io': 'true', 'k8s-app': 'kubevirt' },
    },
    spec: {
      groups: [
        { name: 'recordingRules.rules', rules: [{ record: 'cluster:kubevirt_virt_api_up:sum', expr }] },
      ],
    },
  };
}

/** With these prometheus-operator's Prometheus reads what the ServiceMonitor asks for. */
function monitoringRights(namespace: string): ApiObject[] {
  const metadata = { name: 'kubevirt-monitoring', namespace, labels: { 'kubevirt.io': '' } };
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata,
      rules: [
        { apiGroups: [''], resources: ['services', 'endpoints', 'pods'], verbs: ['get', 'list', 'watch'] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'kubevirt-monitoring' },
      subjects: [{ kind: 'ServiceAccount', namespace: 'monitoring', name: 'prometheus-k8s' }],
    },
  ];
}

/** A kind of prometheus-operator. */
function definition(kind: string): ApiObject {
  const singular = kind.toLowerCase();
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.monitoring.coreos.com` },
    spec: {
      group: 'monitoring.coreos.com',
      scope: 'Namespaced',
      names: { kind, singular, plural: `${singular}s`, listKind: `${kind}List` },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}

/** Objects of a new kind are unknown to the API for a moment. */
async function whenDefined(make: () => Promise<unknown>): Promise<void> {
  await eventually(
    'the kind is there',
    async (reason) => {
      try {
        await make();
        return true;
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 404)) throw error;
        reason(error.message);
        return undefined;
      }
    },
    { tries: 300, everyMs: 50 },
  );
}
