import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Discovery } from '../discovery/discovery.ts';
import { FAILURE_REASONS, type FailureReason } from '../scrape/failure.ts';
import type { Outcome } from '../scrape/outcome.ts';
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
      'Rounds by view and result: complete (all targets up), partial, caller_left, error.',
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
    collectDefaultMetrics({ register: this.#registry });
  }

  /** Adds what is read from the parts of the program when it is asked for. */
  observe(scraper: Scraper, discovery: Discovery): void {
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
  }

  scrapeEnded({ up, reason, durationSeconds, samples, wireBytes, bodyBytes }: Outcome): void {
    const result: FailureReason | 'success' = up ? 'success' : (reason ?? 'connection');
    this.#scrapes.inc({ result });
    this.#scrapeSeconds.observe(durationSeconds);
    this.#samples.inc(samples);
    this.#received.inc(wireBytes);
    this.#inflated.inc(bodyBytes);
  }

  answered({ view, seconds, collectSeconds, bytes, rawBytes, complete }: AnswerRecord): void {
    this.#rounds.inc({ view, result: complete ? 'complete' : 'partial' });
    this.#roundSeconds.observe({ view }, seconds);
    this.#collectSeconds.observe({ view }, collectSeconds);
    this.#sent.inc({ view }, bytes);
    this.#composed.inc({ view }, rawBytes);
  }

  answerFailed(view: string, result: 'caller_left' | 'error'): void {
    this.#rounds.inc({ view, result });
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
