import type { Cluster, ClusterPod } from './cluster.ts';
import { createRandom } from './random.ts';

/** Something that happened to a pod, and a sentence about it. */
export interface ClusterEvent {
  readonly kind: 'added' | 'removed' | 'ready' | 'leading';
  readonly pod: string;
  readonly text: string;
}

type Changeable = Pick<Cluster, 'model' | 'pods' | 'addPod' | 'removePod' | 'ready'>;

/** One step in the life of a cluster after the other. `handlers` is how many virt-handlers there are at rest. */
export function createChurn(
  cluster: Changeable,
  options: { readonly seed: number; readonly handlers: number },
): () => Promise<readonly ClusterEvent[]> {
  const random = createRandom(options.seed + 1);
  return async () => {
    const events = cluster
      .ready()
      .map((pod): ClusterEvent => ({ kind: 'ready', pod, text: `${pod} is ready` }));
    const handlers = cluster.pods.filter(({ model }) => model.component === 'virt-handler');
    // Those with a fault, or with rising errors, are what one looks at: they stay.
    const movable = handlers.filter(({ faulty, model }) => !faulty && !model.troubled);
    const chance = random.next();
    if (chance < 0.25) {
      const controller = leadingController(cluster);
      if (controller !== undefined) events.push(...(await replace(cluster, controller)));
    } else if (movable.length === 0 || (chance < 0.6 && handlers.length <= options.handlers)) {
      events.push(await nodeComes(cluster));
    } else if (chance < 0.6) {
      events.push(await nodeGoes(cluster, random.pick(movable)));
    } else {
      events.push(...(await replace(cluster, random.pick(movable))));
    }
    return events;
  };
}

function leadingController(cluster: Changeable): ClusterPod | undefined {
  const leader = cluster.model.leader('virt-controller');
  return cluster.pods.find(({ model }) => model === leader);
}

async function replace(cluster: Changeable, old: ClusterPod): Promise<ClusterEvent[]> {
  const { component, node, name } = old.model;
  const led = component === 'virt-controller' && cluster.model.leader(component) === old.model;
  await cluster.removePod(name);
  const { model, server } = await cluster.addPod(component, { node });
  const events: ClusterEvent[] = [
    { kind: 'removed', pod: name, text: `${name} went away` },
    { kind: 'added', pod: model.name, text: `${model.name} came in its place (${server.url})` },
  ];
  const leader = cluster.model.leader(component);
  if (led && leader !== undefined) {
    events.push({ kind: 'leading', pod: leader.name, text: `${leader.name} leads now` });
  }
  return events;
}

async function nodeComes(cluster: Changeable): Promise<ClusterEvent> {
  const { model, server } = await cluster.addPod('virt-handler');
  const text = `${model.name} came with the new node ${model.node} (${server.url})`;
  return { kind: 'added', pod: model.name, text };
}

async function nodeGoes(cluster: Changeable, pod: ClusterPod): Promise<ClusterEvent> {
  const { name, node } = pod.model;
  cluster.model.drain(node);
  await cluster.removePod(name);
  return { kind: 'removed', pod: name, text: `${name} went away with its node ${node}` };
}
