import { Client, type Dispatcher } from 'undici';
import type { TlsConfig } from '../config/scrape-config.ts';
import type { Labels } from '../discovery/target.ts';
import { BodyReader, BodySizeError, EncodingError, type Workshop } from '../exposition/body-reader.ts';
import type { LabelledExposition } from '../exposition/family-block.ts';
import { isOpenMetrics } from '../exposition/openmetrics.ts';
import { LabelRules } from '../exposition/label-rules.ts';
import { ScanError } from '../exposition/scan-error.ts';
import { Connector } from './connector.ts';
import { ScrapeFailure } from './failure.ts';
import type { Outcome } from './outcome.ts';

/** What Prometheus sends for `scrape_protocols: [PrometheusText0.0.4]`. */
const ACCEPT = 'text/plain;version=0.0.4;q=0.6,*/*;q=0.5';
/** Bytes that a body may have after decompression. */
const BODY_LIMIT = 256 * 1024 * 1024;
/** KubeVirt's servers keep idle connections; between two scrapes usually lie 30 s, seldom more than minutes. */
const KEEP_ALIVE_MS = 10 * 60_000;

/** A target as its scraper needs it. A plain value that can cross threads. */
export interface ScrapedTarget {
  readonly id: number;
  readonly url: string;
  readonly labels: Labels;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly enableCompression: boolean;
  readonly tls: TlsConfig;
}

/** A scrape's end: its outcome, with the exposition when it is up. */
export interface ScrapeResult {
  readonly outcome: Outcome;
  readonly exposition?: LabelledExposition;
}

/** Scrapes one target over one connection that is kept. At most one scrape at a time. */
export class TargetScraper {
  readonly rules: LabelRules;
  readonly #target: ScrapedTarget;
  /** Undefined when the URL is none, which Prometheus finds out no earlier than here. */
  readonly #url: URL | undefined;
  readonly #shop: Workshop;
  readonly #userAgent: string;
  #client: Client | undefined;
  #connector: Connector | undefined;
  #cancel: ((failure: ScrapeFailure) => void) | undefined;

  constructor(target: ScrapedTarget, shop: Workshop, userAgent: string) {
    this.#target = target;
    this.#url = URL.parse(target.url) ?? undefined;
    this.#shop = shop;
    this.#userAgent = userAgent;
    this.rules = new LabelRules(target.labels, target.honorLabels, target.honorTimestamps);
  }

  /** Never rejects: a failure is an outcome. `timeoutSeconds` is told to the target; ending it is up to `cancel`. */
  async scrape(timeoutSeconds: number): Promise<ScrapeResult> {
    const start = performance.now();
    const progress = { wireBytes: 0, bodyBytes: 0 };
    const seconds = (): number => (performance.now() - start) / 1000;
    try {
      const exposition = await this.#withRetry(timeoutSeconds, progress);
      const { samples } = exposition;
      const outcome = { up: true, durationSeconds: seconds(), samples, samplesPost: samples, ...progress };
      return { outcome, exposition };
    } catch (error) {
      this.#disconnect();
      const { reason, message } = failureOf(error);
      const { samples, samplesPost } = error instanceof ScanError ? error : { samples: 0, samplesPost: 0 };
      return {
        outcome: {
          up: false,
          durationSeconds: seconds(),
          samples,
          samplesPost,
          reason,
          error: message,
          ...progress,
        },
      };
    }
  }

  /** Ends the scrape under way as failed, and its connection. */
  cancel(failure: ScrapeFailure): void {
    this.#cancel?.(failure);
  }

  close(): void {
    this.cancel(new ScrapeFailure('connection', 'the target is gone'));
    this.#disconnect();
  }

