import type { ScrapeLimits, TlsConfig } from '../config/scrape-config.ts';
import type { Labels } from '../discovery/target.ts';
import type { Account } from '../exposition/account.ts';
import { SpareFamilies } from '../exposition/body-family.ts';
import { BodyReader } from '../exposition/body-reader.ts';
import type { Workshop } from '../exposition/workshop.ts';
import type { LabelledExposition } from '../exposition/family-block.ts';
import { LabelRules } from '../exposition/label-rules.ts';
import { Connection } from './connection.ts';
import { Exchange, UnansweredError, type Answered } from './exchange.ts';
import { ScrapeFailure } from './failure.ts';
import { formatChain, GATEWAY_HEADER, type GatewayChain } from './gateway-chain.ts';
import type { Outcome } from './outcome.ts';
import { placeOf, redirectedTo, refererOf, type Place } from './redirect.ts';

/** What Prometheus sends for `scrape_protocols: [PrometheusText0.0.4]`. */
const ACCEPT = 'text/plain;version=0.0.4;q=0.6,*/*;q=0.5';
const MEBIBYTE = 1024 * 1024;
/** What a body may have after decompression where `body_size_limit` is not set: 256 MiB. */
export const BODY_BYTES: number = 256 * MEBIBYTE;
/** Where it is not set, larger bodies than this may not be blown up by more than that: deflate itself goes to 1,000 times. */
const INFLATION = { from: 16 * MEBIBYTE, most: 200 };
/** Requests that a scrape may take, as in Go's client. */
const MOST_REQUESTS = 10;

/** A target as its scraper needs it. A plain value that can cross threads. */
export interface ScrapedTarget {
  readonly id: number;
  readonly url: string;
  readonly labels: Labels;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly enableCompression: boolean;
  readonly followRedirects: boolean;
  readonly limits: ScrapeLimits;
  readonly tls: TlsConfig;
}

/** What a target is told with the request. */
export interface ToldTarget {
  /** The time that it has. */
  readonly timeoutSeconds: number;
  /** The gateways that the request comes through, this one last. */
  readonly chain: GatewayChain;
}

/** A scrape's end: its outcome, with the exposition when it is up. */
export interface ScrapeResult {
  readonly outcome: Outcome;
  readonly exposition?: LabelledExposition;
}

/** Scrapes one target over connections that are kept. At most one scrape at a time. */
export class TargetScraper {
  readonly rules: LabelRules;
  /** What its last body left to the next. */
  readonly spare: SpareFamilies;
  readonly #target: ScrapedTarget;
  readonly #shop: Workshop;
  readonly #userAgent: string;
  /** By origin: the target's own, and those that it redirects to. */
  #connections: Map<string, Connection> = new Map();
  #exchange: Exchange | undefined;
  #cancelled: ScrapeFailure | undefined;

  constructor(
    target: ScrapedTarget,
    shop: Workshop,
    userAgent: string,
    spare: SpareFamilies = new SpareFamilies(),
  ) {
    this.spare = spare;
    this.#target = target;
    this.#shop = shop;
    this.#userAgent = userAgent;
    this.rules = new LabelRules(target.labels, target.honorLabels, target.honorTimestamps, target.limits);
  }

  /**
   * Never rejects: a failure is an outcome. Ending it when the time is over is up to `cancel`. The body's memory is
   * counted in `account`.
   */
  async scrape(told: ToldTarget, account?: Account): Promise<ScrapeResult> {
    const start = performance.now();
    const startedAt = Date.now();
    this.#cancelled = undefined;
    const progress = (): Pick<
      Outcome,
      'durationSeconds' | 'wireBytes' | 'bodyBytes' | 'timings' | 'gateway'
    > => ({
      durationSeconds: (performance.now() - start) / 1000,
      wireBytes: this.#exchange?.wireBytes ?? 0,
      bodyBytes: this.#exchange?.bodyBytes ?? 0,
      timings: { startedAt, ...this.#exchange?.timings(start) },
      ...(this.#exchange?.gateway !== undefined && { gateway: this.#exchange.gateway }),
    });
    try {
      const exposition = await this.#follow(told, account);
      const { samples, usage } = exposition;
      return { outcome: { up: true, samples, samplesPost: samples, usage, ...progress() }, exposition };
    } catch (error) {
      const { reason, message, refused } =
        error instanceof ScrapeFailure
          ? error
          : new ScrapeFailure('connection', (error as Error).message, { cause: error });
      return { outcome: { up: false, ...refused, reason, error: message, ...progress() } };
    } finally {
      this.#exchange = undefined;
    }
  }

  /** Ends the scrape under way as failed, and its connection. */
  cancel(failure: ScrapeFailure): void {
    this.#cancelled = failure;
    this.#exchange?.cancel(failure);
  }

  close(): void {
    this.cancel(new ScrapeFailure('connection', 'the target is gone'));
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
    this.spare.close();
  }

  /** Asks the target, and goes where it redirects to, as Go's client does. */
  async #follow(told: ToldTarget, account: Account | undefined): Promise<LabelledExposition> {
    let place = placeOf(this.#target.url);
    // Prometheus finds this out no earlier either.
    if (place === undefined) throw new ScrapeFailure('connect', `${this.#target.url} is not a URL`);
    let referer: string | undefined;
    const used = new Set<string>();
    try {
      for (let requests = 1; ; requests++) {
        used.add(place.origin);
        const asked: Place = place;
        const answered = await this.#ask(asked, referer, told, account).catch((error: unknown) => {
          throw requests === 1 ? error : redirected(error, asked);
        });
        if ('exposition' in answered) return answered.exposition;
        if (requests === MOST_REQUESTS)
          throw new ScrapeFailure('redirect', `stopped after ${MOST_REQUESTS} redirects`);
        const next = redirectedTo(place, answered.location);
        referer = refererOf(place, next);
        place = next;
      }
    } finally {
      this.#forgetOthers(used);
    }
  }

