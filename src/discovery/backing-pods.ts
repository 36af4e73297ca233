import type { PodObject, TargetRef } from './kubernetes-object.ts';
import { containerLabels, hostPort, podLabels } from './meta-labels.ts';
import type { LabelSet } from './target-group.ts';

/** One address and port of an Endpoints object or EndpointSlice. */
export interface BackedAddress {
  /** Objects that stay the same as long as what is told of the address and of the port does. */
  readonly address: object;
  readonly port: object;
  /** What else the labels depend on. */
  readonly variant: string;
  readonly targetRef: TargetRef | undefined;
  readonly portNumber: number | undefined;
  /** Shown in place of the one that the container declares. */
  readonly protocol?: string;
  /** The labels of the address itself. */
  readonly labels: () => LabelSet;
}

/** A label set that was made, with what it was made of: most addresses and pods stay as they are over many changes. */
interface Made {
  readonly port: object;
  readonly variant: string;
  readonly pod: PodObject | undefined;
  readonly labels: LabelSet;
}

/** Of an address whose ports change time and again the old ones would gather. */
const mostMade = 64;

const madeOfAddress = new WeakMap<object, Made[]>();
const madeOfPod = new WeakMap<PodObject, Map<object, LabelSet>>();

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

  /** The target of an address: its own labels, those of its pod and of the container that declares the port. Hot. */
  target(backed: BackedAddress): LabelSet {
    const { address, port, variant, targetRef, portNumber } = backed;
    const pod = targetRef?.pod === undefined ? undefined : this.#pods.get(targetRef.pod);
    if (pod !== undefined) this.#note(pod, portNumber);
    let made = madeOfAddress.get(address);
    if (made === undefined) madeOfAddress.set(address, (made = []));
    const known = made.findIndex((one) => one.port === port && one.variant === variant);
    const before = made[known];
    if (before?.pod === pod && before !== undefined) return before.labels;
    const labels = pod === undefined ? backed.labels() : podTarget(pod, backed);
    if (made.length >= mostMade) made.length = 0;
    made.splice(known < 0 ? made.length : known, 1, { port, variant, pod, labels });
    return labels;
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
          let made = madeOfPod.get(pod);
          if (made === undefined) madeOfPod.set(pod, (made = new Map()));
          let labels = made.get(port);
          if (labels === undefined) {
            const address = { __address__: hostPort(pod.podIp, port.port) };
            labels = { ...address, ...containerLabels(container, port), ...podLabels(pod) };
            made.set(port, labels);
          }
          targets.push(labels);
        }
      }
    }
    return targets;
  }

  #note(pod: PodObject, port: number | undefined): void {
    let ports = this.#ports.get(pod);
    if (ports === undefined) this.#ports.set(pod, (ports = new Set()));
    if (port !== undefined) ports.add(port);
  }
}

function podTarget(pod: PodObject, { labels, portNumber, protocol }: BackedAddress): LabelSet {
  const target: Record<string, string> = { ...labels(), ...podLabels(pod) };
  for (const container of pod.containers) {
    const declared = container.ports.find((one) => one.port === portNumber);
    if (declared === undefined) continue;
    const shown = { ...declared, protocol: protocol ?? declared.protocol };
    Object.assign(target, containerLabels(container, shown));
  }
  return target;
}
