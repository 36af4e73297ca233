import type { ApiObject } from './api-client.ts';
import { METRICS_SERVICE, SERVICE_LABELS } from './kubevirt.ts';

/** A pod of KubeVirt. Its name begins with its component's. */
export interface KubevirtPod {
  readonly name: string;
  /** The first one is the pod's main address. */
  readonly addresses: readonly string[];
  readonly node?: string;
  /** Default true. */
  readonly ready?: boolean;
  /** Default Running. */
  readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
}

/** The Pod with its status, as kubelet and scheduler leave it. */
export function podObject(namespace: string, pod: KubevirtPod): ApiObject {
  const { name, addresses, node = 'node01', ready = true, phase = 'Running' } = pod;
  const component = componentOf(name);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: {
        'app.kubernetes.io/component': 'kubevirt',
        'kubevirt.io': component,
        'prometheus.kubevirt.io': 'true',
      },
      annotations: { 'kubevirt.io/of-the-tests': 'yes' },
    },
    spec: {
      nodeName: node,
      containers: [
        {
          name: component === 'virt-exportproxy' ? 'exportproxy' : component,
          image: `quay.io/kubevirt/${component}:v1.9.0`,
          ports: [
            { name: 'metrics', containerPort: 8443, protocol: 'TCP' },
            ...(component === 'virt-handler'
              ? [{ name: 'vmstats', containerPort: 8187, protocol: 'TCP' }]
              : []),
          ],
        },
      ],
    },
    status: {
      phase,
      podIP: addresses[0],
      podIPs: addresses.map((ip) => ({ ip })),
      hostIP: '10.244.255.1',
      hostIPs: [{ ip: '10.244.255.1' }],
      conditions: [{ type: 'Ready', status: ready && phase === 'Running' ? 'True' : 'False' }],
    },
  };
}

/** The Endpoints object of the metrics Service as the endpoints controller writes it: at most 1,000 addresses of the Service's family. */
export function endpointsObject(
  namespace: string,
  pods: readonly KubevirtPod[],
  family: 'IPv4' | 'IPv6' = 'IPv4',
): ApiObject {
  const present = pods.filter(hasEndpoint).filter((pod) => addressOf(pod, family) !== undefined);
  const kept = present.slice(0, 1000);
  const addresses = (ready: boolean) =>
    kept
      .filter((pod) => (pod.ready ?? true) === ready)
      .map((pod) => ({
        ip: addressOf(pod, family),
        nodeName: pod.node ?? 'node01',
        targetRef: { kind: 'Pod', namespace, name: pod.name },
      }));
  const [ready, late] = [addresses(true), addresses(false)];
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name: METRICS_SERVICE,
      namespace,
      labels: {
        ...SERVICE_LABELS,
        'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
        'service.kubernetes.io/headless': '',
      },
      ...(present.length > kept.length
        ? { annotations: { 'endpoints.kubernetes.io/over-capacity': 'truncated' } }
        : {}),
    },
    subsets:
      kept.length === 0
        ? []
        : [
            {
              ...(ready.length > 0 ? { addresses: ready } : {}),
              ...(late.length > 0 ? { notReadyAddresses: late } : {}),
              ports: [{ name: 'metrics', port: 8443, protocol: 'TCP' }],
            },
          ],
  };
}

/** The EndpointSlices of the metrics Service as the slice controller writes them: of one family, at most 100 addresses each. */
export function sliceObjects(
  namespace: string,
  pods: readonly KubevirtPod[],
  family: 'IPv4' | 'IPv6' = 'IPv4',
): (ApiObject & { readonly endpoints: readonly object[] })[] {
  const present = pods.filter(hasEndpoint).filter((pod) => addressOf(pod, family) !== undefined);
  return Array.from({ length: Math.ceil(present.length / 100) }, (_, index) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${METRICS_SERVICE}-${family.toLowerCase()}-${index}`,
      namespace,
      labels: {
        ...SERVICE_LABELS,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': METRICS_SERVICE,
        'service.kubernetes.io/headless': '',
      },
    },
    addressType: family,
    endpoints: present.slice(index * 100, index * 100 + 100).map((pod) => ({
      addresses: [addressOf(pod, family)],
      conditions: { ready: pod.ready ?? true, serving: pod.ready ?? true, terminating: false },
      nodeName: pod.node ?? 'node01',
      targetRef: { kind: 'Pod', namespace, name: pod.name },
    })),
    ports: [{ name: 'metrics', port: 8443, protocol: 'TCP' }],
  }));
}

/** Controllers leave out pods that have come to their end. */
function hasEndpoint({ phase }: KubevirtPod): boolean {
  return phase !== 'Failed' && phase !== 'Succeeded';
}

function addressOf({ addresses }: KubevirtPod, family: 'IPv4' | 'IPv6'): string | undefined {
  return addresses.find((address) => address.includes(':') === (family === 'IPv6'));
}

function componentOf(name: string): string {
  return name.split('-').slice(0, 2).join('-');
}
