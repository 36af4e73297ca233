import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

import { startPods } from '../simulator/pods.ts';
import type { PodsProcess } from '../simulator/pods.ts';
import { MOMENTS } from './goals.ts';
import type { BenchContext, GoalRow } from './goals.ts';
import { launchGateway } from './launched-gateway.ts';
import { megabytes } from './latencies.ts';
import { processMemory } from './process-memory.ts';
import { progress } from './report.ts';
import { countAnswer, problemOf, timedGet } from './scrape-client.ts';
import { scrapeConfig } from './scrape-config.ts';
import { median } from './statistics.ts';

const SMALL_PODS = 50;
const SMALL_BYTES = 100_000;
const LARGE_BYTES = 50_000_000;
/** `up` and the three that stand beside it. */
const REPORT_SERIES = 4;
const GOAL_BYTES = 40e6;

/** Peak memory with one pod of 50 MB among 50 of 0.1 MB, beside 51 of 0.1 MB. Several processes of each, in turns, as garbage is collected when it is. */
export async function benchLargePod({ launcher, folder, quick }: BenchContext): Promise<readonly GoalRow[]> {
  const rounds = quick ? 1 : 3;
  const answers = quick ? 3 : 6;
  const own = join(folder, 'large-pod');
  await mkdir(own, { recursive: true });
  progress('large pod: starting the pods');
  await using many = await startPods({ pods: SMALL_PODS, bytes: SMALL_BYTES, moments: MOMENTS });
  await using large = await startPods({ pods: 1, bytes: LARGE_BYTES, seed: 2 });
  await using small = await startPods({ pods: 1, bytes: SMALL_BYTES, seed: 2 });
  const peaks = { large: [] as number[], small: [] as number[] };
  for (let round = 1; round <= rounds; round += 1) {
    for (const [name, last] of Object.entries({ small, large })) {
      const peak = await peakOf({ launcher, folder: own, many, last, answers });
      peaks[name as 'small' | 'large'].push(peak);
      progress(`large pod: ${round} of ${rounds}: ${megabytes(peak)} with a ${name} last pod`);
    }
  }
  const [withLarge, withSmall] = [median(peaks.large), median(peaks.small)];
  const above = withLarge - withSmall;
  return [
    {
      work: 'one pod of 50 MB among 50 of 0.1 MB: peak memory above that of 51 small ones',
      goal: '40 MB',
      measured: `${megabytes(above)} (${megabytes(withLarge)} and ${megabytes(withSmall)})`,
      ratio: above / GOAL_BYTES,
      met: Number.isNaN(above) ? undefined : above <= GOAL_BYTES,
      note: `median of ${rounds} processes with ${answers} answers each; ${listed(peaks.large)} MB and ${listed(peaks.small)} MB`,
    },
  ];
}

async function peakOf(options: {
  readonly launcher: string;
  readonly folder: string;
  readonly many: PodsProcess;
  readonly last: PodsProcess;
  readonly answers: number;
}): Promise<number> {
  const { launcher, folder, many, last, answers } = options;
  const pods = [...many.pods, ...last.pods.map((pod) => ({ ...pod, name: 'virt-handler-last' }))];
  const file = join(folder, 'gateway.yml');
  await writeFile(file, stringify(scrapeConfig(pods, '30s', '10s')));
  await using gateway = await launchGateway(launcher, [`--config.file=${file}`, '--scrape.reuse=0']);
  const samples = many.totals.samples + last.totals.samples + pods.length * REPORT_SERIES;
  for (let answer = 1; answer <= answers; answer += 1) {
    const got = await timedGet(`${gateway.url}/metrics`);
    const problem = problemOf(await countAnswer(got), { samples, up: pods.length });
    if (problem !== undefined)
      throw new Error(`large pod: answer ${answer} is not whole: ${problem}\n${gateway.log()}`);
  }
  return processMemory(gateway.pid).peak;
}

function listed(values: readonly number[]): string {
  return values.map((bytes) => Math.round(bytes / 1e6)).join(', ');
}
