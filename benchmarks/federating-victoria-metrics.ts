import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';

import type { PodsProcess } from '../simulator/pods.ts';
import { eventually, findExecutable, startServer } from '../test/real/server.ts';
import type { RunningProgram } from './answer-cost.ts';
import { FEDERATE_ALL, firstInterval, LAST_INTERVAL, queryOne } from './federating-prometheus.ts';
import { scrapeConfig } from './scrape-config.ts';

/** A VictoriaMetrics program on this machine. */
export interface VictoriaMetricsProgram {
  readonly path: string;
  readonly version: string;
}

/** What to say where no VictoriaMetrics was found. */
export const VICTORIA_METRICS_MISSING = 'VictoriaMetrics not found: apt-get install victoria-metrics';

/** The first `victoria-metrics` of PATH. */
export function findVictoriaMetrics(): VictoriaMetricsProgram | undefined {
  const path = findExecutable('victoria-metrics', 'victoria-metrics-prod');
  if (path === undefined) return undefined;
  const said = spawnSync(path, ['-version'], { encoding: 'utf8' });
  const own = /v?(\d+\.\d+\.\d+)/.exec(said.stdout + said.stderr)?.[1];
  return { path, version: own ?? versionOfPackage() ?? 'of an unknown version' };
}

/** Debian's program does not tell its version. */
function versionOfPackage(): string | undefined {
  const said = spawnSync('dpkg-query', ['-W', '-f', '${Version}', 'victoria-metrics'], { encoding: 'utf8' });
  return said.status === 0 ? /^(?:\d+:)?(\d+\.\d+\.\d+)/.exec(said.stdout)?.[1] : undefined;
}

/** Starts a VictoriaMetrics, lets it scrape all pods, and then stops its scraping by a reload with a long interval. */
export async function startFederatingVictoriaMetrics(
  { path, version }: VictoriaMetricsProgram,
  { pods, totals }: PodsProcess,
  folder: string,
): Promise<RunningProgram> {
  const name = `VictoriaMetrics ${version}`;
  const configFile = join(folder, `victoria-metrics-${pods.length}.yml`);
  const interval = firstInterval(pods.length);
  await writeFile(configFile, stringify(scrapeConfig(pods, interval, interval)));
  const address = `127.0.0.1:${await freePort()}`;
  const server = startServer(path, [
    `-promscrape.config=${configFile}`,
    `-storageDataPath=${join(folder, `victoria-metrics-${pods.length}`)}`,
    `-httpListenAddr=${address}`,
    // A reload would end the series of the scrapes before it.
    '-promscrape.noStaleMarkers',
    '-search.latencyOffset=0s',
    '-search.maxFederateSeries=100000000',
    '-search.maxUniqueTimeseries=100000000',
    '-search.maxQueryDuration=5m',
  ]);
  try {
    const url = `http://${address}`;
    await eventually(
      `VictoriaMetrics has scraped ${pods.length} pods`,
      async (reason) => {
        const up = await queryOne(url, 'sum(up)', { nocache: '1' });
        const samples = await queryOne(url, 'sum(scrape_samples_scraped)', { nocache: '1' });
        reason(`${up} up, ${samples} samples of ${totals.samples}\n${server.output()}`);
        return up === pods.length && samples === totals.samples ? true : undefined;
      },
      { tries: 600, everyMs: 500 },
    );
    const reports = await queryOne(url, 'count({__name__=~"up|scrape_.+"})', { nocache: '1' });
    await writeFile(configFile, stringify(scrapeConfig(pods, LAST_INTERVAL, '10s')));
    const reload = await fetch(`${url}/-/reload`, { method: 'POST' });
    await reload.arrayBuffer();
    if (!reload.ok) throw new Error(`VictoriaMetrics: reload answered ${reload.status}`);
    return {
      name,
      pid: server.pid,
      url: `${url}${FEDERATE_ALL}&max_lookback=1h`,
      want: { samples: totals.samples + (reports ?? 0), up: pods.length },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** It does not tell which port it was given where it was to choose one. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
