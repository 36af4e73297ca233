import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { inNamespace, namespaceRefusal } from '../test/kubernetes/namespace.ts';
import { missingPrograms } from '../test/kubernetes/programs.ts';
import type { BenchContext, GoalRow } from './goals.ts';
import { milliseconds, percentile } from './latencies.ts';
import { figure, progress } from './report.ts';
import { median } from './statistics.ts';

/** What the process in the namespace is told. */
export interface DiscoveryOptions {
  readonly launcher: string;
  readonly pods: number;
  /** How often the gateway is started. */
  readonly starts: number;
  /** How often pods leave one by one, and come back. */
  readonly sweeps: number;
  readonly restMs: number;
}

interface Changes {
  /** Milliseconds, one for each change. */
  readonly delays: readonly number[];
  /** Changes a second that there were. */
  readonly rate: number;
  /** Of the gateway, in all. */
  readonly cpuSeconds: number;
}

/** What it found. Bytes and CPU time are those that a gateway takes beyond one that watches a namespace without pods. */
export interface DiscoveryFigures {
  readonly readyMs: readonly number[];
  readonly objects: number;
  readonly bytes: number;
  readonly cpuSeconds: number;
  readonly endpoints: Changes;
  /** From the API's answer that Endpoints are deleted to EndpointSlices in their place, and how many targets went away in between. */
  readonly changeOver: { readonly ms: number; readonly lost: number };
  readonly slices: Changes;
}

const PROGRAM = join(import.meta.dirname, 'discovery-process.ts');
const READY_MS = 2000;
const CHANGE_MS = 200;

/** How soon the gateway knows 1,000 pods of a real Kubernetes API, and of their changes, and what a watched object costs. */
export async function benchDiscovery({ launcher, quick }: BenchContext): Promise<readonly GoalRow[]> {
  const missing = missingPrograms() ?? namespaceRefusal();
  if (missing !== undefined) {
    progress(`discovery: left out: ${missing}`);
    return [];
  }
  const options: DiscoveryOptions = quick
    ? { launcher, pods: 20, starts: 1, sweeps: 1, restMs: 1000 }
    : { launcher, pods: 1000, starts: 7, sweeps: 3, restMs: 30_000 };
  const found = await measure(options);
  const { readyMs, objects, bytes, cpuSeconds, endpoints, changeOver, slices } = found;
  const ready = median(readyMs);
  return [
    {
      work: `${options.pods} pods of a real Kubernetes API: from the start of the process to ready`,
      goal: 'under 2 s',
      measured: `${milliseconds(ready)}, at most ${milliseconds(Math.max(...readyMs))}`,
      ratio: ready / READY_MS,
      met: ready < READY_MS,
      note: `median of ${readyMs.length} starts of the bundle`,
    },
    changeRow('Endpoints', options.pods, endpoints),
    {
      work: `${options.pods} pods: from the deletion of their Endpoints to EndpointSlices in their place`,
      goal: 'no target lost',
      measured: `${milliseconds(changeOver.ms)}, ${changeOver.lost} targets lost`,
      met: changeOver.lost === 0,
      note: 'once; in the meantime the targets stay as they are',
    },
    changeRow('EndpointSlices', options.pods, slices),
    {
      work: 'a watched pod and its target: memory at rest; CPU time to list it',
      goal: 'measured',
      measured: `${figure(bytes / objects / 1000)} kB; ${figure((cpuSeconds / objects) * 1e6)} µs`,
      met: undefined,
      note: `beyond a gateway that watches a namespace without pods, over ${objects} pods`,
    },
  ];
}

function changeRow(kind: string, pods: number, { delays, rate, cpuSeconds }: Changes): GoalRow {
  const p99 = percentile(delays, 0.99);
  return {
    work: `${pods} pods in ${kind}, ${Math.round(rate)} changes a second: from the API's answer to the new target set, p99`,
    goal: 'under 200 ms',
    measured: `${milliseconds(p99)}, median ${milliseconds(percentile(delays, 0.5))}; ${figure((cpuSeconds / delays.length) * 1000)} ms of CPU time a change`,
    ratio: p99 / CHANGE_MS,
    met: p99 < CHANGE_MS,
    note: `a change takes a pod's address away or puts it back; in Endpoints it brings all of them, in slices up to 100`,
  };
}

async function measure(options: DiscoveryOptions): Promise<DiscoveryFigures> {
  const [command, ...args] = inNamespace([process.execPath, PROGRAM, JSON.stringify(options)]);
  const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`discovery: the process in the network namespace ended with ${code}`);
  return JSON.parse(text) as DiscoveryFigures;
}
