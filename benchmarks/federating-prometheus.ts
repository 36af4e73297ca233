import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

import type { PodsProcess } from '../simulator/pods.ts';
import { findPrometheus } from '../test/real/prometheus.ts';
import type { PrometheusProgram } from '../test/real/prometheus.ts';
import { eventually, startServer } from '../test/real/server.ts';
import type { RunningProgram } from './answer-cost.ts';
import { scrapeConfig } from './scrape-config.ts';

/** Report series of each target that Prometheus 2.42 and later store: the gateway's four and `scrape_series_added`. */
export const PROMETHEUS_REPORT_SERIES = 5;
/** `/federate` of all series. */
export const FEDERATE_ALL: string = `/federate?match[]=${encodeURIComponent('{__name__=~".+"}')}`;

/** The version whose figures the start line is made of. */
const REFERENCE = '2.42.';
/**
 * Seconds between the first scrapes for each pod. A reload changes every target's hash, as the interval is one of its labels; a target that is
 * scraped between the reload and the next update of the discovery, up to 5 s later, is then taken for one that is gone, and its series
 * end 2.1 of the old intervals later. Three answers take less than that: of 2.42, 0.2 to 0.3 s a pod together.
 */
const FIRST_INTERVAL_PER_POD = 0.3;
const LEAST_INTERVAL = 15;
/** The first scrape after a reload is at a moment that is spread over the interval: in a year, none will be during the run. */
export const LAST_INTERVAL = '1y';

/** The Prometheus to compare with: `$PROMETHEUS` where that is set, else a 2.42 where there is one, else the first that is found. */
export function choosePrometheus(): PrometheusProgram | undefined {
  const found = findPrometheus();
  if (process.env['PROMETHEUS']) return found[0];
  return found.find(({ version }) => version.startsWith(REFERENCE)) ?? found[0];
}

/** The interval of the first scrapes of so many pods. */
export function firstInterval(pods: number): string {
  return `${Math.max(LEAST_INTERVAL, Math.ceil(pods * FIRST_INTERVAL_PER_POD))}s`;
}

/** Starts a Prometheus, lets it scrape all pods, and then stops its scraping by a reload with a long interval. */
export async function startFederatingPrometheus(
  program: PrometheusProgram,
  { pods, totals }: PodsProcess,
  folder: string,
): Promise<RunningProgram> {
  const configFile = join(folder, `prometheus-${pods.length}.yml`);
  const interval = firstInterval(pods.length);
  await writeFile(configFile, stringify(scrapeConfig(pods, interval, interval)));
  const server = startServer(program.path, [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${join(folder, `prometheus-${pods.length}`)}`,
    '--web.listen-address=127.0.0.1:0',
    '--web.enable-lifecycle',
    // Samples that are older than this are not there for /federate; default 5m.
    '--query.lookback-delta=1h',
  ]);
  try {
    const listening = await server.line(/msg="Listening on".* address=(127\.0\.0\.1:\d+)/);
    const url = `http://${listening[1]}`;
    await eventually(
      `Prometheus has scraped ${pods.length} pods`,
      async (reason) => {
        const up = await queryOne(url, 'sum(up)');
        const samples = await queryOne(url, 'sum(scrape_samples_scraped)');
        reason(`${up} up, ${samples} samples of ${totals.samples}\n${server.output()}`);
        return up === pods.length && samples === totals.samples ? true : undefined;
      },
      { tries: 600, everyMs: 500 },
    );
    await writeFile(configFile, stringify(scrapeConfig(pods, LAST_INTERVAL, '10s')));
    const reload = await fetch(`${url}/-/reload`, { method: 'POST' });
    if (reload.status !== 200)
      throw new Error(`Prometheus: reload answered ${reload.status} ${await reload.text()}`);
    return {
      name: `Prometheus ${program.version}`,
      pid: server.pid,
      url: `${url}${FEDERATE_ALL}`,
      want: { samples: totals.samples + pods.length * PROMETHEUS_REPORT_SERIES, up: pods.length },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The value of an instant query that gives one series; undefined while it gives none or there is no answer. */
export async function queryOne(
  url: string,
  query: string,
  more: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const asked = new URLSearchParams({ query, ...more }).toString();
  const answer = await fetch(`${url}/api/v1/query?${asked}`).catch(() => undefined);
  if (answer?.status !== 200) return undefined;
  const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
  const value = data.result[0]?.value[1];
  return value === undefined ? undefined : Number(value);
}
