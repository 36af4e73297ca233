import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'undici';
import { stringify } from 'yaml';

import { now } from './clock.ts';
import { MOMENTS } from './goals.ts';
import type { BenchContext, GoalRow } from './goals.ts';
import { startTimedPods } from './hand-over.ts';
import type { TimedPods } from './hand-over.ts';
import { latenciesOf, milliseconds } from './latencies.ts';
import { launchGateway } from './launched-gateway.ts';
import { processUsage } from './process-usage.ts';
import { progress } from './report.ts';
import { countAnswer, problemOf, timedGet } from './scrape-client.ts';
import { scrapeConfig } from './scrape-config.ts';

const PODS = 10;
const BYTES = 140_000;
const SPREAD_MS = 200;
const REPORT_SERIES = 4;
const WARM_UPS = 20;
const GOAL = { median: 4, p99: 12 };

/**
 * What the gateway adds to the slowest pod, where the others have answered long before: from the last byte that any pod gave its kernel
 * to the last byte at the client. Every answer is checked when its clock has stopped. After each, one pod is asked without the gateway, for
 * what the machine takes by itself.
 */
export async function benchSpreadLatency({
  launcher,
  folder,
  quick,
}: BenchContext): Promise<readonly GoalRow[]> {
  const answers = quick ? 30 : 200;
  const own = join(folder, 'spread-latency');
  await mkdir(own, { recursive: true });
  await using timed = await startTimedPods({ pods: PODS, bytes: BYTES, moments: MOMENTS }, own);
  const { pods, totals } = timed.pods;
  await timed.spread(SPREAD_MS);
  const file = join(own, 'gateway.yml');
  await writeFile(file, stringify(scrapeConfig(pods, '30s', '10s')));
  await using gateway = await launchGateway(launcher, [`--config.file=${file}`, '--scrape.reuse=0']);
  const want = { samples: totals.samples + PODS * REPORT_SERIES, up: PODS };

  const added: number[] = [];
  const direct: number[] = [];
  await using straight = clientOf(pods[1]?.url ?? '');
  let cpuBefore = 0;
  for (let run = 1 - WARM_UPS; run <= answers; run += 1) {
    if (run === 1) cpuBefore = processUsage(gateway.pid).cpuSeconds;
    const answer = await timedGet(`${gateway.url}/metrics`);
    const handedOver = await handedOverAfter(timed, answer.endedAt - answer.milliseconds + SPREAD_MS);
    const problem = problemOf(await countAnswer(answer), want);
    if (problem !== undefined) throw new Error(`spread latency: answer ${run} is not whole: ${problem}`);
    if (answer.milliseconds < SPREAD_MS)
      throw new Error(`spread latency: an answer after ${answer.milliseconds} ms, before the slowest pod's`);
    if (run < 1) continue;
    added.push(answer.endedAt - handedOver);
    const start = now();
    const endedAt = await straight.get();
    direct.push(endedAt - (await handedOverAfter(timed, start + SPREAD_MS / (PODS - 1))));
    if (run % 50 === 0) progress(`spread latency: ${run} of ${answers}: ${milliseconds(added.at(-1) ?? 0)}`);
  }
  const cpu = ((processUsage(gateway.pid).cpuSeconds - cpuBefore) * 1000) / answers;
  const { p50, p90, p99, max } = latenciesOf(added);
  const bare = latenciesOf(direct);
  return [
    {
      work: `${PODS} pods × ${BYTES / 1000} KB that answer spread over ${SPREAD_MS} ms: after the last byte of the slowest`,
      goal: `median ${GOAL.median} ms, p99 ${GOAL.p99} ms`,
      measured: `median ${milliseconds(p50)}, p99 ${milliseconds(p99)}`,
      ratio: Math.max(p50 / GOAL.median, p99 / GOAL.p99),
      met: p50 <= GOAL.median && p99 <= GOAL.p99,
      note: `${answers} answers; p90 ${milliseconds(p90)}, worst ${milliseconds(max)}; ${milliseconds(cpu)} of CPU an answer; one pod straight to the client: median ${milliseconds(bare.p50)}, p99 ${milliseconds(bare.p99)}`,
    },
  ];
}

/**
 * When the last byte was handed over, which is not before `due`: the pods' process may come to note it only after the client has it, and
 * until then what is noted is of another pod or answer. Timers may go off up to a millisecond early.
 */
async function handedOverAfter(timed: TimedPods, due: number): Promise<number> {
  for (let tries = 0; tries < 2000; tries += 1) {
    const at = timed.handedOverAt();
    if (at >= due - 1) return at;
    await sleep(1);
  }
  throw new Error('spread latency: the pods did not note when their last byte was handed over');
}

/** Asks one pod over a connection that is kept; resolves with the moment of the answer's last byte. */
function clientOf(url: string): AsyncDisposable & { get(): Promise<number> } {
  const { origin, pathname } = new URL(url);
  const client = new Client(origin, { connect: { rejectUnauthorized: false } });
  return {
    async get() {
      const headers = { 'accept-encoding': 'gzip' };
      const answer = await client.request({ path: pathname, method: 'GET', headers });
      await answer.body.arrayBuffer();
      if (answer.statusCode !== 200) throw new Error(`${url}: status ${answer.statusCode}; want 200`);
      return now();
    },
    [Symbol.asyncDispose]: () => client.destroy(),
  };
}
