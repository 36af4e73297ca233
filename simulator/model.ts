import type { Component } from './kubevirt-metrics.ts';
import { createMachine } from './machine.ts';
import type { Guest, Machine } from './machine.ts';
import { createRandom, mix, seedOf } from './random.ts';
import type { Random } from './random.ts';

/** One KubeVirt pod: what its metrics depend on. */
export interface ModelPod {
  readonly name: string;
  readonly component: Component;
  readonly node: string;
  readonly seed: number;
  /** Milliseconds. */
  readonly startedAt: number;
  /** Whether its requests to the API server fail more and more, and it still has client-go's old metric names. */
  readonly troubled: boolean;
}

export interface ModelOptions {
  readonly seed?: number;
  /** The moment it begins at, in milliseconds. Default now. */
  readonly time?: number;
  readonly namespaces?: readonly string[];
  /** How many virtual machines. */
  readonly machines: number;
  /** Labels of a virtual machine. Default 3. */
  readonly labelCount?: number;
  /** The part of the virtual machines that is stopped at first. Default 0.1. */
  readonly stopped?: number;
  /** Every virtual machine alike instead of a mixture. */
  readonly guest?: Guest;
}

/** A KubeVirt installation: pods and virtual machines that live. Equal options and steps give an equal model. */
export interface Model {
  readonly seed: number;
  /** Milliseconds. */
  readonly time: number;
  readonly machines: readonly Machine[];
  readonly pods: readonly ModelPod[];
  /** Nodes that have a virt-handler, in the order of their arrival. */
  readonly nodes: readonly string[];
  /** The pod of virt-controller or virt-operator that leads. */
  leader(component: Component): ModelPod | undefined;
  /** Another pod of the component leads from now on. */
  failover(component: Component): void;
  /** Adds a pod; a virt-handler's node takes part in scheduling from now on. `ageMs`: how long it has been running. */
  addPod(component: Component, options?: { node?: string; ageMs?: number; troubled?: boolean }): ModelPod;
  /** Removes a pod. Virtual machines stay where they are: QEMU outlives virt-handler. */
  removePod(name: string): void;
  /** The virtual machines leave the node, as after `kubectl drain`. */
  drain(node: string): void;
  /** Begins a live migration of the first running machine of a node to another node; `undefined` when there is none or nowhere to go. */
  migrate(from: string, to: string): Machine | undefined;
  /** Lets time pass: virtual machines start, stop and migrate. */
  advance(ms: number): void;
}

const TICK_MS = 5_000;
const STARTING_MS = 15_000;
const MIGRATING_MS = 60_000;

