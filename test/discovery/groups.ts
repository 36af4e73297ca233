import type { KubernetesObjects } from '../../src/discovery/endpoints-group.ts';
import { slimPod, slimService } from '../../src/discovery/kubernetes-object.ts';
import type { RawObject } from '../../src/discovery/kubernetes-wire.ts';
import type { LabelSet, TargetGroup } from '../../src/discovery/target-group.ts';
import type { KubernetesObject } from '../../simulator/kubernetes-api.ts';

/** An object as it would come from an API server. */
export function raw(object: KubernetesObject): RawObject {
  return object as unknown as RawObject;
}

/** Services and pods by the names under which groups look for them. */
export function objectsOf(services: KubernetesObject[], pods: KubernetesObject[]): KubernetesObjects {
  const keyOf = ({ metadata }: KubernetesObject): string => `${metadata.namespace}/${metadata.name}`;
  return {
    services: new Map(services.map((one) => [keyOf(one), slimService(raw(one))])),
    pods: new Map(pods.map((one) => [keyOf(one), slimPod(raw(one))])),
  };
}

/** A group without the prefix of its labels and without labels that are empty. */
export function shortGroup({ source, labels, targets }: TargetGroup): {
  source: string;
  labels: Record<string, string>;
  targets: Record<string, string>[];
} {
  return { source, labels: short(labels), targets: targets.map(short) };
}

function short(labels: LabelSet): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name.replace('__meta_kubernetes_', ''), value]),
  );
}
