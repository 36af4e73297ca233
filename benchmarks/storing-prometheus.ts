import { writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

import type { PrometheusProgram } from '../test/real/prometheus.ts';
import { eventually, startServer } from '../test/real/server.ts';
import { queryOne } from './federating-prometheus.ts';
import { processUsage } from './process-usage.ts';
import { progress } from './report.ts';

/** What a Prometheus stored of one answer. */
export interface StoredAnswer {
  /** Without what it adds itself for its one target. */
  readonly series: number;
  /** Series of `up` with the value 1, of the pods. */
  readonly up: number;
  /** What it says that its scrape took, with the storing. */
  readonly seconds: number;
  readonly peakBytes: number;
  /** Whether nothing is missing, neither by its own count of the scrape nor in what can be asked for. */
  readonly whole: boolean;
}

/** The job that the gateway is; the pods have theirs. */
const JOB = 'benchmark-gateway';
const MEMORY_SHARE = 0.6;

/**
 * Starts a Prometheus that scrapes the gateway with a timeout of 30 s, and counts what it has stored of its first scrape. Rejects when it
 * has none within some minutes.
 */
export async function storeAnswer(
  program: PrometheusProgram,
  gateway: {
    readonly url: string;
    readonly want: { readonly samples: number; readonly up: number };
  },
  folder: string,
): Promise<StoredAnswer> {
  const configFile = join(folder, 'storing-prometheus.yml');
  const config = {
    global: { scrape_interval: '30s', scrape_timeout: '30s' },
    scrape_configs: [
      {
        job_name: JOB,
        honor_labels: true,
        static_configs: [{ targets: [new URL(gateway.url).host] }],
      },
    ],
  };
  await writeFile(configFile, stringify(config));
  const args = [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${join(folder, 'storing-prometheus')}`,
    '--web.listen-address=127.0.0.1:0',
    '--query.lookback-delta=1h',
  ];
  // Millions of series take gigabytes: it is to collect garbage before it asks for more than there is.
  const env = { GOMEMLIMIT: String(Math.round(totalmem() * MEMORY_SHARE)) };
  await using server = startServer(program.path, args, { env });
  const listening = await server.line(/msg="Listening on".* address=(127\.0\.0\.1:\d+)/);
  const url = `http://${listening[1]}`;
  progress(`Prometheus ${program.version} scrapes the gateway`);
  const health = await eventually(
    'Prometheus has scraped the gateway',
    async (reason) => {
      const up = await queryOne(url, `up{job="${JOB}"}`);
      reason(`no up yet\n${server.output()}`);
      return up;
    },
    { tries: 400, everyMs: 500 },
  );
  if (health !== 1) progress(`Prometheus: the scrape failed: ${await lastError(url)}`);
  const scraped = await queryOne(url, `scrape_samples_scraped{job="${JOB}"}`);
  const seconds = (await queryOne(url, `scrape_duration_seconds{job="${JOB}"}`)) ?? Number.NaN;
  const up = (await queryOne(url, `count(up{job!="${JOB}"} == 1)`)) ?? 0;
  const series = await countSeries(url);
  const { samples } = gateway.want;
  const { peakBytes } = processUsage(server.pid);
  progress(
    `Prometheus: ${scraped} samples scraped in ${seconds} s, ${series} series, peak ${Math.round(peakBytes / 1e6)} MB`,
  );
  return {
    series,
    up,
    seconds,
    peakBytes,
    whole: health === 1 && scraped === samples && series === samples && up === gateway.want.up,
  };
}

/** Name by name: to select millions of series at once takes gigabytes. */
async function countSeries(url: string): Promise<number> {
  const answer = await fetch(`${url}/api/v1/label/__name__/values`);
  const { data } = (await answer.json()) as { data: string[] };
  let series = 0;
  for (const name of data) series += (await queryOne(url, `count({__name__="${name}", job!="${JOB}"})`)) ?? 0;
  return series;
}

async function lastError(url: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/targets?state=active`);
  const { data } = (await answer.json()) as { data: { activeTargets: { lastError: string }[] } };
  return data.activeTargets.map(({ lastError: text }) => text).join('; ');
}
