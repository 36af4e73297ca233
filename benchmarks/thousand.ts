import { join } from 'node:path';

import { startPods } from '../simulator/pods.ts';
import { findPrometheus, PROMETHEUS_MISSING } from '../test/real/prometheus.ts';
import { measureAnswer, summarize, warmUp } from './answer-cost.ts';
import type { AnswerCost, CostSummary } from './answer-cost.ts';
import { bareConnections, type BareCost } from './bare-connections.ts';
import { costTables } from './cost-table.ts';
import { startGatewayUnderTest } from './gateway-under-test.ts';
import { MOMENTS } from './goals.ts';
import type { BenchContext, GoalRow, PartOptions, PartResult } from './goals.ts';
import { figure, progress } from './report.ts';
import { median } from './statistics.ts';
import { storeAnswer } from './storing-prometheus.ts';

const PODS = 1000;
/** A fifth of the pods beside all of them. */
const PARTS = 5;
const RUNS = 7;

/** The goals. */
const TIMES = 5.3;
const PEAK_BYTES = 400e6;
const FIRST = 1.7;

/**
 * Many pods: their time against that of a fifth of them, in turns; the memory; the first answer, over new connections; and whether a real
 * Prometheus stores it all.
 */
export async function benchThousand(context: BenchContext, options: PartOptions): Promise<PartResult> {
  const { launcher, quick } = context;
  const { pods: [wanted = quick ? 50 : PODS] = [], bytes, runs = quick ? 3 : RUNS, peers } = options;
  const few = Math.max(1, Math.round(wanted / PARTS));
  const count = few * PARTS;
  const folder = join(context.folder, 'thousand');
  progress(`thousand: ${count} pods: starting`);
  await using pods = await startPods({ pods: count, bytes, distinct: few, moments: MOMENTS });
  const { samples } = pods.totals;
  await using all = await startGatewayUnderTest({ launcher, folder, samples, pods: pods.pods });
  const first = await measureAnswer(all);
  progress(`thousand: first answer ${Math.round(first.time)} ms`);
  await warmUp(all);
  const bare = await bareConnections(
    pods.pods.map(({ url }) => url),
    folder,
  );
  progress(`thousand: bare connections ${Math.round(bare.first)} ms, then ${Math.round(bare.later)} ms`);
  await using fifth = await startGatewayUnderTest({
    launcher,
    folder: join(folder, 'fifth'),
    // Each body is there as often as there are fifths.
    samples: samples / PARTS,
    pods: pods.pods.slice(0, few),
  });
  await measureAnswer(fifth);
  await warmUp(fifth);

  const large: AnswerCost[] = [];
  const small: AnswerCost[] = [];
  for (let run = 1; run <= runs; run += 1) {
    const turns: (() => Promise<unknown>)[] = [
      async () => large.push(await measureAnswer(all)),
      async () => small.push(await measureAnswer(fifth)),
    ];
    if (run % 2 === 0) turns.reverse();
    for (const turn of turns) await turn();
    const [a, b] = [large.at(-1), small.at(-1)].map((cost) => Math.round(cost?.time ?? 0));
    progress(`thousand: ${run} of ${runs}: ${count} pods ${a} ms, ${few} pods ${b} ms`);
  }
  const ratio = median(large.map(({ time }, run) => time / (small[run]?.time ?? Number.NaN)));
  const ofAll = summarize(all, large);
  const ofFifth = summarize(fifth, small);
  return {
    rows: [
      ...rowsOf({ count, few, ratio, first: first.time, bare, ofAll, ofFifth }),
      await storedRow(`${count} pods, a Prometheus that scrapes the gateway with scrape_timeout: 30s`, {
        gateway: { url: all.base, want: all.want },
        folder,
        peers,
      }),
    ],
    details: costTables([
      { pods: few, costs: [ofFifth] },
      { pods: count, costs: [ofAll] },
    ]),
  };
}

function rowsOf(found: {
  readonly count: number;
  readonly few: number;
  readonly ratio: number;
  readonly first: number;
  readonly bare: BareCost;
  readonly ofAll: CostSummary;
  readonly ofFifth: CostSummary;
}): GoalRow[] {
  const { count, few, ratio, first, bare, ofAll, ofFifth } = found;
  const opening = bare.first - bare.later;
  const name = `${count} pods (${ofAll.samples} samples)`;
  return [
    {
      work: `${name}: time against that of ${few} pods`,
      goal: `at most ${TIMES} times`,
      measured: `${figure(ofAll.median)} ms, ${figure(ofFifth.median)} ms`,
      ratio,
      met: ratio <= TIMES,
      note: `The median of the ratios of ${ofAll.answers} pairs, in turns.`,
    },
    {
      work: `${name}: peak memory`,
      goal: `under ${PEAK_BYTES / 1e6} MB`,
      measured: megabytes(ofAll.peakBytes),
      met: ofAll.peakBytes < PEAK_BYTES,
      note: `A program of two threads that only opens the connections and reads the bodies: ${megabytes(bare.bytesBefore)} before, and ${megabytes(bare.bytesAfter)} with ${count} connections at rest, without garbage. The answer itself takes ${megabytes(ofAll.wireBytes)}.`,
    },
    {
      work: `${name}: the first answer, every connection new, against a later one`,
      goal: `at most ${FIRST} times`,
      measured: `${figure(first)} ms, ${figure(ofAll.median)} ms`,
      ratio: first / ofAll.median,
      met: first / ofAll.median <= FIRST,
      note: `A program of two threads that only opens the connections and reads the bodies: ${figure(bare.first)} ms, and ${figure(bare.later)} ms over those that are there. With no more than that for opening it would be ${((ofAll.median + opening) / ofAll.median).toFixed(2)} times.`,
    },
  ];
}

function megabytes(bytes: number): string {
  return `${figure(bytes / 1e6)} MB`;
}

async function storedRow(
  work: string,
  options: {
    readonly gateway: Parameters<typeof storeAnswer>[1];
    readonly folder: string;
    readonly peers: boolean;
  },
): Promise<GoalRow> {
  const { gateway, folder, peers } = options;
  const goal = 'stores them all';
  // The newest there is: it needs half of the memory that 2.42 needs for millions of series.
  const [program] = peers ? findPrometheus() : [];
  if (program === undefined) {
    if (peers) progress(`LEFT OUT: ${PROMETHEUS_MISSING}`);
    return { work, goal, measured: 'no Prometheus', met: undefined };
  }
  const { series, up, seconds, peakBytes, whole } = await storeAnswer(program, gateway, folder);
  return {
    work,
    goal,
    measured: `${series} of ${gateway.want.samples} series, ${up} of ${gateway.want.up} targets up`,
    met: whole,
    note: `Prometheus ${program.version}: its scrape took ${figure(seconds)} s with the storing; ${figure(peakBytes / 1e6)} MB at most.`,
  };
}
