import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { startPods } from '../simulator/pods.ts';
import type { CostSummary } from './answer-cost.ts';
import { chart } from './chart.ts';
import type { ChartPanel } from './chart.ts';
import { costTables } from './cost-table.ts';
import { measureGateway } from './federate.ts';
import { MOMENTS } from './goals.ts';
import type { BenchContext, PartOptions } from './goals.ts';
import { findPeers, measurePeers } from './peers.ts';
import { describeMachine, figure, progress } from './report.ts';

const PODS = [10, 50, 200, 500, 1000] as const;
/** With more pods than this the peers take minutes, and more memory than this machine may have. */
const MOST_FOR_PEERS = 200;
const RUNS = 9;
/** Pods beyond this number share their bodies with others. */
const DISTINCT = 200;

/** The chart that the repository's README shows. */
export const CHART_FILE: string = join(import.meta.dirname, 'scaling.svg');

/** What the programs cost over so many pods. */
interface Step {
  readonly pods: number;
  readonly costs: readonly CostSummary[];
}

/** Pods against time and against memory, of the gateway and its peers. Writes the chart and resolves with the table. */
export async function benchScaling(
  context: BenchContext,
  options: PartOptions & { readonly chartFile?: string },
): Promise<string> {
  const { launcher, quick } = context;
  const { pods: counts = quick ? [2, 10] : PODS, bytes, runs = quick ? 3 : RUNS } = options;
  const peers = options.peers ? findPeers() : [];
  const steps: Step[] = [];
  for (const count of counts) {
    const folder = join(context.folder, 'scaling', String(count));
    mkdirSync(folder, { recursive: true });
    progress(`scaling: ${count} pods: starting`);
    await using pods = await startPods({
      pods: count,
      bytes,
      distinct: Math.min(count, DISTINCT),
      moments: MOMENTS,
    });
    const gateway = await measureGateway({ launcher, folder, pods, runs });
    const others = count <= MOST_FOR_PEERS ? await measurePeers(peers, pods, folder) : [];
    steps.push({ pods: count, costs: [gateway, ...others] });
  }
  // A quick run is not worth a chart, unless it is asked for.
  const file = options.chartFile ?? (quick ? join(context.folder, 'scaling.svg') : CHART_FILE);
  writeFileSync(file, chart(`${describeMachine()}; bodies of ${figure(bytes / 1e6)} MB`, panelsOf(steps)));
  progress(`scaling: drawn to ${file}`);
  return costTables(steps);
}

/** Time and memory of each program, where it was measured. */
export function panelsOf(steps: readonly Step[]): readonly ChartPanel[] {
  const names = [...new Set(steps.flatMap(({ costs }) => costs.map(({ name }) => name)))];
  function panel(title: string, of: (cost: CostSummary) => number): ChartPanel {
    const lines = names.map((name) => ({
      name,
      points: steps.flatMap(({ pods, costs }) =>
        costs.filter((cost) => cost.name === name).map((cost) => [pods, of(cost)] as const),
      ),
    }));
    return { title, xTitle: 'pods', lines };
  }
  return [
    panel('One answer, median, ms', (cost) => cost.median),
    panel('Peak memory, MB', ({ peakBytes }) => peakBytes / 1e6),
  ];
}