/** Makes an installation without pods; virtual machines start as soon as a virt-handler's node is there. */
export function createModel(options: ModelOptions): Model {
  const { seed = 1, stopped = 0.1, namespaces = ['default', 'shop', 'databases', 'desktops'] } = options;
  const random = createRandom(seed);
  const pods: ModelPod[] = [];
  const leaders = new Map<Component, string>();
  let time = options.time ?? Date.now();
  let ticked = time;
  const machines = Array.from({ length: options.machines }, (_, index) =>
    createMachine({
      seed,
      index,
      namespaces,
      time,
      ...(options.labelCount === undefined ? {} : { labelCount: options.labelCount }),
      ...(options.guest === undefined ? {} : { guest: options.guest }),
    }),
  );

  function nodes(): string[] {
    return pods.filter((pod) => pod.component === 'virt-handler').map((pod) => pod.node);
  }
  function leader(component: Component): ModelPod | undefined {
    const candidates = pods.filter((pod) => pod.component === component);
    return candidates.find((pod) => pod.name === leaders.get(component)) ?? candidates[0];
  }

  return {
    seed,
    machines,
    pods,
    get time() {
      return time;
    },
    get nodes() {
      return nodes();
    },
    leader,
    failover(component) {
      const old = leader(component);
      const next = pods.find((pod) => pod.component === component && pod !== old);
      if (next !== undefined) leaders.set(component, next.name);
    },
    addPod(component, { node = `node-${nodes().length + 1}`, ageMs = 0, troubled = false } = {}) {
      const name = podName(component, seed, random);
      const pod = { name, component, node, seed: mix(seed, seedOf(name)), startedAt: time - ageMs, troubled };
      pods.push(pod);
      return pod;
    },
    removePod(name) {
      const index = pods.findIndex((pod) => pod.name === name);
      if (index >= 0) pods.splice(index, 1);
    },
    drain(node) {
      const others = nodes().filter((name) => name !== node);
      for (const machine of machines) {
        if (machine.node !== node) continue;
        if (others.length === 0) stop(machine, time);
        else arrive(machine, random.pick(others), time);
      }
    },
    migrate(from, to) {
      const machine = machines.find(({ node, status }) => node === from && status === 'running');
      if (machine === undefined || from === to || !nodes().includes(to)) return undefined;
      migrate(machine, to, random, time);
      return machine;
    },
    advance(ms) {
      time += ms;
      const places = nodes();
      for (const machine of machines) {
        // The first start was long ago: the cluster is found running.
        if (machine.node === '' && machine.changedAt.running === undefined && places.length > 0) {
          if (random.next() >= stopped) found(machine, random.pick(places), random, time);
          else machine.changedAt.running = machine.createdAt;
        }
      }
      for (; ticked + TICK_MS <= time; ticked += TICK_MS) {
        for (const machine of machines) live(machine, places, random, ticked + TICK_MS);
      }
    },
  };
}

/** One tick in the life of a virtual machine. */
function live(machine: Machine, places: readonly string[], random: Random, time: number): void {
  const chance = random.next();
  const since = time - (machine.changedAt[machine.status] ?? time);
  switch (machine.status) {
    case 'starting':
      if (since >= STARTING_MS) change(machine, 'running', time);
      return;
    case 'migrating':
      if (since >= MIGRATING_MS) arrive(machine, machine.migration?.target ?? machine.node, time);
      return;
    case 'stopped':
      if (chance < 0.02 && places.length > 0) {
        machine.node = random.pick(places);
        machine.bootedAt = time;
        change(machine, 'starting', time);
      }
      return;
    case 'running': {
      const others = places.filter((node) => node !== machine.node);
      if (chance < 0.003 && others.length > 0) {
        migrate(machine, random.pick(others), random, time);
      } else if (chance > 0.999) {
        stop(machine, time);
      }
    }
  }
}

function found(machine: Machine, node: string, random: Random, time: number): void {
  machine.node = node;
  machine.bootedAt = time - random.whole(60, 30 * 86_400) * 1000;
  machine.changedAt.starting = machine.bootedAt - STARTING_MS;
  machine.changedAt.running = machine.bootedAt;
  machine.status = 'running';
}

function migrate(machine: Machine, target: string, random: Random, time: number): void {
  const name = `${machine.name}-migration-${random.suffix(5)}`;
  machine.migration = { name, source: machine.node, target, startedAt: time };
  change(machine, 'migrating', time);
}

function arrive(machine: Machine, node: string, time: number): void {
  if (machine.migration !== undefined && machine.status === 'migrating') {
    machine.migration = { ...machine.migration, target: node, endedAt: time };
  }
  machine.node = node;
  machine.bootedAt = time;
  change(machine, 'running', time);
}

function stop(machine: Machine, time: number): void {
  machine.node = '';
  change(machine, 'stopped', time);
}

function change(machine: Machine, status: Machine['status'], time: number): void {
  machine.status = status;
  machine.changedAt[status] = time;
}

/** A name as the ReplicaSet or DaemonSet of the component would give. */
function podName(component: Component, seed: number, random: Random): string {
  if (component === 'virt-handler') return `${component}-${random.suffix(5)}`;
  const replicaSet = createRandom(mix(seed, seedOf(component))).suffix(9);
  return `${component}-${replicaSet}-${random.suffix(5)}`;
}
