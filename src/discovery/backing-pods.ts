import type { PodObject, TargetRef } from './kubernetes-object.ts';
import { containerLabels, hostPort, podLabels } from './meta-labels.ts';
import type { LabelSet } from './target-group.ts';

/** The label sets that were made of a pod, by what they were made of besides it: most pods stay as they are over many changes. */
const madeOfPod = new WeakMap<PodObject, Map<string, LabelSet>>();

/**
 * The pods behind the addresses of one Endpoints object or EndpointSlice, and the targets of theirs. Prometheus has the same for both
 * (`discovery/kubernetes/endpoints.go`, `endpointslice.go`).
 */
export class BackingPods {
  readonly #pods: ReadonlyMap<string, PodObject>;
  readonly #ports = new Map<PodObject, Set<number>>();

  constructor(pods: ReadonlyMap<string, PodObject>) {
    this.#pods = pods;
  }

  /**
   * The target of an address: its own labels, and those of its pod and of the container that declares the port. `key` tells addresses
   * of one pod apart. `protocol` replaces the one that the container declares.
   */
  target(
    key: string,
    address: () => LabelSet,
    ref: TargetRef | undefined,
    port: number | undefined,
    protocol?: string,
  ): LabelSet {
    const pod = ref?.pod === undefined ? undefined : this.#pods.get(ref.pod);
    if (pod === undefined) return address();
    const ports = this.#ports.get(pod);
    if (ports === undefined) this.#ports.set(pod, new Set(port === undefined ? [] : [port]));
    else if (port !== undefined) ports.add(port);
    return remember(pod, key, () => {
      const target: Record<string, string> = { ...address(), ...podLabels(pod) };
      for (const container of pod.containers) {
        const declared = container.ports.find((one) => one.port === port);
        if (declared === undefined) continue;
        const shown = { ...declared, protocol: protocol ?? declared.protocol };
        Object.assign(target, containerLabels(container, shown));
      }
      return target;
    });
  }

  /** The targets of those ports that the containers of these pods declare and none of the addresses has. */
  otherPorts(): LabelSet[] {
    const targets: LabelSet[] = [];
    for (const [pod, ports] of this.#ports) {
      // It has no address when it begins, and after it was evicted.
      if (pod.podIp === '') continue;
      for (const container of pod.containers) {
        for (const port of container.ports) {
          if (ports.has(port.port)) continue;
          const key = `${container.name}/${port.name}/${port.port}/${port.protocol}`;
          const make = (): LabelSet => ({
            __address__: hostPort(pod.podIp, port.port),
            ...containerLabels(container, port),
            ...podLabels(pod),
          });
          targets.push(remember(pod, key, make));
        }
      }
    }
    return targets;
  }
}

function remember(pod: PodObject, key: string, make: () => LabelSet): LabelSet {
  let made = madeOfPod.get(pod);
  if (made === undefined) madeOfPod.set(pod, (made = new Map()));
  let labels = made.get(key);
  if (labels === undefined) made.set(key, (labels = make()));
  return labels;
}
