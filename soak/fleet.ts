import { setTimeout as sleep } from 'node:timers/promises';

import { startKubernetesApi } from '../simulator/kubernetes-api.ts';
import type { KubernetesApi } from '../simulator/kubernetes-api.ts';
import { startPods } from '../simulator/pods.ts';
import type { PodsProcess } from '../simulator/pods.ts';
import { endpoints, pod as podObject, service } from '../test/discovery/fixture.ts';
import { bodyOf } from './pod-body.ts';
import type { Fault } from './faults.ts';
import { labelledLines } from './target.ts';
import type { Target, View } from './target.ts';

/** In which time the gateway must know what the API knows. On an idle machine it takes a tenth of a second. */
const PRESENCE_MS = 4_000;
/** The same when the API was away: watches begin again after 10 s at most. */
const API_BACK_MS = 14_000;
/** In which time a pod is whole again whose connections were cut: an outcome is used again for 1 s. */
const CUT_MS = 4_000;
/** The same when they were not: a scrape that hangs can be joined until it is 12 s old. */
const HANGING_MS = 15_000;
const NAMESPACE = 'kubevirt';
const SERVICE = 'kubevirt-prometheus-metrics';
const LABELS = { 'prometheus.kubevirt.io': 'true' };
/** Addresses for each pod. */
const SPARE = 4 / 3;

/**
 * Pods in a process of their own, the Kubernetes API that knows them, and the book about both: which pod was healthy and unchanged
 * from when to when.
 */
export class Fleet implements AsyncDisposable {
  readonly api: KubernetesApi;
  readonly #pods: PodsProcess;
  readonly #bodies: readonly string[];
  /** Those that are there, and those that went not long ago. */
  readonly #targets: Target[] = [];
  /** From when on an address may be used again. */
  readonly #freeFrom: number[];
  #lastPod = 0;
  #apiSettledAt = 0;
  #hugeUntil = 0;

  private constructor(api: KubernetesApi, pods: PodsProcess, bodies: readonly string[]) {
    this.api = api;
    this.#pods = pods;
    this.#bodies = bodies;
    this.#freeFrom = pods.pods.map(() => 0);
    api.apply(service(NAMESPACE, SERVICE, { labels: LABELS }));
  }

  /** Starts everything, with `pods` pods in the API. */
  static async start(options: { pods: number; bytes: number; seed: number }): Promise<Fleet> {
    await using started = new AsyncDisposableStack();
    const api = started.use(await startKubernetesApi());
    const count = Math.ceil(options.pods * SPARE) + 2;
    const pods = started.use(await startPods({ pods: count, bytes: options.bytes, seed: options.seed }));
    const bodies = await Promise.all(pods.pods.map(({ url }) => bodyOf(url)));
    const fleet = new Fleet(api, pods, bodies);
    for (let index = 0; index < options.pods; index += 1) fleet.#create();
    fleet.#apply();
    started.move();
    return fleet;
  }

  /** The targets that are there now. */
  get targets(): readonly Target[] {
    return this.#targets.filter(({ goneFrom }) => goneFrom === undefined);
  }

  /** Whether a pod exposes more than others, or did a moment ago. */
  get hasHuge(): boolean {
    return performance.now() < this.#hugeUntil || this.#targets.some(({ fault }) => fault?.kind === 'huge');
  }

  /** To be called when a request goes out. */
  look(): View {
    const at = performance.now();
    const steady = this.targets.filter((target) => target.steadyFrom <= at);
    return { at, steady: new Map(steady.map((target) => [target, target.version])) };
  }

  /** To be called when its answer is there: what must be in it, and `pod instance` of what may be. */
  judge(view: View): { readonly steady: readonly Target[]; readonly known: readonly string[] } {
    const steady = [...view.steady].filter(([target, version]) => target.version === version);
    const known = this.#targets.filter(({ goneFrom }) => goneFrom === undefined || goneFrom > view.at);
    return {
      steady: steady.map(([target]) => target),
      known: known.map(({ pod, instance }) => `${pod} ${instance}`),
    };
  }

