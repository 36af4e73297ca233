import { join } from 'node:path';

import { startPods } from '../simulator/pods.ts';
import type { PodsProcess, PodsStats } from '../simulator/pods.ts';
import { measureAnswer, measureAnswers, WARM_UPS, warmUp } from './answer-cost.ts';
import type { CostSummary } from './answer-cost.ts';
import { costTable } from './cost-table.ts';
import { startGatewayUnderTest } from './gateway-under-test.ts';
import { MOMENTS } from './goals.ts';
import type { BenchContext, GoalRow, PartOptions, PartResult } from './goals.ts';
import { findPeers, measurePeers } from './peers.ts';
import type { PeerCost } from './peers.ts';
import { figure, progress } from './report.ts';

const PODS = 200;
const RUNS = 11;
/** The goals: so many times faster than Prometheus' /federate, with so much of its memory. */
const FASTER = 50;
const MEMORY = 1 / 30;

/** The gateway's answer beside those of programs that have scraped the same pods before and do nothing but answer. */
export async function benchFederate(context: BenchContext, options: PartOptions): Promise<PartResult> {
  const { launcher, quick } = context;
  const { pods: [count = quick ? 10 : PODS] = [], bytes, runs = quick ? 3 : RUNS, peers } = options;
  const folder = join(context.folder, 'federate');
  const others = peers ? findPeers() : [];
  progress(`federate: ${count} pods: starting`);
  await using pods = await startPods({ pods: count, bytes, moments: MOMENTS });
  const gateway = await measureGateway({ launcher, folder, pods, runs });
  const costs = await measurePeers(others, pods, folder);
  return {
    rows: rowsOf(gateway, costs, count),
    details: costTable([gateway, ...costs], count),
  };
}

/** Answers of a gateway of its own over all pods, once it is warm; it has ended afterwards. */
export async function measureGateway(options: {
  readonly launcher: string;
  readonly folder: string;
  readonly pods: PodsProcess;
  readonly runs: number;
}): Promise<CostSummary> {
  const { launcher, folder, pods, runs } = options;
  await using gateway = await startGatewayUnderTest({
    launcher,
    folder,
    pods: pods.pods,
    samples: pods.totals.samples,
  });
  const before = await pods.stats();
  await measureAnswer(gateway);
  await warmUp(gateway);
  const costs = await measureAnswers(gateway, { runs });
  checkScrapes(before, await pods.stats(), { pods: pods.pods.length, answers: 1 + WARM_UPS + runs });
  return costs;
}

/** Every answer must have asked every pod anew, over the connection that it keeps to each; one that moves to another worker gets a new one. */
function checkScrapes(
  before: PodsStats,
  after: PodsStats,
  { pods, answers }: { readonly pods: number; readonly answers: number },
): void {
  const requests = after.requests - before.requests;
  const connections = after.connections - before.connections;
  if (requests === answers * pods && connections >= pods && connections <= 2 * pods) return;
  throw new Error(
    `${pods} pods had ${requests} requests on ${connections} connections for ${answers} answers; want ${answers * pods} on ${pods}, or up to twice as many`,
  );
}

function rowsOf(gateway: CostSummary, peers: readonly PeerCost[], pods: number): GoalRow[] {
  const name = `${pods} pods (${gateway.samples} samples)`;
  const prometheus = peers.find(({ kind }) => kind === 'prometheus');
  const memory = `${name}: peak memory of the process`;
  const goal = "1/30 of Prometheus'";
  const own = `${figure(gateway.peakBytes / 1e6)} MB`;
  const timeRows = peers.map((peer): GoalRow => {
    const faster = peer.least / gateway.median;
    return {
      work: `${name}, against /federate of ${peer.name}: time`,
      goal: peer === prometheus ? `${FASTER} times faster, aim at 100` : 'beside it',
      measured: `${figure(gateway.median)} ms, ${figure(peer.least)} ms: ${figure(faster)} times faster`,
      ratio: 1 / faster,
      met: peer === prometheus ? faster >= FASTER : undefined,
      note: `The gateway's median, which has all scrapes in it, against the best of ${peer.answers} whole answers of the other, which has none.`,
    };
  });
  if (prometheus === undefined) {
    return [
      ...timeRows,
      {
        work: `${name}, against /federate of Prometheus: time`,
        goal: `${FASTER} times faster`,
        measured: `${figure(gateway.median)} ms; no Prometheus`,
        met: undefined,
      },
      { work: memory, goal, measured: `${own}; no Prometheus`, met: undefined },
    ];
  }
  const ratio = gateway.peakBytes / prometheus.peakBytes;
  return [
    ...timeRows,
    {
      work: memory,
      goal,
      measured: `${own}, ${figure(prometheus.peakBytes / 1e6)} MB: 1/${figure(1 / ratio)}`,
      ratio,
      met: ratio <= MEMORY,
    },
  ];
}
