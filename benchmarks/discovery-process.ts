// Run by benchDiscovery (discovery.ts) in a network namespace of its own: a real Kubernetes API with a KubeVirt of so many pods, and what the
// gateway takes to know of them and of their changes. Prints what it found as one line of JSON.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ApiClient } from '../test/kubernetes/api-client.ts';
import { startCluster } from '../test/kubernetes/cluster.ts';
import { installKubevirt } from '../test/kubernetes/kubevirt.ts';
import { endpointsObject, podObject, sliceObjects } from '../test/kubernetes/kubevirt-pods.ts';
import { layOut, podAddress } from '../test/kubernetes/namespace.ts';
import { documentedRules, grant } from '../test/kubernetes/rights.ts';
import type { DiscoveryFigures, DiscoveryOptions } from './discovery.ts';
import { processMemory } from './process-memory.ts';
import { processUsage } from './process-usage.ts';
import { progress } from './report.ts';

const { launcher, pods: count, starts, sweeps, restMs } = JSON.parse(process.argv[2]!) as DiscoveryOptions;
/** Changes a second, and how many there are in one direction: pods leave one by one, and come back. */
const RATE = 50;
const SWEEP = Math.min(100, count - 1);
const NAMESPACE = 'kubevirt';

/** A gateway, and when it said that it has how many targets (milliseconds since the epoch). */
interface WatchedGateway extends AsyncDisposable {
  readonly pid: number;
  readonly seen: readonly (readonly [at: number, targets: number])[];
  /** When it said that targets come from EndpointSlices: milliseconds since the epoch. */
  readonly slicesUsed: Promise<number>;
  /** From the start of the process to the first 200 of /-/ready. */
  readonly readyMs: number;
}

