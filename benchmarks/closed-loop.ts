import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

import { startPods } from '../simulator/pods.ts';
import type { LoopResult, LoopTask } from './closed-loop-client.ts';
import { MOMENTS } from './goals.ts';
import type { BenchContext, GoalRow } from './goals.ts';
import { milliseconds } from './latencies.ts';
import { launchGateway } from './launched-gateway.ts';
import { processUsage } from './process-usage.ts';
import { figure, progress } from './report.ts';
import { scrapeConfig } from './scrape-config.ts';
import { median } from './statistics.ts';

const PODS = 3;
const BYTES = 60_000;
const CLIENTS = [64, 1];
const REPORT_SERIES = 4;
const CLIENT = join(import.meta.dirname, 'closed-loop-client.ts');
const PASS_THROUGH = join(import.meta.dirname, 'pass-through.ts');

/** Who is asked. */
interface Service {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  readonly samples: number;
  /** Targets that are up in its answer. */
  readonly up: number;
}

/** One service under so many clients, in several rounds. */
export interface LoopRounds {
  readonly results: readonly LoopResult[];
  /** CPU time of the service for one answer, in milliseconds. */
  readonly cpu: readonly number[];
}

/** Requests a second where each of some clients asks again as soon as it has been answered: the gateway, without and with its reuse of scrapes, beside a pass-through of one pod. */
export async function benchClosedLoop({
  launcher,
  folder,
  quick,
}: BenchContext): Promise<readonly GoalRow[]> {
  const rounds = quick ? 1 : 3;
  const times = quick ? { warmUpMs: 500, ms: 1500 } : { warmUpMs: 2000, ms: 5000 };
  const own = join(folder, 'closed-loop');
  await mkdir(own, { recursive: true });
  await using pods = await startPods({ pods: PODS, bytes: BYTES, moments: MOMENTS });
  const [pod] = pods.pods;
  if (pod === undefined) throw new Error('closed loop: there are no pods');
  const file = join(own, 'gateway.yml');
  await writeFile(file, stringify(scrapeConfig(pods.pods, '30s', '10s')));
  await using anew = await launchGateway(launcher, [`--config.file=${file}`, '--scrape.reuse=0']);
  await using reusing = await launchGateway(launcher, [`--config.file=${file}`]);
  await using passThrough = await startPassThrough(pod.url);
  const samples = pods.totals.samples + PODS * REPORT_SERIES;
  const services: readonly Service[] = [
    { name: '--scrape.reuse=0', url: `${anew.url}/metrics`, pid: anew.pid, samples, up: PODS },
    { name: 'reuse of 1 s', url: `${reusing.url}/metrics`, pid: reusing.pid, samples, up: PODS },
    { name: 'pass-through', url: `${passThrough.url}/metrics`, pid: passThrough.pid, samples: 0, up: 0 },
  ];
  const rows: GoalRow[] = [];
  for (const clients of CLIENTS) {
    const done = services.map(() => ({ results: [] as LoopResult[], cpu: [] as number[] }));
    for (let round = 1; round <= rounds; round += 1) {
      for (const [index, service] of services.entries()) {
        const cpuBefore = processUsage(service.pid).cpuSeconds;
        const result = await runClient({ url: service.url, clients, ...times });
        check(service, result);
        const cpu = ((processUsage(service.pid).cpuSeconds - cpuBefore) * 1000) / result.answers;
        done[index]?.results.push(result);
        done[index]?.cpu.push(cpu);
        progress(
          `closed loop: ${clients} clients, ${service.name}: ${round} of ${rounds}: ${loopText(result)}`,
        );
      }
    }
    const [own, reused, bare] = done;
    if (own === undefined || reused === undefined || bare === undefined) continue;
    rows.push(rowOf('--scrape.reuse=0', clients, own, bare), rowOf('reuse of 1 s', clients, reused, bare));
  }
  return rows;
}

/** One row, of the medians of the rounds. Exported for tests. */
export function rowOf(name: string, clients: number, own: LoopRounds, bare: LoopRounds): GoalRow {
  const rate = median(own.results.map(({ perSecond }) => perSecond));
  const bareRate = median(bare.results.map(({ perSecond }) => perSecond));
  const busiest = Math.max(...[own, bare].flatMap(({ results }) => results.map(({ busy }) => busy)));
  return {
    work: `${PODS} pods × ${BYTES / 1000} KB, closed loop of ${clients} ${clients === 1 ? 'client' : 'clients'}, ${name}`,
    goal: 'beside a pass-through of one pod',
    measured: `${roundsText(own)}; pass-through ${roundsText(bare)}`,
    ratio: rate / bareRate,
    met: undefined,
    note: `medians of ${own.results.length} rounds, in turns; CPU an answer ${milliseconds(median(own.cpu))}, of the pass-through ${milliseconds(median(bare.cpu))}; the client had at most ${percent(busiest)} of a processor`,
  };
}

function roundsText({ results }: LoopRounds): string {
  const rate = median(results.map(({ perSecond }) => perSecond));
  const p50 = median(results.map(({ latencies }) => latencies.p50));
  const p99 = median(results.map(({ latencies }) => latencies.p99));
  return `${figure(rate)}/s, p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`;
}

function loopText(result: LoopResult): string {
  return `${roundsText({ results: [result], cpu: [] })}, client ${percent(result.busy)} busy`;
}

function check({ name, samples, up }: Service, result: LoopResult): void {
  // The pass-through's one pod has samples of its own number, and no report series.
  const enough = samples === 0 ? result.samples > 0 : result.samples === samples;
  if (enough && result.fewestSamples === result.samples && result.fewestUp === up) return;
  throw new Error(
    `closed loop: ${name}: answers of ${result.samples} to ${result.fewestSamples} samples with ${result.fewestUp} targets up; want ${samples} with ${up}`,
  );
}

async function runClient(task: LoopTask): Promise<LoopResult> {
  const child = fork(CLIENT, [JSON.stringify(task)], { execArgv: [] });
  const message = (await messageOf(child, 'the client')) as { result?: LoopResult; error?: string };
  if (message.result === undefined) throw new Error(`closed loop: the client: ${message.error}`);
  return message.result;
}

async function startPassThrough(
  pod: string,
): Promise<AsyncDisposable & { readonly url: string; readonly pid: number }> {
  const child = fork(PASS_THROUGH, [pod], { execArgv: [] });
  const url = (await messageOf(child, 'the pass-through')) as string;
  return {
    url,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** The next message of a process. Rejects when it ends without one. */
async function messageOf(child: ChildProcess, name: string): Promise<unknown> {
  const gone = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`closed loop: ${name} ended (${code ?? signal}) without a word`);
  });
  gone.catch(() => undefined);
  const [message] = (await Promise.race([once(child, 'message'), gone])) as [unknown];
  return message;
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}
