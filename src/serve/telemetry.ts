import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Discovery } from '../discovery/discovery.ts';
import { FAILURE_REASONS, type FailureReason } from '../scrape/failure.ts';
import type { Outcome } from '../scrape/outcome.ts';
import type { Conflicts } from '../merge/conflicts.ts';
import type { Shard } from '../relabel/shard.ts';
import { limitUsage } from '../round/limit-usage.ts';
import type { Scraper } from '../round/scraper.ts';

const PREFIX = 'kubevirt_metrics_gateway_';
/** From a small cluster's few milliseconds to the longest timeout. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60];

/** An answer that was written whole. */
export interface AnswerRecord {
  readonly view: string;
  readonly seconds: number;
  /** Seconds of those until the last target was in. */
  readonly collectSeconds: number;
  /** Bytes sent, and bytes of the exposition. */
  readonly bytes: number;
  readonly rawBytes: number;
  /** Whether every target was up. */
  readonly complete: boolean;
  /** What targets disagree on; only of an answer with all series. */
  readonly conflicts?: Conflicts;
}

/** The gateway's own metrics, at `/-/metrics`. */
export class Telemetry {
  readonly #registry = new Registry();
  readonly #rounds: Counter<'view' | 'result'>;
  readonly #roundSeconds: Histogram<'view'>;
  readonly #collectSeconds: Histogram<'view'>;
  readonly #scrapes: Counter<'result'>;
  readonly #scrapeSeconds: Histogram;
  readonly #samples: Counter;
  readonly #received: Counter;
  readonly #inflated: Counter;
  readonly #sent: Counter<'view'>;
  readonly #composed: Counter<'view'>;
  readonly #crashes: Counter;
  readonly #conflicting: Gauge<'kind'>;
  readonly #duplicates: Gauge;