async function startWatched(namespace: string): Promise<WatchedGateway> {
  const begun = performance.now();
  const args = [launcher, '--web.listen-address=127.0.0.1:0', `--kubernetes.namespace=${namespace}`];
  const child = spawn(process.execPath, [...args, `--kubeconfig=${account.kubeconfig}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const seen: [number, number][] = [];
  const listening = Promise.withResolvers<string>();
  const slicesUsed = Promise.withResolvers<number>();
  createInterface({ input: child.stderr }).on('line', (line) => {
    const [, at = '', targets] = /^time=(\S+) .*msg="targets changed" targets=(\d+)/.exec(line) ?? [];
    if (targets !== undefined) seen.push([Date.parse(at), Number(targets)]);
    const [, since] = /^time=(\S+) .*msg="targets come from EndpointSlices now"/.exec(line) ?? [];
    if (since !== undefined) slicesUsed.resolve(Date.parse(since));
    const [, address] = /msg=listening address=(\S+)/.exec(line) ?? [];
    if (address !== undefined) listening.resolve(`http://${address}`);
  });
  const url = await listening.promise;
  while ((await fetch(`${url}/-/ready`)).status !== 200) await sleep(5);
  return {
    pid: child.pid!,
    seen,
    slicesUsed: slicesUsed.promise,
    readyMs: performance.now() - begun,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Waits until the gateway has told of so many targets last. */
async function settled(gateway: WatchedGateway, targets: number): Promise<void> {
  for (let tries = 0; gateway.seen.at(-1)?.[1] !== targets; tries += 1) {
    if (tries === 3000) throw new Error(`discovery: ${gateway.seen.at(-1)?.[1]} targets, not ${targets}`);
    await sleep(10);
  }
}

/** Lets so many pods be there, of those that were made. */
type Change = (admin: ApiClient, present: number) => Promise<unknown>;

const CHANGES: Readonly<Record<'endpoints' | 'slices', Change>> = {
  endpoints: (admin, present) => {
    const object = endpointsObject(NAMESPACE, pods.slice(0, present));
    return admin.ask('PUT', `/api/v1/namespaces/${NAMESPACE}/endpoints/${object.metadata.name}`, object);
  },
  slices: (admin, present) => {
    // Those that leave are all in the last one.
    const last = sliceObjects(NAMESPACE, pods).at(-1)!;
    const object = { ...last, endpoints: last.endpoints.slice(0, last.endpoints.length - (count - present)) };
    const path = `/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices/${last.metadata.name}`;
    return admin.ask('PUT', path, object);
  },
};

/** From each change's answer by the API to the target set that has it. */
async function measureChanges(
  gateway: WatchedGateway,
  change: Change,
): Promise<DiscoveryFigures['endpoints']> {
  const delays: number[] = [];
  const cpu = processUsage(gateway.pid).cpuSeconds;
  let tookMs = 0;
  for (let sweep = 0; sweep < sweeps * 2; sweep += 1) {
    const down = sweep % 2 === 0;
    const from = gateway.seen.length;
    const made: [at: number, present: number][] = [];
    const begun = performance.now();
    for (let step = 1; step <= SWEEP; step += 1) {
      await sleep(Math.max(0, begun + (step * 1000) / RATE - performance.now()));
      const present = down ? count - step : count - SWEEP + step;
      await change(cluster.admin, present);
      made.push([Date.now(), present]);
    }
    tookMs += performance.now() - begun;
    await settled(gateway, down ? count - SWEEP : count);
    const seen = gateway.seen.slice(from);
    for (const [at, present] of made) {
      const [when] = seen.find(([, targets]) => (down ? targets <= present : targets >= present))!;
      delays.push(Math.max(0, when - at));
    }
  }
  const rate = (delays.length * 1000) / tookMs;
  return { delays, rate, cpuSeconds: processUsage(gateway.pid).cpuSeconds - cpu };
}

layOut();
progress(`discovery: a Kubernetes API with ${count} pods`);
await using cluster = await startCluster();
const pods = Array.from({ length: count }, (_, index) => ({
  name: `virt-handler-${index + 1}`,
  addresses: [podAddress(index + 1)],
  node: `node-${index + 1}`,
}));
await installKubevirt(cluster.admin, NAMESPACE);
await installKubevirt(cluster.admin, 'empty');
await Promise.all(pods.map((pod) => cluster.admin.apply(podObject(NAMESPACE, pod))));
await cluster.admin.apply(endpointsObject(NAMESPACE, pods));
await cluster.admin.apply(endpointsObject('empty', []));
await Promise.all(sliceObjects(NAMESPACE, pods).map((slice) => cluster.admin.apply(slice)));
const account = await cluster.serviceAccount('gateways', 'gateway');
await grant(cluster.admin, { namespace: 'gateways', name: 'gateway' }, documentedRules());

progress(`discovery: ${starts} starts`);
const readyMs: number[] = [];
for (let start = 0; start < starts; start += 1) {
  await using gateway = await startWatched(NAMESPACE);
  readyMs.push(gateway.readyMs);
  if (gateway.seen.at(-1)?.[1] !== count)
    throw new Error(`discovery: ready with ${gateway.seen.at(-1)?.[1]} targets, not ${count}`);
}
await using without = await startWatched('empty');
await using gateway = await startWatched(NAMESPACE);
const cpuSeconds = processUsage(gateway.pid).cpuSeconds - processUsage(without.pid).cpuSeconds;
progress(`discovery: at rest for ${restMs / 1000} s`);
await sleep(restMs);
const bytes = processMemory(gateway.pid).rss - processMemory(without.pid).rss;
progress(`discovery: ${RATE} changes a second of Endpoints`);
const endpoints = await measureChanges(gateway, CHANGES.endpoints);
progress('discovery: EndpointSlices in the place of Endpoints');
const from = gateway.seen.length;
await cluster.admin.delete(endpointsObject(NAMESPACE, []));
const deleted = Date.now();
const changeOverMs = Math.max(0, (await gateway.slicesUsed) - deleted);
// Whether targets were lost shows once changes have been gathered.
await sleep(1000);
await settled(gateway, count);
const lost = count - Math.min(count, ...gateway.seen.slice(from).map(([, targets]) => targets));
progress(`discovery: ${RATE} changes a second of EndpointSlices`);
const slices = await measureChanges(gateway, CHANGES.slices);
const changeOver = { ms: changeOverMs, lost };
const figures: DiscoveryFigures = {
  readyMs,
  objects: count,
  bytes,
  cpuSeconds,
  endpoints,
  changeOver,
  slices,
};
progress('discovery: done');
process.stdout.write(`${JSON.stringify(figures)}\n`);
