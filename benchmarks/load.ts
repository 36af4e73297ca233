import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Pool } from 'undici';

import { askGateway, summaryOf } from '../simulator/answer.ts';
import { now } from './clock.ts';
import { startDemoCluster } from './demo-cluster.ts';
import type { BenchContext } from './goals.ts';
import { latenciesOf, megabytes } from './latencies.ts';
import { launchGateway } from './launched-gateway.ts';
import { processMemory } from './process-memory.ts';
import { processUsage } from './process-usage.ts';
import { figure, markdownTable, progress } from './report.ts';

/** How hard and for how long. */
export interface LoadOptions {
  readonly seconds: number;
  /** Requests a second. */
  readonly rate: number;
  /** KubeVirt's pods in the demo cluster. Default 12. */
  readonly pods?: number;
  /** Flags of the gateway beside its kubeconfig, for example `--scrape.reuse=0`. Default none. */
  readonly flags?: readonly string[];
}

/** What one request came to. */
interface Outcome {
  readonly ms: number;
  /** How much later than due it was sent. */
  readonly lateMs: number;
  readonly bytes: number;
  /** Undefined when it was answered with 200 and gzip. */
  readonly error: string | undefined;
}

/** What some answers, one a second, were found to say. */
interface Checked {
  answers: number;
  /** The fewest targets, and the most that were down at once. */
  leastTargets: number;
  mostDown: number;
}

const TIMEOUT_SECONDS = 10;
/** Requests under way above which further ones are errors and not sent: the client's memory is bounded. */
const MOST_UNDER_WAY = 2000;
const WARM_UPS = 20;

const inflate = promisify(gunzip);

/**
 * Drives the shipped gateway over the demo cluster, where pods come and go, with requests that are due at a fixed rate whatever became of
 * those before: an open loop. A latency counts from when the request was due, so a pause of the gateway costs every request that was due
 * in it. Resolves with Markdown. Rejects when the first answer is not what it must be.
 */
export async function benchLoad(context: BenchContext, options: LoadOptions): Promise<string> {
  const { seconds, rate, pods = 12, flags = [] } = options;
  const own = join(context.folder, 'load');
  await mkdir(own, { recursive: true });
  await using cluster = await startDemoCluster({ pods, churn: true }, own);
  await using gateway = await launchGateway(context.launcher, [
    `--kubeconfig=${cluster.kubeconfig}`,
    ...flags,
  ]);
  const url = `${gateway.url}/metrics`;
  for (let warmUp = 1; warmUp <= WARM_UPS; warmUp += 1) {
    const answer = await askGateway(url, TIMEOUT_SECONDS);
    if (warmUp > 1) continue;
    if (answer.status !== 200 || answer.targets !== pods || answer.up !== pods) {
      throw new Error(
        `load: the first answer has status ${answer.status} and ${answer.up} of ${answer.targets} targets up; want 200 and ${pods}\n${gateway.log()}`,
      );
    }
  }
  progress(`load: the first answer is whole; ${rate} requests a second for ${seconds} s`);

  const cpuBefore = processUsage(gateway.pid).cpuSeconds;
  const clientBefore = process.cpuUsage();
  const checked: Checked = { answers: 0, leastTargets: Infinity, mostDown: 0 };
  const outcomes = await drive(url, { seconds, rate, checked });
  const client = process.cpuUsage(clientBefore);
  const usage = {
    gateway: (processUsage(gateway.pid).cpuSeconds - cpuBefore) / seconds,
    client: (client.user + client.system) / 1e6 / seconds,
    peak: processMemory(gateway.pid).peak,
  };
  return loadText(outcomes, { seconds, rate, pods, flags, usage, checked });
}

