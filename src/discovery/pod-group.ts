import type { PodObject } from './kubernetes-object.ts';
import { containerLabels, hostPort, META, podLabels } from './meta-labels.ts';
import type { LabelSet, TargetGroup } from './target-group.ts';

const made = new WeakMap<PodObject, TargetGroup>();

/**
 * The targets of one pod as Prometheus' `role: pod` makes them (its `discovery/kubernetes/pod.go`): one for every port that a
 * container declares, and one without a port for every container that declares none. A pod without an address has none.
 */
export function podGroup(pod: PodObject): TargetGroup {
  let group = made.get(pod);
  if (group === undefined) made.set(pod, (group = makeGroup(pod)));
  return group;
}

function makeGroup(pod: PodObject): TargetGroup {
  const source = `pod/${pod.namespace}/${pod.name}`;
  if (pod.podIp === '') return { source, labels: {}, targets: [] };
  const targets = pod.containers.flatMap((container): LabelSet[] => {
    const id = { [`${META}pod_container_id`]: container.id };
    if (container.ports.length === 0)
      return [{ __address__: pod.podIp, ...id, ...containerLabels(container) }];
    return container.ports.map((port) => ({
      __address__: hostPort(pod.podIp, port.port),
      ...id,
      ...containerLabels(container, port),
    }));
  });
  return { source, labels: { ...podLabels(pod), [`${META}namespace`]: pod.namespace }, targets };
}
