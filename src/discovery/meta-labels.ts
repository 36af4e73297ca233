import type { EndpointAddress, EndpointsObject, PodObject, ServiceObject } from './kubernetes-object.ts';
import type { LabelSet, TargetGroup } from './target-group.ts';

const meta = '__meta_kubernetes_';

/** What the labels of an Endpoints object's targets are made of, looked up by `namespace/name`. */
export interface KubernetesObjects {
  readonly services: ReadonlyMap<string, ServiceObject>;
  readonly pods: ReadonlyMap<string, PodObject>;
}

/**
 * The targets of one Endpoints object as Prometheus' `role: endpoints` makes them (its `discovery/kubernetes/endpoints.go`):
 * one for every port and address of every subset, ready or not, and one for every other port that the containers of those pods
 * declare. `__meta_kubernetes_endpoints_annotation*` are of newer versions than the rest (2.46).
 */
export function endpointsGroup(endpoints: EndpointsObject, objects: KubernetesObjects): TargetGroup {
  const { namespace, name } = endpoints;
  const service = objects.services.get(`${namespace}/${name}`);
  const targets: LabelSet[] = [];
  const seen = new Map<PodObject, Set<number>>();

  for (const { ports, addresses, notReadyAddresses } of endpoints.subsets) {
    for (const port of ports) {
      for (const address of addresses) add(address, port, 'true');
      for (const address of notReadyAddresses) add(address, port, 'false');
    }
  }
  for (const [pod, ports] of seen) {
    for (const container of pod.containers) {
      for (const port of container.ports) {
        if (!ports.has(port.port)) targets.push(uncoveredTarget(pod, container, port));
      }
    }
  }
  return {
    source: `endpoints/${namespace}/${name}`,
    labels: {
      [`${meta}namespace`]: namespace,
      [`${meta}endpoints_name`]: name,
      ...(service === undefined ? {} : serviceLabels(service)),
      ...prefixed('endpoints_label', endpoints.labels),
      ...prefixed('endpoints_annotation', endpoints.annotations),
    },
    targets,
  };

  function add(address: EndpointAddress, port: EndpointPort, ready: string): void {
    const { targetRef: ref } = address;
    const pod = ref?.kind === 'Pod' ? objects.pods.get(`${ref.namespace}/${ref.name}`) : undefined;
    if (pod === undefined) {
      targets.push(addressLabels(address, port, ready));
      return;
    }
    targets.push(podTarget(pod, address, port, ready));
    const ports = seen.get(pod);
    if (ports === undefined) seen.set(pod, new Set([port.port]));
    else ports.add(port.port);
  }
}

type EndpointPort = EndpointsObject['subsets'][0]['ports'][0];
type Container = PodObject['containers'][0];

/** The label sets that were made of a pod, by what they were made of besides it: most pods stay as they are over many changes. */
const madeOfPod = new WeakMap<PodObject, Map<string, LabelSet>>();

function podTarget(pod: PodObject, address: EndpointAddress, port: EndpointPort, ready: string): LabelSet {
  const { ip, hostname, nodeName } = address;
  const key = [ip, hostname, nodeName, port.name, port.port, port.protocol, ready].join(' ');
  return remember(pod, key, () => {
    const target: Record<string, string> = { ...addressLabels(address, port, ready), ...podLabels(pod) };
    for (const container of pod.containers) {
      const declared = container.ports.find((one) => one.port === port.port);
      // The protocol is the one of the Endpoints port, also where the container declares another: so Prometheus.
      if (declared !== undefined) Object.assign(target, containerLabels(container, declared, port.protocol));
    }
    return target;
  });
}

/** The target of a port that a pod's container declares and the Endpoints object does not have. */
function uncoveredTarget(pod: PodObject, container: Container, port: Container['ports'][0]): LabelSet {
  return remember(pod, `${container.name}/${port.name}/${port.port}/${port.protocol}`, () => ({
    __address__: hostPort(pod.podIp, port.port),
    ...containerLabels(container, port, port.protocol),
    ...podLabels(pod),
  }));
}

function remember(pod: PodObject, key: string, make: () => LabelSet): LabelSet {
  let made = madeOfPod.get(pod);
  if (made === undefined) madeOfPod.set(pod, (made = new Map()));
  let labels = made.get(key);
  if (labels === undefined) made.set(key, (labels = make()));
  return labels;
}

function addressLabels(address: EndpointAddress, port: EndpointPort, ready: string): LabelSet {
  const { ip, hostname, nodeName, targetRef } = address;
  return {
    __address__: hostPort(ip, port.port),
    [`${meta}endpoint_port_name`]: port.name,
    [`${meta}endpoint_port_protocol`]: port.protocol,
    [`${meta}endpoint_ready`]: ready,
    [`${meta}endpoint_hostname`]: hostname,
    [`${meta}endpoint_node_name`]: nodeName ?? '',
    [`${meta}endpoint_address_target_kind`]: targetRef?.kind ?? '',
    [`${meta}endpoint_address_target_name`]: targetRef?.name ?? '',
  };
}

/** How many pods an Endpoints object refers to that are not known: more than before means that their events are on the way. */
export function unknownPods(endpoints: EndpointsObject, pods: ReadonlyMap<string, PodObject>): number {
  let count = 0;
  for (const { addresses, notReadyAddresses } of endpoints.subsets) {
    for (const { targetRef } of [...addresses, ...notReadyAddresses]) {
      if (targetRef?.kind === 'Pod' && !pods.has(`${targetRef.namespace}/${targetRef.name}`)) count += 1;
    }
  }
  return count;
}

function serviceLabels(service: ServiceObject): LabelSet {
  return {
    [`${meta}service_name`]: service.name,
    ...prefixed('service_label', service.labels),
    ...prefixed('service_annotation', service.annotations),
  };
}

function podLabels(pod: PodObject): LabelSet {
  return {
    [`${meta}pod_name`]: pod.name,
    [`${meta}pod_ip`]: pod.podIp,
    [`${meta}pod_ready`]: pod.ready,
    [`${meta}pod_phase`]: pod.phase,
    [`${meta}pod_node_name`]: pod.nodeName,
    [`${meta}pod_host_ip`]: pod.hostIp,
    [`${meta}pod_uid`]: pod.uid,
    [`${meta}pod_controller_kind`]: pod.controllerKind,
    [`${meta}pod_controller_name`]: pod.controllerName,
    ...prefixed('pod_label', pod.labels),
    ...prefixed('pod_annotation', pod.annotations),
  };
}

function containerLabels(
  container: Container,
  port: { readonly name: string; readonly port: number },
  protocol: string,
): LabelSet {
  return {
    [`${meta}pod_container_name`]: container.name,
    [`${meta}pod_container_image`]: container.image,
    [`${meta}pod_container_port_name`]: port.name,
    [`${meta}pod_container_port_number`]: String(port.port),
    [`${meta}pod_container_port_protocol`]: protocol,
  };
}

/** Each pair twice: its value, and that it is present, which an empty value could not show. */
function prefixed(prefix: string, pairs: Readonly<Record<string, string>>): LabelSet {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(pairs)) {
    const sanitised = name.replaceAll(/[^a-zA-Z0-9_]/g, '_');
    labels[`${meta}${prefix}_${sanitised}`] = value;
    labels[`${meta}${prefix}present_${sanitised}`] = 'true';
  }
  return labels;
}

function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
