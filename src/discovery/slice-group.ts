import { BackingPods } from './backing-pods.ts';
import { isUnknown } from './endpoints-group.ts';
import type { KubernetesObjects } from './endpoints-group.ts';
import type { PodObject } from './kubernetes-object.ts';
import { serviceOfSlice } from './kubernetes-slice.ts';
import type { EndpointSlice, SliceEndpoint, SlicePort } from './kubernetes-slice.ts';
import { hostPort, META, objectLabels, sanitised } from './meta-labels.ts';
import type { LabelSet, TargetGroup } from './target-group.ts';

/**
 * The targets of one EndpointSlice as the `role: endpointslice` of Prometheus 3.15 makes them (its
 * `discovery/kubernetes/endpointslice.go`): one for every port and address, whatever its conditions, and one for every other port
 * that the containers of those pods declare. A dual-stack Service has them for its primary IP family only.
 */
export function sliceGroup(slice: EndpointSlice, objects: KubernetesObjects): TargetGroup {
  const { namespace, name, addressType } = slice;
  const owner = serviceOfSlice(slice);
  const service = owner === undefined ? undefined : objects.services.get(owner);
  const backing = new BackingPods(objects.pods);
  const targets: LabelSet[] = [];

  if ((service?.dualStackFamily ?? addressType) === addressType) {
    for (const endpoint of slice.endpoints) {
      for (const port of slice.ports) {
        for (const address of endpoint.addresses) add(address, endpoint, port);
      }
    }
    targets.push(...backing.otherPorts());
  }
  return {
    source: `endpointslice/${namespace}/${name}`,
    labels: {
      [`${META}namespace`]: namespace,
      [`${META}endpointslice_address_type`]: addressType,
      ...objectLabels('endpointslice', slice),
      ...(service === undefined ? {} : objectLabels('service', service)),
    },
    targets,
  };

  function add(address: string, endpoint: SliceEndpoint, port: SlicePort): void {
    const target = backing.target({
      address: endpoint,
      port,
      variant: address,
      targetRef: endpoint.targetRef,
      portNumber: port.port,
      labels: () => endpointLabels(address, endpoint, port),
    });
    targets.push(target);
  }
}

/** How many pods a slice refers to that are not known. */
export function unknownPodsOfSlice(slice: EndpointSlice, pods: ReadonlyMap<string, PodObject>): number {
  let count = 0;
  for (const { targetRef } of slice.endpoints) if (isUnknown(targetRef?.pod, pods)) count += 1;
  return count;
}

function endpointLabels(address: string, endpoint: SliceEndpoint, port: SlicePort): LabelSet {
  const { targetRef } = endpoint;
  return {
    __address__: port.port === undefined ? address : hostPort(address, port.port),
    [`${META}endpointslice_port_name`]: port.name ?? '',
    [`${META}endpointslice_port_protocol`]: port.protocol ?? '',
    [`${META}endpointslice_port`]: String(port.port ?? ''),
    [`${META}endpointslice_port_app_protocol`]: port.appProtocol ?? '',
    [`${META}endpointslice_endpoint_conditions_ready`]: endpoint.ready ?? '',
    [`${META}endpointslice_endpoint_conditions_serving`]: endpoint.serving ?? '',
    [`${META}endpointslice_endpoint_conditions_terminating`]: endpoint.terminating ?? '',
    [`${META}endpointslice_endpoint_hostname`]: endpoint.hostname ?? '',
    [`${META}endpointslice_endpoint_node_name`]: endpoint.nodeName ?? '',
    [`${META}endpointslice_endpoint_zone`]: endpoint.zone ?? '',
    [`${META}endpointslice_address_target_kind`]: targetRef?.kind ?? '',
    [`${META}endpointslice_address_target_name`]: targetRef?.name ?? '',
    ...topologyLabels(endpoint),
  };
}

/** The names differ from those of all other pairs by an underscore. */
function topologyLabels({ topology }: SliceEndpoint): LabelSet {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(topology)) {
    labels[`${META}endpointslice_endpoint_topology_${sanitised(name)}`] = value;
    labels[`${META}endpointslice_endpoint_topology_present_${sanitised(name)}`] = 'true';
  }
  return labels;
}