  /** When everything that happened so far must be over. */
  settledAt(): number {
    return Math.max(...this.#targets.map(({ steadyFrom, goneFrom }) => goneFrom ?? steadyFrom));
  }

  /** A new pod at a free address; false when there is none. */
  add(): boolean {
    const target = this.#create();
    if (target !== undefined) this.#apply();
    return target !== undefined;
  }

  /** The pod goes: from the API first, then its connections are cut. */
  async remove(target: Target): Promise<void> {
    this.#end(target);
    this.api.delete('Pod', NAMESPACE, target.pod);
    this.#apply();
    await this.#cut(target);
  }

  /** The pod has another address from now on; false when none is free. */
  async move(target: Target): Promise<boolean> {
    const next = this.#create(target.pod);
    if (next === undefined) return false;
    this.#end(target);
    this.#apply();
    await this.#cut(target);
    return true;
  }

  /** The pod goes away with its connections, and is back at the same address after `ms`. */
  async restart(target: Target, ms: number): Promise<void> {
    this.#disturb(target);
    await this.#pods.behave(target.slot, { kind: 'refuse' });
    await sleep(ms);
    await this.#pods.behave(target.slot, { kind: 'normal' });
    target.steadyFrom = this.#settled(CUT_MS);
  }

  async fail(target: Target, fault: Fault): Promise<void> {
    this.#disturb(target);
    target.fault = fault;
    await this.#pods.behave(target.slot, fault);
  }

  /** Ends a fault, by a restart or without anybody noticing. */
  async heal(target: Target, how: 'restart' | 'silently'): Promise<void> {
    if (target.fault?.kind === 'huge') this.#hugeUntil = performance.now() + HANGING_MS;
    target.fault = undefined;
    if (how === 'restart') return this.restart(target, 0);
    this.#disturb(target);
    await this.#pods.behave(target.slot, { kind: 'normal' });
    target.steadyFrom = this.#settled(HANGING_MS);
  }

  /** To be called when the API has had trouble: what it told meanwhile comes later. */
  apiWasAway(): void {
    const now = performance.now();
    this.#apiSettledAt = now + API_BACK_MS;
    for (const target of this.#targets) {
      if (target.steadyFrom > now) target.steadyFrom = Math.max(target.steadyFrom, this.#apiSettledAt);
      if (target.goneFrom !== undefined && target.goneFrom > now) {
        target.goneFrom = Math.max(target.goneFrom, this.#apiSettledAt);
        this.#freeFrom[target.slot] = target.goneFrom;
      }
    }
  }

  /** CPU time of the pods' process, and what it counted. */
  stats(): ReturnType<PodsProcess['stats']> {
    return this.#pods.stats();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pods[Symbol.asyncDispose]();
    await this.api.close();
  }

  #create(pod?: string): Target | undefined {
    const now = performance.now();
    const slot = this.#freeFrom.findIndex((from) => from <= now);
    if (slot < 0) return undefined;
    this.#freeFrom[slot] = Number.POSITIVE_INFINITY;
    const name = pod ?? `virt-handler-${String((this.#lastPod += 1)).padStart(5, '0')}`;
    const instance = this.#pods.pods[slot]!.address;
    const target = {
      pod: name,
      slot,
      instance,
      lines: labelledLines(this.#bodies[slot]!, name, instance),
      steadyFrom: this.#settled(PRESENCE_MS),
      version: 0,
      fault: undefined,
      goneFrom: undefined,
    };
    this.#targets.push(target);
    return target;
  }

  #disturb(target: Target): void {
    target.version += 1;
    target.steadyFrom = Number.POSITIVE_INFINITY;
  }

  #end(target: Target): void {
    this.#disturb(target);
    if (target.fault?.kind === 'huge') this.#hugeUntil = performance.now() + HANGING_MS;
    target.fault = undefined;
    target.goneFrom = this.#settled(PRESENCE_MS);
    this.#freeFrom[target.slot] = target.goneFrom;
  }

  async #cut(target: Target): Promise<void> {
    await this.#pods.behave(target.slot, { kind: 'refuse' });
    await this.#pods.behave(target.slot, { kind: 'normal' });
  }

  #settled(ms: number): number {
    return Math.max(performance.now() + ms, this.#apiSettledAt);
  }

  /** Tells the API of all pods. */
  #apply(): void {
    const now = performance.now();
    // Answers under way may still have those that went a moment ago.
    const forgotten = this.#targets.filter(({ goneFrom = now }) => goneFrom < now - 60_000);
    for (const target of forgotten) this.#targets.splice(this.#targets.indexOf(target), 1);
    const { targets } = this;
    const subsets = Map.groupBy(targets, ({ instance }) => Number(instance.split(':')[1]));
    for (const { pod, instance } of targets) {
      const [ip = '', port] = instance.split(':');
      const ports = [{ name: 'metrics', containerPort: Number(port), protocol: 'TCP' }];
      const containers = [{ name: 'virt-handler', image: 'virt-handler:1', ports }];
      this.api.apply(podObject(NAMESPACE, pod, ip, { labels: LABELS, containers }));
    }
    this.api.apply(
      endpoints(
        NAMESPACE,
        SERVICE,
        [...subsets].map(([port, members]) => ({
          ready: members.map(({ pod, instance }) => ({ ip: instance.split(':')[0] ?? '', pod })),
          ports: [{ name: 'metrics', port }],
        })),
        { labels: LABELS },
      ),
    );
  }
}