  #disconnect(): void {
    this.#connector?.abort();
    // Nothing is under way that could be told of the end.
    void this.#client?.destroy();
    this.#client = undefined;
    this.#connector = undefined;
  }

  /** A kept connection may have died unseen. As Go's transport does, one that breaks before any answer is tried anew, once. */
  async #withRetry(timeoutSeconds: number, progress: Progress): Promise<LabelledExposition> {
    const opened = this.#connector?.opened ?? 0;
    try {
      return await this.#request(timeoutSeconds, progress);
    } catch (error) {
      const reused = opened > 0 && this.#connector?.opened === opened;
      if (!(error instanceof UnansweredError) || !reused) throw error;
      this.#disconnect();
      return await this.#request(timeoutSeconds, progress);
    }
  }

  async #request(timeoutSeconds: number, progress: Progress): Promise<LabelledExposition> {
    const url = this.#url;
    if (url === undefined) throw new ScrapeFailure('connect', `${this.#target.url} is not a URL`);
    const { promise, resolve, reject } = Promise.withResolvers<LabelledExposition>();
    let reader: BodyReader | undefined;
    let settled = false;
    const fail = (error: unknown): void => {
      if (settled) return;
      settled = true;
      reader?.close();
      this.#cancel = undefined;
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    this.#cancel = (failure) => {
      fail(failure);
      this.#disconnect();
    };
    /** Runs the reader; the thread does other things where it pauses. Returns undefined when the scrape has ended meanwhile. */
    const run = async <T>(
      from: BodyReader,
      steps: Generator<void, T, void>,
      controller: Dispatcher.DispatchController,
    ): Promise<T | undefined> => {
      try {
        for (;;) {
          const step = steps.next();
          if (step.done === true) {
            controller.resume();
            return step.value;
          }
          // No more bytes until it is done with these.
          controller.pause();
          await nextTurn();
          if (settled) return undefined;
        }
      } catch (error) {
        fail(error);
        this.#disconnect();
        return undefined;
      } finally {
        progress.wireBytes = from.wireBytes;
        progress.bodyBytes = from.bodyBytes;
      }
    };
    const end = async (from: BodyReader, controller: Dispatcher.DispatchController): Promise<void> => {
      const exposition = await run(from, from.finish(), controller);
      if (settled || exposition === undefined) return;
      settled = true;
      this.#cancel = undefined;
      resolve(exposition);
    };
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => {},
      onResponseStart: (_controller, status, headers, statusText) => {
        // What comes before the answer, such as 103 Early Hints, is none.
        if (settled || status < 200) return;
        if (status !== 200) {
          fail(
            new ScrapeFailure(
              'http_status',
              `server returned HTTP status ${status} ${statusText ?? ''}`.trimEnd(),
            ),
          );
          this.#disconnect();
          return;
        }
        reader = new BodyReader(this.#shop, this.rules, {
          gzip: firstOf(headers['content-encoding']) === 'gzip',
          limit: BODY_LIMIT,
          openMetrics: isOpenMetrics(firstOf(headers['content-type']) ?? ''),
        });
      },
      onResponseData: (controller, chunk) => {
        if (settled || reader === undefined) return;
        void run(reader, reader.push(chunk), controller);
      },
      onResponseEnd: (controller) => {
        if (settled || reader === undefined) return;
        void end(reader, controller);
      },
      onResponseError: (_controller, error) => {
        fail(
          reader === undefined && !(error instanceof ScrapeFailure)
            ? new UnansweredError(error.message, { cause: error })
            : error,
        );
      },
    };
    this.#connected(url.origin).dispatch(
      {
        origin: url.origin,
        path: pathOf(this.#target.url),
        method: 'GET',
        headers: {
          accept: ACCEPT,
          'accept-encoding': this.#target.enableCompression ? 'gzip' : 'identity',
          'user-agent': this.#userAgent,
          'x-prometheus-scrape-timeout-seconds': String(timeoutSeconds),
        },
      },
      handler,
    );
    return await promise;
  }

  #connected(origin: string): Client {
    if (this.#client === undefined) {
      const connector = new Connector(this.#target.tls);
      this.#connector = connector;
      this.#client = new Client(origin, {
        connect: connector.connect,
        pipelining: 1,
        keepAliveTimeout: KEEP_ALIVE_MS,
        keepAliveMaxTimeout: KEEP_ALIVE_MS,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
    }
    return this.#client;
  }
}

/** A header that came several times counts as it came first, as in Go. */
function firstOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'object' ? header[0] : header;
}

/** Path and query as they stand in the URL: Prometheus does not resolve `..` in them. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  return start < 0 ? '/' : url.slice(start);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

interface Progress {
  wireBytes: number;
  bodyBytes: number;
}

/** The connection broke before an answer began. */
class UnansweredError extends Error {}

function failureOf(error: unknown): ScrapeFailure {
  if (error instanceof ScrapeFailure) return error;
  const { message } = error as Error;
  if (error instanceof ScanError) return new ScrapeFailure('exposition', message, { cause: error });
  if (error instanceof EncodingError) return new ScrapeFailure('encoding', message, { cause: error });
  if (error instanceof BodySizeError) return new ScrapeFailure('body_size', message, { cause: error });
  return new ScrapeFailure('connection', message, { cause: error });
}
