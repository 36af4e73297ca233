import { BackingPods } from './backing-pods.ts';
import type {
  EndpointAddress,
  EndpointsObject,
  ObjectPort,
  PodObject,
  ServiceObject,
} from './kubernetes-object.ts';
import { hostPort, META, objectLabels } from './meta-labels.ts';
import type { LabelSet, TargetGroup } from './target-group.ts';

/** What the labels of targets are made of besides the object with their addresses, looked up by `namespace/name`. */
export interface KubernetesObjects {
  readonly services: ReadonlyMap<string, ServiceObject>;
  readonly pods: ReadonlyMap<string, PodObject>;
}

/**
 * The targets of one Endpoints object as Prometheus' `role: endpoints` makes them (its `discovery/kubernetes/endpoints.go`):
 * one for every port and address of every subset, ready or not, and one for every other port that the containers of those pods
 * declare.
 */
export function endpointsGroup(endpoints: EndpointsObject, objects: KubernetesObjects): TargetGroup {
  const { namespace, name } = endpoints;
  const service = objects.services.get(`${namespace}/${name}`);
  const backing = new BackingPods(objects.pods);
  const targets: LabelSet[] = [];

  for (const { ports, addresses, notReadyAddresses } of endpoints.subsets) {
    for (const port of ports) {
      for (const address of addresses) add(address, port, 'true');
      for (const address of notReadyAddresses) add(address, port, 'false');
    }
  }
  targets.push(...backing.otherPorts());
  return {
    source: `endpoints/${namespace}/${name}`,
    labels: {
      [`${META}namespace`]: namespace,
      ...(service === undefined ? {} : objectLabels('service', service)),
      ...objectLabels('endpoints', endpoints),
    },
    targets,
  };

  function add(address: EndpointAddress, port: ObjectPort, ready: string): void {
    const target = backing.target({
      address,
      port,
      variant: ready,
      targetRef: address.targetRef,
      portNumber: port.port,
      // The protocol is the one of the Endpoints port, also where the container declares another: so Prometheus.
      protocol: port.protocol,
      labels: () => addressLabels(address, port, ready),
    });
    targets.push(target);
  }
}

/** How many pods an Endpoints object refers to that are not known: more than before means that their events are on the way. */
export function unknownPods(endpoints: EndpointsObject, pods: ReadonlyMap<string, PodObject>): number {
  let count = 0;
  for (const { addresses, notReadyAddresses } of endpoints.subsets) {
    for (const { targetRef } of addresses) if (isUnknown(targetRef?.pod, pods)) count += 1;
    for (const { targetRef } of notReadyAddresses) if (isUnknown(targetRef?.pod, pods)) count += 1;
  }
  return count;
}

/** Whether a reference is to a pod that is not known. */
export function isUnknown(pod: string | undefined, pods: ReadonlyMap<string, PodObject>): boolean {
  return pod !== undefined && !pods.has(pod);
}

function addressLabels(address: EndpointAddress, port: ObjectPort, ready: string): LabelSet {
  const { ip, hostname, nodeName, targetRef } = address;
  return {
    __address__: hostPort(ip, port.port),
    [`${META}endpoint_port_name`]: port.name,
    [`${META}endpoint_port_protocol`]: port.protocol,
    [`${META}endpoint_ready`]: ready,
    [`${META}endpoint_hostname`]: hostname,
    [`${META}endpoint_node_name`]: nodeName ?? '',
    [`${META}endpoint_address_target_kind`]: targetRef?.kind ?? '',
    [`${META}endpoint_address_target_name`]: targetRef?.name ?? '',
  };
}
