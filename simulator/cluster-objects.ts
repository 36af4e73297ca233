import type { ClusterPod } from './cluster.ts';
import type { KubernetesObject } from './kubernetes-api.ts';

const SERVICE = 'kubevirt-prometheus-metrics';
const LABELS = { 'kubevirt.io': '', 'prometheus.kubevirt.io': 'true' };

/**
 * The Services that KubeVirt's operator installs, and what else lives in a cluster: the webhook's Service carries the same label but
 * has no port `metrics`, and the API server's own has nothing to do with KubeVirt. Neither may become a target.
 */
export function serviceObjects(namespace: string): KubernetesObject[] {
  const webhook = { name: 'kubevirt-operator-webhook', namespace, labels: LABELS };
  const kubernetes = { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver' } };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: SERVICE, namespace, labels: LABELS },
      spec: {
        clusterIP: 'None',
        type: 'ClusterIP',
        selector: { 'prometheus.kubevirt.io': 'true' },
        ports: [{ name: 'metrics', port: 443, protocol: 'TCP', targetPort: 'metrics' }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: webhook,
      spec: {
        clusterIP: '10.96.40.7',
        type: 'ClusterIP',
        selector: { 'kubevirt.io': 'virt-operator' },
        ports: [{ name: 'webhooks', port: 443, protocol: 'TCP', targetPort: 'webhooks' }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: webhook,
      subsets: [
        { addresses: [{ ip: '127.0.0.1' }], ports: [{ name: 'webhooks', port: 9, protocol: 'TCP' }] },
      ],
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: kubernetes,
      spec: {
        clusterIP: '10.96.0.1',
        type: 'ClusterIP',
        ports: [{ name: 'https', port: 443, protocol: 'TCP' }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: kubernetes,
      subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ name: 'https', port: 9, protocol: 'TCP' }] }],
    },
  ];
}

/** The Pod object of a running pod. */
export function podObject(namespace: string, { model, server, ready }: ClusterPod): KubernetesObject {
  const { name, component, node } = model;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: uidOf(name),
      labels: {
        'app.kubernetes.io/component': 'kubevirt',
        'kubevirt.io': component,
        'prometheus.kubevirt.io': 'true',
      },
    },
    spec: {
      nodeName: node,
      containers: [
        {
          name: component === 'virt-exportproxy' ? 'exportproxy' : component,
          image: `quay.io/kubevirt/${component}:v1.9.0`,
          ports: [{ name: 'metrics', containerPort: server.port, protocol: 'TCP' }],
        },
      ],
    },
    status: {
      phase: 'Running',
      podIP: server.address,
      podIPs: [{ ip: server.address }],
      hostIP: '192.0.2.1',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  };
}

/** The Endpoints object of the metrics Service: one subset for each port, with the pods that are ready and those that are not. */
export function endpointsObject(namespace: string, pods: readonly ClusterPod[]): KubernetesObject {
  const subsets = Map.groupBy(pods, ({ server }) => server.port);
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: SERVICE, namespace, labels: { ...LABELS, 'service.kubernetes.io/headless': '' } },
    subsets: [...subsets].map(([port, members]) => {
      const addresses = members.filter(({ ready }) => ready).map((pod) => endpointAddress(namespace, pod));
      const late = members.filter(({ ready }) => !ready).map((pod) => endpointAddress(namespace, pod));
      return {
        ...(addresses.length > 0 ? { addresses } : {}),
        ...(late.length > 0 ? { notReadyAddresses: late } : {}),
        ports: [{ name: 'metrics', port, protocol: 'TCP' }],
      };
    }),
  };
}

function endpointAddress(namespace: string, { model: { name, node }, server }: ClusterPod) {
  const targetRef = { kind: 'Pod', namespace, name, uid: uidOf(name) };
  return { ip: server.address, nodeName: node, targetRef };
}

function uidOf(name: string): string {
  const hash = Buffer.from(name.padStart(16, '0')).toString('hex').slice(-32);
  return [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20)].join(
    '-',
  );
}
