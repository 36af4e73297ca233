import type { KubernetesKind, KubernetesObject } from './kubernetes-object.ts';
import type { Selector } from './kubernetes-selector.ts';

/** Which objects a list or a watch is about. */
export interface KubernetesScope {
  readonly kind: KubernetesKind;
  /** Undefined for all namespaces. */
  readonly namespace: string | undefined;
  readonly selects: Selector;
}

/** Whether an object is one of them. */
export function isInScope({ kind, namespace, selects }: KubernetesScope, object: KubernetesObject): boolean {
  return (
    object.kind === kind &&
    (namespace === undefined || object.metadata.namespace === namespace) &&
    selects(object)
  );
}
