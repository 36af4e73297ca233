import { mkdir } from 'node:fs/promises';

import type { PodAddress } from '../simulator/pods.ts';
import type { RunningProgram } from './answer-cost.ts';
import { scrapeConfig } from './scrape-config.ts';
import { startShippedGateway } from './shipped-gateway.ts';

/** `up`, `scrape_duration_seconds`, `scrape_samples_scraped`, `scrape_samples_post_metric_relabeling`. */
const GATEWAY_REPORT_SERIES = 4;

/** The gateway over some pods. */
export interface GatewayUnderTest extends RunningProgram {
  /** Where it listens: `http://address:port`. */
  readonly base: string;
}

/** Starts the built gateway over pods that have `samples` samples together; it scrapes all of them for each answer, unless scrapes are used again. */
export async function startGatewayUnderTest(options: {
  readonly launcher: string;
  readonly pods: readonly PodAddress[];
  readonly samples: number;
  /** Made where it is not there; for the configuration. */
  readonly folder: string;
  readonly name?: string;
  /** How long a scrape is used again; by default it is not. */
  readonly reuse?: string;
}): Promise<GatewayUnderTest> {
  const { launcher, pods, samples, folder, name = 'gateway', reuse = '0' } = options;
  await mkdir(folder, { recursive: true });
  const gateway = await startShippedGateway(launcher, scrapeConfig(pods, '30s', '10s'), folder, reuse);
  return {
    name,
    base: gateway.url,
    url: `${gateway.url}/metrics`,
    pid: gateway.pid,
    want: { samples: samples + pods.length * GATEWAY_REPORT_SERIES, up: pods.length },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

/** How many worker threads it has, by its own telemetry. */
export async function workersOf(gateway: GatewayUnderTest): Promise<number> {
  const answer = await fetch(`${gateway.base}/-/metrics`);
  const workers = /^\w+_workers (\d+)$/m.exec(await answer.text())?.[1];
  if (workers === undefined) throw new Error(`${gateway.base}/-/metrics does not tell the number of workers`);
  return Number(workers);
}