/** Sends what is due when it is due; resolves when all has been answered, or has failed. */
async function drive(
  url: string,
  options: { readonly seconds: number; readonly rate: number; readonly checked: Checked },
): Promise<readonly Outcome[]> {
  const { seconds, rate, checked } = options;
  const { origin, pathname } = new URL(url);
  await using owned = new AsyncDisposableStack();
  const pool = owned.adopt(new Pool(origin, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0 }), (open) =>
    open.destroy(),
  );
  const total = Math.round(seconds * rate);
  const outcomes: Outcome[] = [];
  const underWay = new Set<Promise<void>>();
  let nextCheck = 0;
  const start = now() + 10;

  async function send(due: number): Promise<void> {
    const lateMs = Math.max(0, now() - due);
    let bytes = 0;
    let error: string | undefined;
    try {
      const answer = await pool.request({
        path: pathname,
        method: 'GET',
        headers: {
          'accept-encoding': 'gzip',
          'x-prometheus-scrape-timeout-seconds': String(TIMEOUT_SECONDS),
        },
        signal: AbortSignal.timeout((TIMEOUT_SECONDS + 5) * 1000),
      });
      const body = Buffer.from(await answer.body.arrayBuffer());
      const ms = now() - due;
      bytes = body.length;
      error = problemOf(answer.statusCode, String(answer.headers['content-encoding']), body);
      if (error === undefined && now() >= nextCheck) {
        nextCheck = now() + 1000;
        await check(body, checked);
      }
      outcomes.push({ ms, lateMs, bytes, error });
    } catch (cause) {
      const { code, name } = cause as NodeJS.ErrnoException;
      // That of a timeout is a number.
      outcomes.push({ ms: now() - due, lateMs, bytes, error: typeof code === 'string' ? code : name });
    }
  }

  for (let sent = 0; sent < total;) {
    const due = start + (sent * 1000) / rate;
    const wait = due - now();
    if (wait > 0) {
      // Timers go off on whole milliseconds, and never early.
      await sleep(wait);
      continue;
    }
    sent += 1;
    if (underWay.size >= MOST_UNDER_WAY) {
      outcomes.push({ ms: Number.NaN, lateMs: 0, bytes: 0, error: 'not sent' });
      continue;
    }
    const one = send(due).finally(() => underWay.delete(one));
    underWay.add(one);
    if (sent % Math.max(1, Math.round(rate * 10)) === 0)
      progress(`load: ${sent} of ${total}, ${underWay.size} under way`);
  }
  await Promise.all(underWay);
  return outcomes;
}

/** Why an answer counts as an error; undefined for a good one. */
function problemOf(status: number, encoding: string, body: Buffer): string | undefined {
  if (status !== 200) return `status ${status}`;
  if (encoding !== 'gzip') return `encoding ${encoding}`;
  return body.length > 18 && body.readUInt16BE(0) === 0x1f8b ? undefined : 'not gzip';
}

/** Looks into an answer. Throws, which counts as its error, when it is not whole. */
async function check(body: Buffer, checked: Checked): Promise<void> {
  const text = (await inflate(body)).toString();
  if (!text.endsWith('\n')) throw Object.assign(new Error('cut'), { code: 'ends in the middle of a line' });
  const { targets, up } = summaryOf(text);
  checked.answers += 1;
  checked.leastTargets = Math.min(checked.leastTargets, targets);
  checked.mostDown = Math.max(checked.mostDown, targets - up);
}

/** The latency table with what belongs to it. Exported for tests. */
export function loadText(
  outcomes: readonly Outcome[],
  about: {
    readonly seconds: number;
    readonly rate: number;
    readonly pods: number;
    readonly flags: readonly string[];
    readonly usage: { readonly gateway: number; readonly client: number; readonly peak: number };
    readonly checked: Checked;
  },
): string {
  const { seconds, rate, pods, flags, usage, checked } = about;
  const good = outcomes.filter(({ error }) => error === undefined);
  const { p50, p90, p99, p999, max } = latenciesOf(good.map(({ ms }) => ms));
  const late = latenciesOf(outcomes.map(({ lateMs }) => lateMs));
  const bytes = outcomes.reduce((sum, outcome) => sum + outcome.bytes, 0);
  const errors = Object.entries(Object.groupBy(outcomes, ({ error = '' }) => error)).filter(
    ([error]) => error !== '',
  );
  const table = markdownTable(
    ['load', 'answers', 'p50 ms', 'p90 ms', 'p99 ms', 'p99.9 ms', 'max ms', 'errors', 'MB'],
    [
      [
        `${figure(rate)}/s for ${figure(seconds)} s`,
        String(good.length),
        ...[p50, p90, p99, p999, max].map(figure),
        String(outcomes.length - good.length),
        figure(bytes / 1e6),
      ],
    ],
  );
  const lines = [
    `The demo cluster of ${pods} pods, which come and go; the gateway with ${flags.length === 0 ? 'its defaults' : flags.join(' ')}.`,
    'Latencies count from when a request was due, at a fixed rate, to the last byte of its answer; errors are not in them.',
    ...(errors.length === 0
      ? []
      : [`Errors: ${errors.map(([error, all]) => `${all?.length ?? 0} × ${error}`).join(', ')}.`]),
    `The client sent late by ${figure(late.p50)} ms (median), ${figure(late.p99)} ms (p99), ${figure(late.max)} ms at worst, which the latencies include.`,
    `Of one processor, the gateway had ${percent(usage.gateway)} and the client ${percent(usage.client)}. The gateway's peak memory was ${megabytes(usage.peak)}.`,
    `${checked.answers} answers were looked into: at least ${checked.leastTargets} targets, at most ${checked.mostDown} of them down.`,
  ];
  return `${table}\n${lines.join('\n')}\n`;
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}