  /** A kept connection may have died unseen. As Go's transport does, one that breaks before any answer is tried anew, once. */
  async #ask(
    place: Place,
    referer: string | undefined,
    told: ToldTarget,
    account: Account | undefined,
  ): Promise<Answered> {
    const { origin } = place;
    const kept = this.#connections.get(origin);
    // A redirect with a long body costs its connection while the scrape goes on.
    const connection = kept === undefined || kept.closed ? this.#connect(origin) : kept;
    const { opened } = connection;
    try {
      return await this.#exchangeOn(connection, place, referer, told, account);
    } catch (error) {
      if (!(error instanceof UnansweredError)) throw error;
      const reused = opened > 0 && connection.opened === opened;
      if (!reused || this.#cancelled !== undefined) throw error;
      return await this.#exchangeOn(this.#connect(origin), place, referer, told, account);
    }
  }

  async #exchangeOn(
    connection: Connection,
    { origin, path }: Place,
    referer: string | undefined,
    told: ToldTarget,
    account: Account | undefined,
  ): Promise<Answered> {
    if (this.#cancelled !== undefined) throw this.#cancelled;
    const { enableCompression, followRedirects, limits } = this.#target;
    this.#exchange = new Exchange({
      connection,
      followRedirects,
      chain: told.chain,
      request: {
        origin,
        path,
        method: 'GET',
        headers: {
          accept: ACCEPT,
          'accept-encoding': enableCompression ? 'gzip' : 'identity',
          'user-agent': this.#userAgent,
          'x-prometheus-scrape-timeout-seconds': String(told.timeoutSeconds),
          [GATEWAY_HEADER]: formatChain(told.chain),
          ...(referer !== undefined && { referer }),
        },
      },
      read: (head) =>
        new BodyReader(this.#shop, this.rules, {
          ...head,
          ...bodyBounds(limits.bodySizeLimit),
          sampleLimit: limits.sampleLimit,
          spare: this.spare,
          ...(account !== undefined && { account }),
        }),
    });
    return await this.#exchange.run();
  }

  #connect(origin: string): Connection {
    const connection = new Connection(origin, this.#target.tls);
    this.#connections.set(origin, connection);
    return connection;
  }

  /** A target that redirects to other places each time must not leave connections to all of them. */
  #forgetOthers(used: ReadonlySet<string>): void {
    for (const [origin, connection] of this.#connections) {
      if (used.has(origin) && !connection.closed) continue;
      connection.close();
      this.#connections.delete(origin);
    }
  }
}

/** A failure behind a redirect names the place where it came to be. */
function redirected(error: unknown, { origin, path }: Place): unknown {
  const at = `redirected to ${(origin + path).slice(0, 200)}: `;
  if (error instanceof ScrapeFailure) {
    const { reason, message, refused, cause } = error;
    return new ScrapeFailure(reason, at + message, { cause, refused });
  }
  return new ScrapeFailure('connection', at + (error as Error).message, { cause: error });
}

/** `body_size_limit` refuses a body of exactly that size, as in Prometheus; the bounds that stand without it are inclusive. */
function bodyBounds(bodySizeLimit: number): {
  limit: number;
  inflation?: { readonly from: number; readonly most: number };
} {
  return bodySizeLimit > 0 ? { limit: bodySizeLimit } : { limit: BODY_BYTES + 1, inflation: INFLATION };
}
