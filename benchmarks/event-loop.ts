import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';

import { startPods } from '../simulator/pods.ts';
import type { Gap, LoopReport } from './event-loop-probe.ts';
import { MOMENTS } from './goals.ts';
import type { BenchContext, GoalRow } from './goals.ts';
import { milliseconds } from './latencies.ts';
import { launchGateway } from './launched-gateway.ts';
import { progress } from './report.ts';
import { countAnswer, problemOf, timedGet } from './scrape-client.ts';
import type { TimedAnswer } from './scrape-client.ts';
import { scrapeConfig } from './scrape-config.ts';
import { median } from './statistics.ts';

const BYTES = 500_000;
/** A thousand different bodies of that size would take the machine's memory and change nothing. */
const DISTINCT = 100;
const REPORT_SERIES = 4;
const WARM_UPS = 2;
const GOAL = { p99: 20, worst: 50 };
const PROBE = join(import.meta.dirname, 'event-loop-probe.ts');

/**
 * How long the serving thread keeps its event loop from going round while bodies are merged: Node's own monitor in the process of the
 * shipped bundle, reset before each answer. With `BENCH_PROFILE=1` in the environment a CPU profile of that thread tells, on stderr, what
 * it did, and what was done in the longest gaps; the profiler makes those longer.
 */
export async function benchEventLoop({ launcher, folder, quick }: BenchContext): Promise<readonly GoalRow[]> {
  const podCount = quick ? 200 : 1000;
  const answers = quick ? 3 : 6;
  const profiled = process.env['BENCH_PROFILE'] === '1';
  const own = join(folder, 'event-loop');
  await mkdir(own, { recursive: true });
  progress(`event loop: starting ${podCount} pods`);
  await using pods = await startPods({ pods: podCount, bytes: BYTES, distinct: DISTINCT, moments: MOMENTS });
  const file = join(own, 'gateway.yml');
  await writeFile(file, stringify(scrapeConfig(pods.pods, '30s', '30s')));
  const socket = join(own, 'event-loop.sock');
  await using gateway = await launchGateway(launcher, [`--config.file=${file}`, '--scrape.reuse=0'], {
    nodeArgs: [`--import=${PROBE}`],
    env: { EVENT_LOOP_SOCKET: socket, EVENT_LOOP_PROFILE: profiled ? '1' : '0' },
  });
  const want = { samples: pods.totals.samples + podCount * REPORT_SERIES, up: podCount };

  async function measured(): Promise<{ readonly report: LoopReport; readonly answer: TimedAnswer }> {
    await ask(socket, 'reset');
    const answer = await timedGet(`${gateway.url}/metrics`);
    const report = (await ask(socket, 'report')) as LoopReport;
    return { report, answer };
  }
  async function check({ answer }: { readonly answer: TimedAnswer }): Promise<void> {
    const problem = problemOf(await countAnswer(answer), want);
    if (problem !== undefined)
      throw new Error(`event loop: an answer is not whole: ${problem}\n${gateway.log()}`);
  }

  const first = await measured();
  await check(first);
  tell('first answer', first.report, profiled);
  const reports: LoopReport[] = [];
  for (let run = 2 - WARM_UPS; run <= answers; run += 1) {
    const one = await measured();
    await check(one);
    if (run < 1) continue;
    reports.push(one.report);
    tell(`${run} of ${answers}, ${milliseconds(one.answer.milliseconds)}`, one.report, profiled);
  }
  return [rowOf(reports, first.report, podCount, profiled)];
}

/** What some answers' reports come to. Exported for tests. */
export function rowOf(
  reports: readonly LoopReport[],
  first: LoopReport,
  podCount: number,
  profiled: boolean,
): GoalRow {
  const p99 = median(reports.map((report) => report.p99));
  const worst = Math.max(...reports.map(({ max }) => max));
  const [gap] = reports.flatMap(({ gaps }) => gaps).toSorted((a, b) => b.ms - a.ms);
  const elapsed = sum(reports, 'elapsedMs');
  return {
    work: `event-loop delay of the serving thread while ${podCount} bodies are merged`,
    goal: `p99 ${GOAL.p99} ms, worst ${GOAL.worst} ms`,
    measured: `p99 ${milliseconds(p99)}, worst ${milliseconds(worst)}`,
    ratio: Math.max(p99 / GOAL.p99, worst / GOAL.worst),
    met: p99 <= GOAL.p99 && worst <= GOAL.worst,
    note: [
      `${reports.length} answers, median of their p99s`,
      ...(gap === undefined ? [] : [`the worst: ${gapText(gap)}`]),
      `the most that it ran without a break: ${milliseconds(Math.max(...reports.map(({ longestRunMs }) => longestRunMs)))}`,
      `the thread ran ${percent(sum(reports, 'cpuMs') / elapsed)} of the time and waited for a processor ${percent(sum(reports, 'waitMs') / elapsed)}`,
      `the first answer, every connection new: p99 ${milliseconds(first.p99)}, worst ${milliseconds(first.max)}`,
      ...(profiled ? ['with the profiler, which costs'] : []),
    ].join('; '),
  };
}

function gapText({ atMs, ms, cpuMs, gcMs }: Gap): string {
  return `${milliseconds(ms)} at ${milliseconds(atMs)}, of which it ran ${milliseconds(cpuMs)} and collected garbage ${milliseconds(gcMs)}`;
}

function tell(what: string, report: LoopReport, profiled: boolean): void {
  const { p50, p99, max, cpuMs, waitMs, elapsedMs, longestRunMs } = report;
  progress(
    `event loop: ${what}: p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}, worst ${milliseconds(max)}; ran ${milliseconds(cpuMs)} of ${milliseconds(elapsedMs)}, waited for a processor ${milliseconds(waitMs)}, longest run ${milliseconds(longestRunMs)}`,
  );
  for (const gap of report.gaps.slice(0, 3)) {
    progress(`  ${gapText(gap)}`);
    for (const { name, ms } of gap.where) progress(`    ${milliseconds(ms)} ${name}`);
  }
  if (!profiled) return;
  progress('  in all:');
  for (const { name, ms } of report.hot) progress(`    ${milliseconds(ms)} ${name}`);
}

/** Asks the probe, which answers in one line. */
async function ask(path: string, question: 'reset' | 'report'): Promise<unknown> {
  const connection = connect(path);
  connection.write(`${question}\n`);
  return JSON.parse(await text(connection));
}

function sum(reports: readonly LoopReport[], field: 'elapsedMs' | 'cpuMs' | 'waitMs'): number {
  return reports.reduce((total, report) => total + report[field], 0);
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}
