import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { freeAddress, startGatewayProcess } from '../simulator/gateway-process.ts';
import type { GatewayProcess } from '../simulator/gateway-process.ts';
import { createRandom, mix } from '../simulator/random.ts';
import { Checker } from './checker.ts';
import { churn } from './churn.ts';
import { Clients, LATE_ANSWERS, LATE_PODS } from './clients.ts';
import { finalProblems, healAll, openAtRest, settle } from './ending.ts';
import { createFaults } from './faults.ts';
import { Fleet } from './fleet.ts';
import { GatewayLog } from './gateway-log.ts';
import { openHandles, residentBytes } from './gateway-usage.ts';
import { othersShare, readMachine, usedSeconds } from './machine.ts';
import { Tally } from './tally.ts';
import { METRICS } from './views.ts';
import { Watch } from './watch.ts';

export interface SoakOptions {
  readonly seconds: number;
  readonly seed: number;
  /** Pods at rest. */
  readonly pods: number;
  /** Ends it early; what was wrong so far counts. */
  readonly signal: AbortSignal;
  /** Given one line after the other. */
  readonly print: (line: string) => void;
}

/** Size of a pod's body. */
const BODY_BYTES = 60_000;
const CLIENTS = 12;
/** With so much of the processors' time taken by other programs, late is not wrong. */
const BUSY = 0.1;
const REPORT_MS = 10_000;
const MEGABYTE = 1024 * 1024;
/** Small, so that it is reached. */
const MEMORY_LIMIT_MIB = 512;
/**
 * Clients, pods and checks leave the gateway less than one of two processors, and a pod's huge body that is legal is in every answer. A few
 * answers in a hundred are late then; more than that means that something stands still.
 */
const LATE_SHARE = 0.03;

/** Runs it and returns what broke; nothing is left running. Rejects when it cannot begin. */
export async function soak(options: SoakOptions): Promise<readonly string[]> {
  const { seconds, seed, pods, print } = options;
  const tally = new Tally();
  const log = new GatewayLog((line) => tally.problem(`log: ${line.replace(/^time=\S+ /, '')}`));
  await using fleet = await Fleet.start({ pods, bytes: BODY_BYTES, seed });
  await using gateway = await startGateway(fleet, log);
  await using checker = new Checker();
  const clients = new Clients({ url: gateway.url, fleet, checker, tally });
  print(`seed ${seed}: ${pods} pods, ${seconds} s, gateway ${gateway.pid} at ${gateway.url}`);

  await sleep(Math.max(0, fleet.settledAt() - performance.now()));
  await clients.checked(METRICS, { gzip: true, timeout: 10, keepAlive: false });
  const atRest = openAtRest(gateway, fleet);

  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, options.signal]);
  let isAlive = true;
  async function noticeEnd(): Promise<void> {
    const code = await gateway.exited;
    if (!signal.aborted) tally.problem(`the gateway ended (${code})`);
    isAlive = false;
    ended.abort();
  }
  void noticeEnd();
  using watch = new Watch(gateway.pid, gateway.url);
  const machine = readMachine(await usedSeconds(gateway.pid, fleet));
  const start = performance.now();
  const report = setInterval(() => print(progressLine(start, tally, gateway.pid)), REPORT_MS);
  const end = setTimeout(() => ended.abort(), seconds * 1000);
  try {
    await Promise.all([
      churnUntil(signal, { fleet, tally, seed, pods }),
      ...Array.from({ length: CLIENTS }, async (_, index) => {
        const random = createRandom(mix(seed, 100 + index));
        while (!signal.aborted) await clients.one(random, signal);
      }),
    ]);
  } finally {
    clearInterval(report);
    clearTimeout(end);
  }
  print(progressLine(start, tally, gateway.pid));
  if (!options.signal.aborted && isAlive) {
    watch[Symbol.dispose]();
    clients.close();
    await settle(gateway.url, fleet);
    await clients.checked(METRICS, { gzip: true, timeout: 10, keepAlive: false });
    for (const problem of await finalProblems({
      gateway,
      fleet,
      watch,
      atRest,
      memoryLimit: MEMORY_LIMIT_MIB * MEGABYTE,
      print,
    }))
      tally.problem(problem);
  }
  clients.close();
  const others = othersShare(machine, await usedSeconds(gateway.pid, fleet));
  print(`other programs took ${Math.round(others * 100)} % of the processors' time`);
  for (const what of [LATE_ANSWERS, LATE_PODS]) {
    const late = tally.of(what);
    const all = what === LATE_PODS ? tally.pods : tally.answers;
    if (late > all * LATE_SHARE && others < BUSY) tally.problem(`${late} ${what}, of ${all}`);
  }
  print(tally.counts.join(', '));
  print(
    `${tally.answers} answers checked, ${Math.round(tally.bytes / MEGABYTE)} MB; in them ${tally.pods} healthy pods with ${tally.samples} samples`,
  );
  if (tally.failed > 0) print(`The gateway's last log lines:\n${log.lines.slice(-20).join('\n')}`);
  return tally.problems.map((problem) => problem.trim().replaceAll('\n', ' / '));
}

async function churnUntil(
  signal: AbortSignal,
  { fleet, tally, seed, pods }: { fleet: Fleet; tally: Tally; seed: number; pods: number },
): Promise<void> {
  const random = createRandom(mix(seed, 1));
  const nextFault = createFaults(createRandom(mix(seed, 2)));
  while (!signal.aborted) {
    tally.count(await churn(fleet, { random, pods, nextFault }));
    await sleep(random.whole(0, 900), undefined, { signal }).catch(() => undefined);
  }
  // Answers that wait for a pod that hangs come now.
  await healAll(fleet);
}

/** The gateway as a user starts it. */
async function startGateway(fleet: Fleet, log: GatewayLog): Promise<GatewayProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-soak-'));
  try {
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, fleet.api.kubeconfig());
    return await startGatewayProcess({
      listen: await freeAddress('127.0.0.1', 0),
      args: ['--kubeconfig', kubeconfig, `--memory.limit=${MEMORY_LIMIT_MIB}MiB`],
      onLog: (text) => log.add(text),
    });
  } finally {
    // It has been read by then.
    await rm(folder, { recursive: true, force: true });
  }
}

function progressLine(start: number, tally: Tally, pid: number): string {
  const seconds = Math.round((performance.now() - start) / 1000);
  const rss = Math.round(residentBytes(pid) / MEGABYTE);
  let fds = 0;
  try {
    ({ fds } = openHandles(pid));
  } catch {
    // It has ended, which is said elsewhere.
  }
  return `${String(seconds).padStart(5)} s: ${tally.answers} answers, ${tally.sum('fault: ')} faults, rss ${rss} MB, ${fds} fds, ${tally.failed} problems`;
}