  constructor(version: string) {
    const registers = [this.#registry];
    const counter = <T extends string>(name: string, help: string, labelNames: readonly T[]): Counter<T> =>
      new Counter({ name: PREFIX + name, help, labelNames, registers });
    const histogram = <T extends string>(
      name: string,
      help: string,
      labelNames: readonly T[],
    ): Histogram<T> => new Histogram({ name: PREFIX + name, help, labelNames, buckets: SECONDS, registers });
    new Gauge({
      name: `${PREFIX}build_info`,
      help: 'The version that runs, always 1.',
      labelNames: ['version', 'nodeversion'],
      registers,
    }).set({ version, nodeversion: process.version }, 1);
    this.#rounds = counter(
      'rounds_total',
      'Rounds by view and result: complete (all targets up), partial, caller_left, cut_off, error.',
      ['view', 'result'],
    );
    this.#roundSeconds = histogram(
      'round_duration_seconds',
      'Time from a request to the last byte of its answer.',
      ['view'],
    );
    this.#collectSeconds = histogram(
      'round_collect_duration_seconds',
      'Time from a request until its targets were in or the deadline had come.',
      ['view'],
    );
    this.#scrapes = counter(
      'scrapes_total',
      'Scrapes of targets by result: success, or the reason of the failure.',
      ['result'],
    );
    for (const result of ['success', ...Object.keys(FAILURE_REASONS)]) this.#scrapes.inc({ result }, 0);
    this.#scrapeSeconds = histogram('scrape_duration_seconds', 'Duration of the scrapes of targets.', []);
    this.#samples = counter(
      'scraped_samples_total',
      'Samples that targets exposed, those before the bad line of a refused body included.',
      [],
    );
    this.#received = counter(
      'received_bytes_total',
      'Bytes of bodies from targets, as they came over the wire.',
      [],
    );
    this.#inflated = counter(
      'received_body_bytes_total',
      'Bytes of bodies from targets after decompression.',
      [],
    );
    this.#sent = counter('sent_bytes_total', 'Bytes of merged expositions, as they went over the wire.', [
      'view',
    ]);
    this.#composed = counter('sent_body_bytes_total', 'Bytes of merged expositions before compression.', [
      'view',
    ]);
    this.#crashes = counter(
      'worker_crashes_total',
      'Worker threads that ended unasked and were replaced.',
      [],
    );
    this.#conflicting = new Gauge({
      name: `${PREFIX}conflicting_families`,
      help: 'Metric families in the last answer whose targets disagree on the type, or on the HELP text.',
      labelNames: ['kind'],
      registers,
    });
    this.#duplicates = new Gauge({
      name: `${PREFIX}duplicate_series`,
      help: 'Series that two targets expose, of which readers store the first only; looked for twice a minute at most.',
      registers,
    });
    collectDefaultMetrics({ register: this.#registry });
  }

  /** Adds what is read from the parts of the program when it is asked for. */
  observe(scraper: Scraper, discovery: Discovery, shard: Shard = { index: 0, count: 1 }): void {
    const gauge = <T extends string>(
      name: string,
      help: string,
      labelNames: readonly T[],
      collect: (gauge: Gauge<T>) => void,
    ): void => {
      const registered = new Gauge({
        name: PREFIX + name,
        help,
        labelNames,
        registers: [],
        collect() {
          this.reset();
          collect(this);
        },
      });
      this.#registry.registerMetric(registered);
    };
    gauge(
      'targets',
      'Targets by the state of their last scrape: up, down, unknown.',
      ['state'],
      (targets) => {
        for (const state of ['up', 'down', 'unknown']) targets.set({ state }, 0);
        for (const { last } of scraper.targets) {
          targets.inc({ state: last === undefined ? 'unknown' : last.outcome.up ? 'up' : 'down' });
        }
      },
    );
    gauge('failed_targets', 'Targets whose last scrape failed, by reason.', ['reason'], (targets) => {
      for (const { last } of scraper.targets) {
        if (last?.outcome.reason !== undefined) targets.inc({ reason: last.outcome.reason });
      }
    });
    gauge('scrapes_in_flight', 'Scrapes under way.', [], (scrapes) => scrapes.set(scraper.scrapesInFlight));
    gauge(
      'target_limit_usage_ratio',
      'How much of each limit the last scrape of the target took; 1 is all of it.',
      ['scrape_pool', 'target', 'limit'],
      (usage) => {
        for (const owned of scraper.targets) {
          const { scrapePool: scrape_pool, url: target } = owned.target;
          if (owned.last === undefined) continue;
          for (const { limit, ratio } of limitUsage(owned.last.outcome, scraper.configOf(owned).limits))
            usage.set({ scrape_pool, target, limit }, ratio);
        }
      },
    );
    gauge('scrape_pool_targets', 'Targets of the scrape config.', ['scrape_pool'], (targets) => {
      for (const { target } of scraper.targets) targets.inc({ scrape_pool: target.scrapePool });
    });
    gauge(
      'scrape_pool_target_limit',
      'The target_limit of the scrape config, where it has one.',
      ['scrape_pool'],
      (limits) => {
        for (const { jobName, limits: all } of scraper.configs)
          if (all.targetLimit > 0) limits.set({ scrape_pool: jobName }, all.targetLimit);
      },
    );
    gauge('shard_index', 'Which shard of the targets the gateway has, from 0.', [], (index) =>
      index.set(shard.index),
    );
    gauge('shards', 'Shards that there are by --shard; 1 without it.', [], (count) => count.set(shard.count));
    gauge('other_shards_targets', 'Discovered targets that are left to other shards.', [], (others) =>
      others.set(discovery.elsewhere),
    );
    gauge(
      'held_bytes',
      'Bytes that bodies and answers hold, and what is left for the next, as counted.',
      [],
      (held) => held.set(scraper.memory.held),
    );
    gauge(
      'held_limit_bytes',
      'Bytes that they may hold, which follows from --memory.limit. Beyond it the largest body is given up.',
      [],
      (limit) => limit.set(scraper.memory.heldLimit),
    );
    gauge('workers', 'Worker threads.', [], (workers) => workers.set(scraper.workers));
    const ofProviders = (
      name: string,
      help: string,
      value: (state: ProviderState) => number | undefined,
    ): void => {
      gauge(name, help, ['scrape_pool', 'provider'], (values) => {
        for (const state of discovery.state()) {
          const number = value(state);
          if (number !== undefined)
            values.set({ scrape_pool: state.config, provider: state.provider }, number);
        }
      });
    };
    ofProviders('discovery_synced', 'Whether the first discovery has completed.', ({ synced }) =>
      Number(synced),
    );
    ofProviders(
      'discovery_age_seconds',
      'Time since the Kubernetes API was last heard of.',
      ({ provider, lastSync }) =>
        provider !== 'kubernetes' || lastSync === 0 ? undefined : Math.max(0, Date.now() - lastSync) / 1000,
    );
    ofProviders('discovery_objects', 'Objects that are watched.', ({ objects }) => objects);
    ofProviders('discovery_watch_restarts', 'Watches that were begun again since the start.', (state) => {
      return state.watchRestarts;
    });
    ofProviders(
      'discovery_truncated_endpoints',
      'Endpoints objects over capacity, from which addresses are missing.',
      ({ truncatedEndpoints }) => truncatedEndpoints,
    );
    ofProviders(
      'discovery_uses_endpointslices',
      'Whether targets come from EndpointSlices.',
      ({ usesSlices }) => (usesSlices === undefined ? undefined : Number(usesSlices)),
    );
    ofProviders(
      'discovery_refused_namespaces',
      'Namespaces that could never be read, so that their targets are missing.',
      ({ refusedNamespaces }) => refusedNamespaces,
    );
  }

  scrapeEnded({ up, reason, durationSeconds, samples, wireBytes, bodyBytes }: Outcome): void {
    const result: FailureReason | 'success' = up ? 'success' : (reason ?? 'connection');
    this.#scrapes.inc({ result });
    this.#scrapeSeconds.observe(durationSeconds);
    this.#samples.inc(samples);
    this.#received.inc(wireBytes);
    this.#inflated.inc(bodyBytes);
  }

  answered(record: AnswerRecord): void {
    const { view, seconds, collectSeconds, bytes, rawBytes, complete, conflicts } = record;
    this.#rounds.inc({ view, result: complete ? 'complete' : 'partial' });
    this.#roundSeconds.observe({ view }, seconds);
    this.#collectSeconds.observe({ view }, collectSeconds);
    this.#sent.inc({ view }, bytes);
    this.#composed.inc({ view }, rawBytes);
    if (conflicts === undefined) return;
    this.#conflicting.set({ kind: 'type' }, conflicts.types.count);
    this.#conflicting.set({ kind: 'help' }, conflicts.helps.count);
  }

  answerFailed(view: string, result: 'caller_left' | 'cut_off' | 'error'): void {
    this.#rounds.inc({ view, result });
  }

  /** Series that two targets have, as of the last look. */
  duplicatesFound(count: number): void {
    this.#duplicates.set(count);
  }

  workerCrashed(): void {
    this.#crashes.inc();
  }

  /** The exposition of the gateway's own metrics, with its Content-Type. */
  async exposition(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}

type ProviderState = ReturnType<Discovery['state']>[number];
