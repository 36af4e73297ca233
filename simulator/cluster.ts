import { endpointsObject, podObject, serviceObjects } from './cluster-objects.ts';
import { createChurn } from './churn.ts';
import type { ClusterEvent } from './churn.ts';
import { startKubernetesApi } from './kubernetes-api.ts';
import type { KubernetesApi, KubernetesApiOptions } from './kubernetes-api.ts';
import type { Component } from './kubevirt-metrics.ts';
import { createModel } from './model.ts';
import type { Model, ModelPod } from './model.ts';
import { addressIn, inFreeNetwork } from './network.ts';
import { startPod } from './pod.ts';
import type { Behaviour, Pod } from './pod.ts';
import { renderPod } from './render.ts';

export interface ClusterOptions {
  /** Pods in all, at least 7: two each of virt-api, virt-controller and virt-operator, the rest virt-handlers. Default 12. */
  readonly pods?: number;
  /** Virtual machines. Default five a virt-handler. */
  readonly machines?: number;
  readonly seed?: number;
  /** The moment it begins at, in milliseconds. Default now. */
  readonly time?: number;
  /** Namespace of the pods. Default kubevirt. */
  readonly namespace?: string;
  /** The first two numbers of the pods' addresses. Default the first free one from 127.1. */
  readonly network?: string;
  /** Default 8443. 0 gives each pod a port of its own. */
  readonly port?: number;
  readonly tls?: boolean;
  /** Whether one virt-handler never answers. Default true; it needs three virt-handlers at least. */
  readonly hang?: boolean;
  /** Whether one virt-handler sends what is no exposition. Default true; it needs three virt-handlers at least. */
  readonly rubbish?: boolean;
  readonly api?: KubernetesApiOptions;
}

export interface ClusterPod {
  readonly model: ModelPod;
  readonly server: Pod;
  readonly ready: boolean;
  /** Whether it was started with a fault: it cannot be scraped. */
  readonly faulty: boolean;
}

/** A KubeVirt that runs on the loopback interface: its pods, and the Kubernetes API that knows them. */
export interface Cluster extends AsyncDisposable {
  readonly api: KubernetesApi;
  readonly model: Model;
  readonly namespace: string;
  readonly pods: readonly ClusterPod[];
  /** Text of a kubeconfig for the API. */
  kubeconfig(): string;
  /** Lets the model's time pass; the pods' bodies change with it. */
  advance(ms: number): void;
  /** The pods that come up next become ready, then one thing happens: a pod is replaced, a node comes or goes. The same seed, the same steps. */
  step(): Promise<readonly ClusterEvent[]>;
  /** Adds a pod and tells the API, not ready until the next step or `ready()`. */
  addPod(component: Component, options?: { node?: string; behaviour?: Behaviour }): Promise<ClusterPod>;
  /** Takes a pod away: from the API first, then its connections are cut. */
  removePod(name: string): Promise<void>;
  /** Every pod is ready from now on; the names of those that were not. */
  ready(): readonly string[];
}

const AGE_MS = 26 * 3_600_000;
/** A migration is under way from the beginning, and has as many readings by then. */
const SETTLING_MS = 40_000;

