import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';

import { askGateway } from '../simulator/answer.ts';
import { startPods } from '../simulator/pods.ts';
import { startServer } from '../test/real/server.ts';
import { startDemoCluster } from './demo-cluster.ts';
import { MOMENTS } from './goals.ts';
import type { BenchContext, GoalRow } from './goals.ts';
import { megabytes } from './latencies.ts';
import { launchGateway } from './launched-gateway.ts';
import type { LaunchedGateway } from './launched-gateway.ts';
import { processMemory } from './process-memory.ts';
import type { ProcessMemory } from './process-memory.ts';
import { progress } from './report.ts';
import { scrapeConfig } from './scrape-config.ts';

const PODS = 10;
const TIMEOUT_SECONDS = 10;
const GOAL_BYTES = 110e6;
/** What the launcher sets, so that a bare node has the same allocator. */
const ALLOCATOR = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '262144',
};
const BARE = 'setInterval(() => {}, 1e9); console.log("up")';
const BARE_WORKER = `new (require('node:worker_threads').Worker)('setInterval(() => {}, 1e9)', { eval: true, resourceLimits: { maxYoungGenerationSizeMb: 8 } }).once('online', () => console.log('up')); setInterval(() => {}, 1e9)`;

/** A state of a process, and what it takes in it. */
interface Rung {
  readonly name: string;
  readonly memory: ProcessMemory;
}

/**
 * Memory with ten known pods, of what ships as it ships: the bundle with its built-in configuration finds them over the simulator's
 * Kubernetes API, lies still for a minute, answers once, and lies still again. Beside it, programs that have less of it each, at rest for
 * as long, tell what the memory is made of.
 */
export async function benchIdle({ launcher, folder, quick }: BenchContext): Promise<readonly GoalRow[]> {
  const restMs = quick ? 10_000 : 60_000;
  const own = join(folder, 'idle');
  await mkdir(own, { recursive: true });
  // All of them rest at the same time, as none does anything. Their proportional sizes are smaller for it: they share one program's file.
  await using cluster = await startDemoCluster({ pods: PODS, churn: false }, own);
  await using pods = await startPods({ pods: PODS, bytes: 100_000, moments: MOMENTS });
  const [none, ten] = ['none.yml', 'ten.yml'].map((name) => join(own, name)) as [string, string];
  await writeFile(none, stringify({ scrape_configs: [] }));
  await writeFile(ten, stringify(scrapeConfig(pods.pods, '30s', '10s')));
  progress(`idle: starting, and at rest for ${restMs / 1000} s`);
  await using bare = startServer(process.execPath, ['-e', BARE], { env: ALLOCATOR });
  await using bareWorker = startServer(process.execPath, ['-e', BARE_WORKER], { env: ALLOCATOR });
  await Promise.all([bare.line(/up/), bareWorker.line(/up/)]);
  await using empty = await launchGateway(launcher, [`--config.file=${none}`]);
  await using fixed = await launchGateway(launcher, [`--config.file=${ten}`]);
  await using gateway = await launchGateway(launcher, [`--kubeconfig=${cluster.kubeconfig}`]);

  await sleep(restMs);
  const ladder: Rung[] = [
    { name: 'a bare node', memory: processMemory(bare.pid) },
    { name: 'with a bare worker thread', memory: processMemory(bareWorker.pid) },
    {
      name: 'the gateway without targets (bundle, HTTP server, one worker)',
      memory: processMemory(empty.pid),
    },
    { name: 'with ten static targets (two workers)', memory: processMemory(fixed.pid) },
  ];
  const rest = { name: 'as it ships, Kubernetes discovery of ten pods', memory: processMemory(gateway.pid) };
  ladder.push(rest);
  await answerOnce(gateway);
  ladder.push({ name: 'just after one answer', memory: processMemory(gateway.pid) });
  progress(`idle: answered, at rest for ${restMs / 1000} s again`);
  await sleep(restMs);
  const after = { name: 'and at rest again', memory: processMemory(gateway.pid) };
  ladder.push(after);
  for (const rung of ladder) progress(`idle: ${rungText(rung)}`);
  return [
    rowOf(`idle with ${PODS} known pods, before any answer: memory`, rest.memory, ladder.slice(0, 5), restMs),
    rowOf(`the same after one answer and ${restMs / 1000} s`, after.memory, ladder.slice(5), restMs),
  ];
}

function rowOf(work: string, memory: ProcessMemory, ladder: readonly Rung[], restMs: number): GoalRow {
  return {
    work,
    goal: 'under 110 MB',
    measured: `${megabytes(memory.rss)} resident (${megabytes(memory.pss)} proportional)`,
    ratio: memory.rss / GOAL_BYTES,
    met: Number.isNaN(memory.rss) ? undefined : memory.rss < GOAL_BYTES,
    note: `after ${restMs / 1000} s at rest; ${ladder.map(rungText).join('; ')}`,
  };
}

function rungText({ name, memory: { rss, anonymous, files } }: Rung): string {
  return `${name}: ${megabytes(rss)} (${megabytes(anonymous)} its own, ${megabytes(files)} of files)`;
}

async function answerOnce(gateway: LaunchedGateway): Promise<void> {
  const answer = await askGateway(`${gateway.url}/metrics`, TIMEOUT_SECONDS);
  if (answer.status === 200 && answer.targets === PODS && answer.up === PODS) return;
  throw new Error(
    `idle: status ${answer.status}, ${answer.up} of ${answer.targets} targets up; want 200 and ${PODS} of ${PODS}\n${gateway.log()}`,
  );
}
