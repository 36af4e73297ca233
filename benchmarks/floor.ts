import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflateRaw } from 'node:zlib';

import { startPods } from '../simulator/pods.ts';
import { startServer } from '../test/real/server.ts';
import { measureAnswer, summarize, warmUp } from './answer-cost.ts';
import type { AnswerCost, RunningProgram } from './answer-cost.ts';
import { costTable } from './cost-table.ts';
import type { FloorTask } from './floor-task.ts';
import { startGatewayUnderTest, workersOf } from './gateway-under-test.ts';
import { MOMENTS } from './goals.ts';
import type { BenchContext, PartOptions, PartResult } from './goals.ts';
import { processUsage } from './process-usage.ts';
import { figure, progress } from './report.ts';
import { timedGet } from './scrape-client.ts';
import type { TimedAnswer } from './scrape-client.ts';
import { median } from './statistics.ts';

const PODS = 200;
const RUNS = 15;
/** The goal: the gateway's time, and its CPU time, against the floor's. */
const GOAL = 0.8;
/** How the floor says that what it sends is no gzip stream. */
const FLOOR_ENCODING = 'x-deflate-raw';

/**
 * The gateway beside the floor, answer by answer in turns: the least that a merger of deflated bodies into a deflated answer must do as
 * long as it compresses with zlib. The ratios are medians of those of the pairs.
 */
export async function benchFloor(context: BenchContext, options: PartOptions): Promise<PartResult> {
  const { launcher, quick } = context;
  const { pods: [count = quick ? 20 : PODS] = [], bytes, runs = quick ? 3 : RUNS } = options;
  const folder = join(context.folder, 'floor');
  progress(`floor: ${count} pods: starting`);
  await using pods = await startPods({ pods: count, bytes, moments: MOMENTS });
  await using gateway = await startGatewayUnderTest({
    launcher,
    folder,
    pods: pods.pods,
    samples: pods.totals.samples,
  });
  const { answer, bodyBytes } = await measureAnswer(gateway);
  const answerFile = join(folder, 'answer');
  await pipeline(Readable.from(answer.chunks), createGunzip(), createWriteStream(answerFile));
  await warmUp(gateway);
  const threads = await workersOf(gateway);
  await using floor = await startFloor(
    { pods: pods.pods.map(({ address }) => address), answerFile, threads },
    { inflated: pods.totals.bytesAt, deflated: bodyBytes },
  );
  await floor.measure();
  await warmUp(floor, FLOOR_ENCODING);

  const own: AnswerCost[] = [];
  const least: AnswerCost[] = [];
  for (let run = 1; run <= runs; run += 1) {
    const turns = [
      async () => own.push(await measureAnswer(gateway)),
      async () => least.push(await floor.measure()),
    ];
    // Who comes second may find the processor warm, or throttled.
    if (run % 2 === 0) turns.reverse();
    for (const turn of turns) await turn();
    const [a, b] = [own.at(-1), least.at(-1)].map((cost) => Math.round(cost?.time ?? 0));
    progress(`floor: ${run} of ${runs}: gateway ${a} ms, floor ${b} ms`);
  }
  const gatewayCosts = summarize(gateway, own);
  const floorCosts = summarize(floor, least);
  const name = `${count} pods × ${figure(bytes / 1e6)} MB (${gateway.want.samples} samples), against the floor`;
  const note = `Medians of the ratios of ${runs} pairs, answers in turns; both with ${threads} worker threads.`;
  function row(what: string, of: (cost: AnswerCost) => number) {
    const ratio = median(own.map((cost, run) => of(cost) / of(least[run] ?? cost)));
    const [mine, floors] = [own, least].map((costs) => figure(median(costs.map(of))));
    return {
      work: `${name}: ${what}`,
      goal: `${GOAL} times or less`,
      measured: `${mine} ms, floor ${floors} ms`,
      ratio,
      met: ratio <= GOAL,
      note,
    };
  }
  return {
    rows: [row('time', ({ time }) => time), row('CPU', ({ cpu }) => cpu)],
    details: costTable([gatewayCosts, floorCosts], count),
  };
}

interface Floor extends RunningProgram {
  measure(): Promise<AnswerCost>;
}

async function startFloor(
  task: FloorTask,
  want: { readonly inflated: readonly number[]; readonly deflated: number },
): Promise<Floor> {
  const server = startServer(process.execPath, [
    join(import.meta.dirname, 'floor-program.ts'),
    JSON.stringify(task),
  ]);
  try {
    const [, address] = await server.line(/^listening on (\S+)$/);
    const url = `http://${address}/metrics`;
    return {
      name: 'floor',
      pid: server.pid,
      url,
      want: { samples: Number.NaN, up: task.pods.length },
      async measure() {
        const before = processUsage(server.pid).cpuSeconds;
        const answer = await timedGet(url, FLOOR_ENCODING);
        const cpu = (processUsage(server.pid).cpuSeconds - before) * 1000;
        await check(answer, want);
        return {
          time: answer.milliseconds,
          cpu,
          wireBytes: answer.wireBytes,
          bodyBytes: want.deflated,
        };
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The floor did its work: all bodies of one moment inflated, and as many bytes deflated as the labelled answer has. */
async function check(
  { chunks, trailers }: TimedAnswer,
  want: { readonly inflated: readonly number[]; readonly deflated: number },
): Promise<void> {
  let deflated = 0;
  await pipeline(Readable.from(chunks), createInflateRaw(), async (pieces: AsyncIterable<Buffer>) => {
    for await (const piece of pieces) deflated += piece.length;
  });
  const inflated = Number(trailers['x-inflated']);
  if (want.inflated.includes(inflated) && deflated === want.deflated) return;
  throw new Error(
    `the floor inflated ${inflated} bytes and deflated ${deflated}; want ${want.inflated.join(' or ')} and ${want.deflated}`,
  );
}