/** Starts pods and API. Rejects when an address cannot be bound; nothing is left running then. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { pods = 12, network } = options;
  if (!Number.isInteger(pods) || pods < 7 || pods > 50_000) {
    throw new Error(`cluster: pods is ${pods}; it must be a whole number from 7 to 50000`);
  }
  return network === undefined
    ? inFreeNetwork((free) => startClusterIn(free, options))
    : startClusterIn(network, options);
}

async function startClusterIn(network: string, options: ClusterOptions): Promise<Cluster> {
  const { pods: podCount = 12, seed = 1, namespace = 'kubevirt', port = 8443, tls = true } = options;
  const handlers = podCount - 6;
  const model = createModel({
    seed,
    machines: options.machines ?? 5 * handlers,
    time: (options.time ?? Date.now()) - SETTLING_MS,
  });
  const pods: { model: ModelPod; server: Pod; ready: boolean; faulty: boolean }[] = [];
  let nextAddress = 1;
  let nextNode = handlers + 1;

  async function start(modelPod: ModelPod, behaviour: Behaviour, ready: boolean) {
    const server = await startPod({
      address: addressIn(network, nextAddress++),
      port,
      tls,
      behaviour,
      body: bodyOf(model, modelPod),
      ...(modelPod.component === 'virt-handler' ? { limit: 3 } : {}),
    });
    const pod = { model: modelPod, server, ready, faulty: behaviour.kind !== 'normal' };
    pods.push(pod);
    return pod;
  }

  await using started = new AsyncDisposableStack();
  started.defer(async () => {
    await Promise.all(pods.map(({ server }) => server[Symbol.asyncDispose]()));
  });
  const components: Component[] = ['virt-api', 'virt-controller', 'virt-operator'];
  for (const component of components.flatMap((name) => [name, name])) {
    await start(model.addPod(component, { node: 'control-1', ageMs: AGE_MS }), { kind: 'normal' }, true);
  }
  for (let index = 0; index < handlers; index += 1) {
    // The last of them, so that the first ones are the same with and without faults.
    const hangs = (options.hang ?? true) && handlers >= 3 && index === handlers - 1;
    const sendsRubbish = (options.rubbish ?? true) && handlers >= 3 && index === handlers - 2;
    const behaviour: Behaviour = hangs
      ? { kind: 'hang', at: 'head' }
      : { kind: sendsRubbish ? 'rubbish' : 'normal' };
    const handler = model.addPod('virt-handler', { ageMs: AGE_MS, troubled: index === 0 });
    await start(handler, behaviour, true);
  }
  model.advance(0);
  const [first, second] = model.nodes;
  if (first !== undefined && second !== undefined) model.migrate(first, second);
  model.advance(SETTLING_MS);

  const api = started.use(await startKubernetesApi(options.api));
  for (const object of serviceObjects(namespace)) api.apply(object);
  for (const pod of pods) api.apply(podObject(namespace, pod));
  function applyEndpoints(): void {
    api.apply(endpointsObject(namespace, pods));
  }
  applyEndpoints();
  const running = started.move();

  async function addPod(component: Component, more: { node?: string; behaviour?: Behaviour } = {}) {
    const { node = component === 'virt-handler' ? `node-${nextNode++}` : 'control-1' } = more;
    const pod = await start(model.addPod(component, { node }), more.behaviour ?? { kind: 'normal' }, false);
    api.apply(podObject(namespace, pod));
    applyEndpoints();
    return pod;
  }
  async function removePod(name: string): Promise<void> {
    const index = pods.findIndex(({ model: { name: own } }) => own === name);
    const [pod] = index < 0 ? [] : pods.splice(index, 1);
    if (pod === undefined) throw new Error(`cluster: no pod is named ${name}; see cluster.pods`);
    model.removePod(name);
    applyEndpoints();
    api.delete('Pod', namespace, name);
    await pod.server[Symbol.asyncDispose]();
  }
  function ready(): string[] {
    const late = pods.filter((pod) => !pod.ready);
    for (const pod of late) {
      pod.ready = true;
      api.apply(podObject(namespace, pod));
    }
    if (late.length > 0) applyEndpoints();
    return late.map((pod) => pod.model.name);
  }

  const cluster: Omit<Cluster, 'step'> = {
    api,
    model,
    namespace,
    pods,
    kubeconfig: () => api.kubeconfig(),
    advance: (ms) => model.advance(ms),
    addPod,
    removePod,
    ready,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
  return Object.assign(cluster, { step: createChurn(cluster, { seed, handlers }) });
}

/** The body of a pod, rendered again only when time has passed. */
function bodyOf(model: Model, pod: ModelPod): () => string {
  let body = '';
  let time: number | undefined;
  // Leadership changes without time passing.
  let leads: boolean | undefined;
  return () => {
    const leading = model.leader(pod.component) === pod;
    if (time !== model.time || leads !== leading) {
      body = renderPod(model, pod);
      time = model.time;
      leads = leading;
    }
    return body;
  };
}
