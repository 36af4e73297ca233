import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';

import { startPods } from '../simulator/pods.ts';
import { findPrometheus, PROMETHEUS_MISSING } from '../test/real/prometheus.ts';
import type { PrometheusProgram } from '../test/real/prometheus.ts';
import { eventually, startServer } from '../test/real/server.ts';
import { queryOne } from './federating-prometheus.ts';
import { startGatewayUnderTest } from './gateway-under-test.ts';
import type { GatewayUnderTest } from './gateway-under-test.ts';
import { MOMENTS } from './goals.ts';
import type { BenchContext, PartOptions } from './goals.ts';
import { processUsage } from './process-usage.ts';
import { figure, markdownTable, progress } from './report.ts';

const PODS = 200;
/** Intervals that are counted, after the first scrapes. */
const RUNS = 4;
/** Seconds between scrapes for each pod, and at least: more than the first scrapes take, which create all series. */
const INTERVAL_PER_POD = 0.15;
const LEAST_INTERVAL = 2;
const JOB = 'benchmark-gateway';

interface Way {
  readonly name: string;
  /** How Prometheus is told of the gateway. */
  readonly job: object;
  /** What selects the series of its own scrapes. */
  readonly own: string;
}

/** One merged answer beside each pod as a target of its own: what a real Prometheus and the gateway spend on either, once all series are known. */
export async function benchProbe(context: BenchContext, options: PartOptions): Promise<string> {
  const { launcher, quick } = context;
  const { pods: [count = quick ? 5 : PODS] = [], bytes, runs = quick ? 1 : RUNS } = options;
  const [program] = findPrometheus();
  if (program === undefined) throw new Error(PROMETHEUS_MISSING);
  const folder = join(context.folder, 'probe');
  progress(`probe: ${count} pods: starting`);
  await using pods = await startPods({ pods: count, bytes, moments: MOMENTS });
  const { samples } = pods.totals;
  await using gateway = await startGatewayUnderTest({ launcher, folder, samples, pods: pods.pods });
  const ways: Way[] = [
    {
      name: 'one merged answer',
      job: { static_configs: [{ targets: [new URL(gateway.base).host] }] },
      own: `job="${JOB}"`,
    },
    {
      name: 'each pod on its own',
      job: { http_sd_configs: [{ url: `${gateway.base}/sd` }] },
      own: `job!="${JOB}"`,
    },
  ];
  const rows: string[][] = [];
  for (const way of ways) {
    progress(`probe: ${way.name}`);
    const found = await measure(program, gateway, way, { folder, count, samples, runs });
    rows.push([`${count} pods, ${way.name}`, String(samples), ...found.map(figure)]);
  }
  return markdownTable(
    [
      `Prometheus ${program.version}`,
      'samples',
      'longest scrape s',
      'all scrapes s',
      'gateway CPU s',
      'Prometheus CPU s',
      'Prometheus peak MB',
    ],
    rows,
  );
}

/** The longest scrape and the sum of all, and the CPU time of both programs, each of one interval; the peak memory of Prometheus. */
async function measure(
  program: PrometheusProgram,
  gateway: GatewayUnderTest,
  { job, own }: Way,
  of: {
    readonly folder: string;
    readonly count: number;
    readonly samples: number;
    readonly runs: number;
  },
): Promise<number[]> {
  const { folder, count, samples, runs } = of;
  const seconds = Math.max(LEAST_INTERVAL, Math.ceil(count * INTERVAL_PER_POD));
  const configFile = join(folder, 'probe-prometheus.yml');
  const global = { scrape_interval: `${seconds}s`, scrape_timeout: `${seconds}s` };
  await writeFile(
    configFile,
    stringify({ global, scrape_configs: [{ job_name: JOB, honor_labels: true, ...job }] }),
  );
  await using server = startServer(program.path, [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${join(folder, `probe-${own.length}`)}`,
    '--web.listen-address=127.0.0.1:0',
  ]);
  const listening = await server.line(/msg="Listening on".* address=(127\.0\.0\.1:\d+)/);
  const url = `http://${listening[1]}`;
  await eventually(
    'every pod is stored',
    async (reason) => {
      const up = await queryOne(url, `sum(up{job!="${JOB}"})`);
      const stored = await queryOne(url, `sum(scrape_samples_scraped{job!="${JOB}"})`);
      reason(`${up} up, ${stored} samples of ${samples}\n${server.output()}`);
      return up === count && stored === samples ? true : undefined;
    },
    { tries: 600, everyMs: 500 },
  );
  // The first scrapes created the series.
  await delay(seconds * 1000);
  const before = [processUsage(gateway.pid), processUsage(server.pid)];
  await delay(runs * seconds * 1000);
  const after = [processUsage(gateway.pid), processUsage(server.pid)];
  const cpu = after.map(({ cpuSeconds }, i) => (cpuSeconds - before[i]!.cpuSeconds) / runs);
  // The last one that has ended.
  const duration = `last_over_time(scrape_duration_seconds{${own}}[1h])`;
  const longest = (await queryOne(url, `max(${duration})`)) ?? Number.NaN;
  const all = (await queryOne(url, `sum(${duration})`)) ?? Number.NaN;
  return [longest, all, ...cpu, processUsage(server.pid).peakBytes / 1e6];
}
