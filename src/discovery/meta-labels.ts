import type { Container, ObjectMeta, ObjectPort, PodObject } from './kubernetes-object.ts';
import type { LabelSet } from './target-group.ts';

/** What the names of all labels of Kubernetes begin with. */
export const META = '__meta_kubernetes_';

/** The name, labels and annotations of an object under its role, such as `endpoints` or `service`. */
export function objectLabels(role: string, { name, labels, annotations }: ObjectMeta): LabelSet {
  return {
    [`${META}${role}_name`]: name,
    ...pairLabels(`${role}_label`, labels),
    ...pairLabels(`${role}_annotation`, annotations),
  };
}

/** What Prometheus tells of a pod, whatever the role. */
export function podLabels(pod: PodObject): LabelSet {
  return {
    ...objectLabels('pod', pod),
    [`${META}pod_ip`]: pod.podIp,
    [`${META}pod_ready`]: pod.ready,
    [`${META}pod_phase`]: pod.phase,
    [`${META}pod_node_name`]: pod.nodeName,
    [`${META}pod_host_ip`]: pod.hostIp,
    [`${META}pod_uid`]: pod.uid,
    [`${META}pod_controller_kind`]: pod.controllerKind,
    [`${META}pod_controller_name`]: pod.controllerName,
  };
}

/** What is told of the container whose port a target is. */
export function containerLabels(container: Container, port?: ObjectPort): LabelSet {
  return {
    [`${META}pod_container_name`]: container.name,
    [`${META}pod_container_image`]: container.image,
    [`${META}pod_container_init`]: String(container.isInit),
    ...(port === undefined
      ? {}
      : {
          [`${META}pod_container_port_name`]: port.name,
          [`${META}pod_container_port_number`]: String(port.port),
          [`${META}pod_container_port_protocol`]: port.protocol,
        }),
  };
}

/** Host and port as an address, an IPv6 address in brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A name as a part of a label name. */
export function sanitised(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_]/g, '_');
}

/** Each pair twice: its value, and that it is present, which an empty value could not show. */
function pairLabels(prefix: string, pairs: Readonly<Record<string, string>>): LabelSet {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(pairs)) {
    labels[`${META}${prefix}_${sanitised(name)}`] = value;
    labels[`${META}${prefix}present_${sanitised(name)}`] = 'true';
  }
  return labels;
}
