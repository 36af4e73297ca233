import { setTimeout as delay } from 'node:timers/promises';

import type { RunningGateway } from './gateway.ts';
import { startPrometheus } from './prometheus.ts';
import type { Prometheus, PrometheusProgram } from './prometheus.ts';
import { eventually } from './server.ts';
import { differences, storedOf } from './stored.ts';
import type { Stored } from './stored.ts';

/** Two of one version: `direct` scrapes every pod itself, `through` scrapes the gateway. Two, since what they store has the same labels. */
export interface Pair extends AsyncDisposable {
  readonly direct: Prometheus;
  readonly through: Prometheus;
}

/** The `global` of both and of the file that the gateway reads. */
export const GLOBAL = { scrape_interval: '2s', scrape_timeout: '2s' };

/** Without the series of the reader's own scrape of the gateway. */
export const NOT_OWN = 'job!="the-gateway"';

/**
 * From 3.0 on a Prometheus would ask for OpenMetrics first and take any UTF-8 as a name. The fields that say otherwise are unknown to older
 * ones, and stay out of the file that the gateway reads.
 */
function protocol(program: PrometheusProgram): object {
  if (program.version.startsWith('2.')) return {};
  return {
    metric_name_validation_scheme: 'legacy',
    metric_name_escaping_scheme: 'underscores',
    scrape_protocols: ['PrometheusText0.0.4'],
  };
}

/** Up to 2.x every Content-Type but that of OpenMetrics is read as text. */
function fallback(program: PrometheusProgram): object {
  return program.version.startsWith('2.') ? {} : { fallback_scrape_protocol: 'PrometheusText0.0.4' };
}

/** What both are told beside: rules, and jobs that neither gets from the gateway. */
export interface Beside {
  readonly ruleFiles?: readonly string[];
  readonly scrapeConfigs?: readonly object[];
  /** Fields of the job that scrapes the gateway, other than the usual. */
  readonly reader?: object;
  /** Fields of `global` of both, other than {@link GLOBAL}. */
  readonly global?: object;
}

/** Starts both and resolves when they are ready. Rejects when one does not come up; the other one has ended then. */
export async function startPair(
  program: PrometheusProgram,
  scrapeConfigs: readonly object[],
  gateway: Pick<RunningGateway, 'address'>,
  beside: Beside = {},
): Promise<Pair> {
  const reader = {
    job_name: 'the-gateway',
    honor_labels: true,
    static_configs: [{ targets: [gateway.address] }],
    ...beside.reader,
  };
  function start(jobs: readonly object[]): Promise<Prometheus> {
    const config = {
      global: { ...GLOBAL, evaluation_interval: '2s', ...beside.global, ...protocol(program) },
      rule_files: beside.ruleFiles ?? [],
      scrape_configs: [...jobs, ...(beside.scrapeConfigs ?? [])].map((job) => ({
        ...job,
        ...fallback(program),
      })),
    };
    return startPrometheus(program, config);
  }
  await using running = new AsyncDisposableStack();
  async function keep(starting: Promise<Prometheus>): Promise<Prometheus> {
    return running.use(await starting);
  }
  const both = [keep(start(scrapeConfigs)), keep(start([reader]))] as const;
  // What comes up later than the other one fails must be there to be ended.
  await Promise.allSettled(both);
  const [direct, through] = await Promise.all(both);
  const started = running.move();
  return { direct, through, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

/** The pods, by name, that are up and that are down in every job. */
export interface Health {
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** Resolves when both have scraped every target and say of each pod what is expected, and the same. */
export async function settled({ direct, through }: Pair, expected: Health): Promise<void> {
  const want = spellHealth(expected.up, expected.down);
  await eventually(`both say ${want}`, async (reason) => {
    const [a, b, targets] = await Promise.all([health(direct), health(through), direct.targets()]);
    const waiting = targets.filter((target) => target.health === 'unknown').length;
    reason(
      `direct: ${a.pods}, ${waiting} not scraped yet; through the gateway: ${b.pods}\n${through.output()}`,
    );
    return waiting === 0 && a.pods === want && differences(a.stored, b.stored).length === 0
      ? true
      : undefined;
  });
}

async function health(prometheus: Prometheus): Promise<{ readonly pods: string; readonly stored: Stored }> {
  const series = await prometheus.query(`up{${NOT_OWN}}`);
  // A job may have its pods in capitals.
  const pods = (value: string): string[] =>
    series
      .filter((one) => one.samples[0]?.[1] === value)
      .map((one) => (one.labels['pod'] ?? '').toLowerCase());
  return { pods: spellHealth(pods('1'), pods('0')), stored: storedOf(series) };
}

function spellHealth(up: readonly string[], down: readonly string[]): string {
  return `up: ${spellPods(up)}; down: ${spellPods(down)}`;
}

function spellPods(pods: readonly string[]): string {
  return [...new Set(pods)].sort().join(' ');
}

/** Tries until nothing differs, for a scrape that a busy machine made late; what differs at last is the verdict. */
export async function lastDifferences(compare: () => Promise<readonly string[]>): Promise<readonly string[]> {
  let lines: readonly string[] = [];
  for (let tries = 0; tries < 10; tries++) {
    lines = await compare();
    if (lines.length === 0) break;
    await delay(500);
  }
  return lines;
}
