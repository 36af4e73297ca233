import { gunzipSync } from 'node:zlib';
import { loadConfig } from '../../src/config/load-config.ts';
import type { ScrapePools, Target, TargetSet } from '../../src/discovery/target.ts';
import { Answer } from '../../src/round/answer.ts';
import { PlanMemory } from '../../src/round/plan-memory.ts';
import type { Outcome } from '../../src/scrape/outcome.ts';
import type { Round, ScraperOptions } from '../../src/round/scraper.ts';
import { Scraper } from '../../src/round/scraper.ts';
import { startPod } from '../../simulator/pod.ts';
import type { Behaviour, Pod, PodOptions } from '../../simulator/pod.ts';

/** A pod without TLS, for whatever is not about TLS. */
export function startPlainPod(options: Partial<PodOptions> = {}): Promise<Pod> {
  return startPod({ tls: false, body: () => 'a_metric 1\n', ...options });
}

/** That many pods that say their number; the first ones behave as told. */
export async function startPods(
  count: number,
  behaviours: readonly Behaviour[] = [],
): Promise<Pod[] & AsyncDisposable> {
  const pods = await Promise.all(
    Array.from({ length: count }, (_, i) =>
      startPlainPod({
        body: () => `a_metric{pod_number="${i}"} 1\n`,
        behaviour: behaviours[i] ?? { kind: 'normal' },
      }),
    ),
  );
  return Object.assign(pods, {
    async [Symbol.asyncDispose]() {
      await Promise.all(pods.map((pod) => pod[Symbol.asyncDispose]()));
    },
  });
}

/** A behaviour that answers no request until `open` is called. */
export function gate(): { readonly behaviour: Behaviour; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { behaviour: { kind: 'wait', until: () => promise }, open: resolve };
}

export function targetOf({ url }: { readonly url: string }, more: Partial<Target> = {}): Target {
  const instance = new URL(url).host;
  return {
    key: url,
    scrapePool: 'job',
    url,
    labels: [
      ['instance', instance],
      ['job', 'job'],
    ],
    discoveredLabels: [],
    scrapeInterval: '30s',
    scrapeTimeout: '10s',
    scrapeTimeoutMs: 10_000,
    ...more,
  };
}

let version = 0;

export function setOf(targets: readonly Target[]): TargetSet {
  return { version: ++version, targets, dropped: [] };
}

export const pools: ScrapePools = poolsOf('');

/** A job with these further fields. */
export function poolsOf(fields: string): ScrapePools {
  const { scrapeConfigs } = loadConfig(`scrape_configs: [{ job_name: job, honor_labels: true, ${fields} }]`, {
    fileName: 'test.yml',
    baseDir: '/',
  });
  return new Map(scrapeConfigs.map((config) => [config.jobName, config]));
}

export interface TestScraper extends Scraper {
  /** Every scrape that ended, in order. */
  readonly ended: { readonly url: string; readonly outcome: Outcome }[];
  readonly crashes: Error[];
  /** Fulfilled when a scrape of that URL ends. */
  nextEnd(url: string): Promise<Outcome>;
}

/** A scraper of these pods whose workers run, with one worker and without reuse unless told otherwise. */
export async function startScraper(
  pods: readonly { readonly url: string }[],
  options: Partial<ScraperOptions> = {},
): Promise<TestScraper> {
  const ended: TestScraper['ended'] = [];
  const crashes: Error[] = [];
  const waiting: { url: string; resolve: (outcome: Outcome) => void }[] = [];
  const scraper = new Scraper({
    pools,
    reuseMs: 0,
    maxWorkers: 1,
    userAgent: 'test/1',
    events: {
      scrapeEnded: ({ target: { url } }, outcome) => {
        ended.push({ url, outcome });
        for (const waiter of waiting.filter((one) => one.url === url)) waiter.resolve(outcome);
      },
      workerCrashed: (error) => crashes.push(error),
    },
    ...options,
  });
  // What cannot be asked takes no time once the workers are there.
  const nowhere = pods.map((pod) => targetOf(pod, { url: 'nowhere', key: `nowhere ${pod.url}` }));
  scraper.setTargets(setOf(nowhere));
  (await ask(scraper))[Symbol.dispose]();
  ended.length = 0;
  scraper.setTargets(setOf(pods.map((pod) => targetOf(pod))));
  return Object.assign(scraper, {
    ended,
    crashes,
    nextEnd: (url: string) => new Promise<Outcome>((resolve) => waiting.push({ url, resolve })),
  });
}

/** A round of all targets, or of those given, for a caller that waits so many milliseconds. */
export function ask(
  scraper: Scraper,
  timeoutMs = 20_000,
  { targets = scraper.targets, signal = new AbortController().signal } = {},
): Promise<Round> {
  return scraper.round(targets, { timeoutMs: () => timeoutMs, signal });
}

/** How each target stands in a round: `up`, or the reason why not. */
export function states(round: Round): string[] {
  return round.entries.map(({ outcome }) => (outcome.up ? 'up' : (outcome.reason ?? 'no reason')));
}

/** The merged exposition of a round. */
export async function textOf(round: Round): Promise<string> {
  using answer = new Answer(round.shares(), new PlanMemory());
  await answer.prepare([]);
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.gzip()) chunks.push(chunk);
  return gunzipSync(Buffer.concat(chunks)).toString();
}
