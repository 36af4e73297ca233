import { setTimeout as sleep } from 'node:timers/promises';

import type { GatewayProcess } from '../simulator/gateway-process.ts';
import type { Fleet } from './fleet.ts';
import { openHandles } from './gateway-usage.ts';
import { isFlat, trendOf } from './trend.ts';
import type { Trend } from './trend.ts';
import { readTelemetry } from './watch.ts';
import type { Watch } from './watch.ts';

/** What the process may have above its limit for a moment: between two looks at it, it can grow. */
const SLACK = 1.1;

const PREFIX = 'kubevirt_metrics_gateway_';
const MEGABYTE = 1024 * 1024;
/** What nobody waits for ends when it is 12 s old; more than that again for a machine that is busy. */
const REST_TRIES = 60;
/** Handles beside those of targets and clients that may have come since: three of a worker thread, and the Kubernetes client's. */
const MORE_FDS = 8;

/** What the gateway has open beside its connections to pods. */
export interface Rest {
  readonly fds: number;
  /** Connections of clients: the one that asked whether it is ready is kept for a while. */
  readonly clients: number;
}

export function openAtRest({ pid, url }: GatewayProcess, fleet: Fleet): Rest {
  const { fds, connections } = openHandles(pid);
  const clients = connections.filter(({ local }) => local === new URL(url).host).length;
  const api = connections.filter(({ remote }) => remote === new URL(fleet.api.url).host).length;
  return { fds: fds - connections.length + api, clients };
}

/** Ends every fault, and cuts the connections of those that it was the matter with until now. */
export async function healAll(fleet: Fleet): Promise<void> {
  const now = performance.now();
  for (const target of fleet.targets) if (target.steadyFrom > now) await fleet.heal(target, 'restart');
}

/** Every fault is over, and the gateway has nothing left to do. */
export async function settle(url: string, fleet: Fleet): Promise<void> {
  await sleep(Math.max(0, fleet.settledAt() - performance.now()));
  for (let tries = 0; tries < REST_TRIES; tries += 1) {
    const inFlight = (await readTelemetry(url)).get(`${PREFIX}scrapes_in_flight`);
    if (inFlight === 0) return;
    await sleep(500);
  }
}

/** What is not as it was before the pods misbehaved, after everything has come to rest. */
export async function finalProblems(options: {
  readonly gateway: GatewayProcess;
  readonly fleet: Fleet;
  readonly watch: Watch;
  readonly atRest: Rest;
  /** Bytes; undefined where the gateway was given none. */
  readonly memoryLimit: number;
  readonly print: (line: string) => void;
}): Promise<readonly string[]> {
  const { gateway, fleet, watch, atRest, memoryLimit, print } = options;
  const problems: string[] = [];
  const telemetry = await readTelemetry(gateway.url);
  const mustBeZero = [
    'scrapes_in_flight',
    'worker_crashes_total',
    'rounds_total{view="metrics",result="error"}',
    'rounds_total{view="federate",result="error"}',
  ];
  for (const name of mustBeZero) {
    const value = telemetry.get(PREFIX + name) ?? 0;
    if (value !== 0) problems.push(`${name} is ${value} at the end; want 0`);
  }

  // The last questions' own connections have their end behind them by then.
  await sleep(1_000);
  const { connections } = openHandles(gateway.pid);
  const own = new URL(gateway.url).host;
  const api = new URL(fleet.api.url).host;
  const toPods = connections.filter(({ local, remote }) => local !== own && remote !== api);
  const instances = fleet.targets.map(({ instance }) => instance);
  const once = Map.groupBy(toPods, ({ remote }) => remote);
  for (const instance of instances) {
    const number = once.get(instance)?.length ?? 0;
    if (number !== 1) problems.push(`${number} connections to ${instance}; want 1`);
  }
  for (const remote of once.keys()) {
    if (!instances.includes(remote)) problems.push(`a connection to ${remote}, which is no target`);
  }
  const { fds, clients } = openAtRest(gateway, fleet);
  if (clients > atRest.clients) {
    problems.push(`${clients} connections of clients are left; ${atRest.clients} at the beginning`);
  }
  if (fds > atRest.fds + MORE_FDS) {
    problems.push(`${fds} fds that are no connections of targets or clients; ${atRest.fds} at the beginning`);
  }

  const peak = Math.max(0, ...watch.rss);
  if (peak > memoryLimit * SLACK)
    problems.push(`rss was ${megabytes(peak)}; the limit is ${megabytes(memoryLimit)}`);
  const rss = trendOf(watch.rss);
  // How much lies between two collections is chance; what is left after one is not.
  const heap = trendOf(watch.heap, (values) => Math.min(...values));
  if (rss !== undefined && !isFlat(rss)) problems.push(`rss grew: ${words(rss)}`);
  if (heap !== undefined && !isFlat(heap)) problems.push(`the heap grew: ${words(heap)}`);
  print(
    `at rest: ${toPods.length} connections to ${instances.length} targets, ${fds} other fds (${atRest.fds} at the beginning), ` +
      `rss ${words(rss)}, heap ${words(heap)}, peak rss ${megabytes(peak)}`,
  );
  return problems;
}

function words(trend: Trend | undefined): string {
  if (trend === undefined) return 'not known of so few values';
  return `${megabytes(trend.before)} in the second fifth, ${megabytes(trend.after)} in the last`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / MEGABYTE)} MB`;
}
