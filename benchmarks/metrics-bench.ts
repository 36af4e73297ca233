import type { PodsProcess } from '../simulator/pods.ts';
import type { PrometheusProgram } from '../test/real/prometheus.ts';
import { PROMETHEUS_REPORT_SERIES, startFederatingPrometheus } from './federating-prometheus.ts';
import type { TimedPods } from './hand-over.ts';
import { processUsage } from './process-usage.ts';
import { progress } from './report.ts';
import { countAnswer, problemOf, timedGet } from './scrape-client.ts';
import type { AnswerCount, TimedAnswer } from './scrape-client.ts';
import { scrapeConfig } from './scrape-config.ts';
import { startShippedGateway } from './shipped-gateway.ts';
import { median } from './statistics.ts';

/** What answers of one program over the same pods cost. Times in milliseconds. */
export interface Measured {
  readonly samples: number;
  readonly median: number;
  readonly least: number;
  /** CPU time of the program for one answer. */
  readonly cpu: number;
  readonly wireBytes: number;
  readonly bodyBytes: number;
  readonly peakBytes: number;
}

/** What only the gateway has. */
export interface MeasuredGateway extends Measured {
  /** The first answer, when every connection to a pod is new and nothing is compiled yet. */
  readonly first: number;
  /** From the slowest pod's last byte to the answer's last byte. */
  readonly added: number;
  readonly spreadMedian: number;
  readonly spreadAdded: number;
}

/** `up`, `scrape_duration_seconds`, `scrape_samples_scraped`, `scrape_samples_post_metric_relabeling`. */
const GATEWAY_REPORT_SERIES = 4;

/** Pods that are not all ready at once: the last answers after so many milliseconds. */
export const SPREAD_MS = 200;

/** Answers that are checked and not timed: what runs every 30 s is compiled. */
const WARM_UPS = 3;

interface Run {
  readonly milliseconds: number;
  readonly added: number;
  readonly cpu: number;
}

/** Measures `GET /metrics` over the pods: every answer of `runs` is checked, off the clock. */
export async function measureGateway(
  launcher: string,
  timedPods: TimedPods,
  options: { readonly runs: number; readonly folder: string },
): Promise<MeasuredGateway> {
  const { pods } = timedPods;
  const { runs, folder } = options;
  const count = pods.pods.length;
  const config = scrapeConfig(pods.pods, '30s', '10s');
  await using gateway = await startShippedGateway(launcher, config, folder);
  const want = { samples: pods.totals.samples + count * GATEWAY_REPORT_SERIES, up: count };

  async function check(answer: TimedAnswer): Promise<AnswerCount> {
    const counted = await countAnswer(answer);
    const problem = problemOf(counted, want);
    if (problem !== undefined) throw new Error(`the gateway's answer is not whole: ${problem}`);
    return counted;
  }
  async function once(): Promise<Run & { readonly answer: TimedAnswer }> {
    const cpuBefore = processUsage(gateway.pid).cpuSeconds;
    const answer = await timedGet(`${gateway.url}/metrics`);
    const cpu = (processUsage(gateway.pid).cpuSeconds - cpuBefore) * 1000;
    const added = answer.endedAt - timedPods.handedOverAt();
    return { milliseconds: answer.milliseconds, added, cpu, answer };
  }
  async function several(what: string): Promise<Run[]> {
    const done: Run[] = [];
    for (let run = 1 - WARM_UPS; run <= runs; run += 1) {
      const { answer, ...figures } = await once();
      await check(answer);
      if (run < 1) continue;
      done.push(figures);
      progress(`${count} pods, gateway, ${what}: ${run} of ${runs}: ${Math.round(figures.milliseconds)} ms`);
    }
    return done;
  }

  const first = await once();
  const counted = await check(first.answer);
  progress(`${count} pods, gateway: first answer whole, ${want.samples} samples`);
  const atOnce = await several('all at once');
  await timedPods.spread(SPREAD_MS);
  const spread = await several(`spread over ${SPREAD_MS} ms`);
  await timedPods.spread(0);
  await checkScrapes(pods, 1 + 2 * (WARM_UPS + runs));
  return {
    ...timesOf(atOnce),
    samples: want.samples,
    first: first.milliseconds,
    added: median(atOnce.map(({ added }) => added)),
    spreadMedian: median(spread.map(({ milliseconds }) => milliseconds)),
    spreadAdded: median(spread.map(({ added }) => added)),
    wireBytes: first.answer.wireBytes,
    bodyBytes: counted.bytes,
    peakBytes: processUsage(gateway.pid).peakBytes,
  };
}

/** Every answer must have asked every pod anew, over the one connection that it keeps to each. */
async function checkScrapes(pods: PodsProcess, answers: number): Promise<void> {
  const { requests, connections } = await pods.stats();
  const count = pods.pods.length;
  if (requests === answers * count && connections === count) return;
  throw new Error(
    `${count} pods had ${requests} requests on ${connections} connections for ${answers} answers; want ${answers * count} on ${count}`,
  );
}

/** Measures Prometheus' `/federate` of all series of the same pods, while it does not scrape. */
export async function measurePrometheus(
  program: PrometheusProgram,
  { pods }: TimedPods,
  options: { readonly runs: number; readonly folder: string },
): Promise<Measured> {
  const { runs, folder } = options;
  const count = pods.pods.length;
  progress(`${count} pods, Prometheus ${program.version}: scraping`);
  await using prometheus = await startFederatingPrometheus(program, pods, folder);
  const want = { samples: pods.totals.samples + count * PROMETHEUS_REPORT_SERIES, up: count };
  const done: Run[] = [];
  let wireBytes = 0;
  let bodyBytes = 0;
  for (let run = 1; run <= runs; run += 1) {
    const cpuBefore = processUsage(prometheus.pid).cpuSeconds;
    const answer = await timedGet(prometheus.url);
    const cpu = (processUsage(prometheus.pid).cpuSeconds - cpuBefore) * 1000;
    const counted = await countAnswer(answer);
    const problem = problemOf(counted, want);
    if (problem !== undefined) {
      progress(`${count} pods, Prometheus, /federate: ${run} of ${runs}: not whole, left out: ${problem}`);
      continue;
    }
    done.push({ milliseconds: answer.milliseconds, added: Number.NaN, cpu });
    ({ wireBytes } = answer);
    bodyBytes = counted.bytes;
    progress(
      `${count} pods, Prometheus, /federate: ${run} of ${runs}: ${Math.round(answer.milliseconds)} ms`,
    );
  }
  if (done.length === 0) throw new Error(`Prometheus: none of ${runs} answers was whole; see the progress`);
  const { peakBytes } = processUsage(prometheus.pid);
  return { ...timesOf(done), samples: want.samples, wireBytes, bodyBytes, peakBytes };
}

function timesOf(runs: readonly Run[]): Pick<Measured, 'median' | 'least' | 'cpu'> {
  const times = runs.map(({ milliseconds }) => milliseconds);
  return { median: median(times), least: Math.min(...times), cpu: median(runs.map(({ cpu }) => cpu)) };
}
