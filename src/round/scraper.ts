import type { ScrapeConfig } from '../config/scrape-config.ts';
import type { ScrapePools, TargetSet } from '../discovery/target.ts';
import { failed, timedOut, type Outcome } from '../scrape/outcome.ts';
import { createGatewayId, type GatewayChain } from '../scrape/gateway-chain.ts';
import type { AnswerEntry } from '../worker/packed-entries.ts';
import { awaitScrapes, type RoundEntry, type RoundOptions } from './round.ts';
import { MemoryLedger } from '../worker/memory-ledger.ts';
import { ClaimFinder } from '../merge/claim-finder.ts';
import { CommonAnswers } from './common-answers.ts';
import { LastRound } from './last-round.ts';
import { MemoryGuard } from './memory-guard.ts';
import { OwnedTargets } from './owned-targets.ts';
import { selectReport } from './report-answers.ts';
import { readMetadata, type TargetsMetadata } from './targets-metadata.ts';
import { Releases } from './releases.ts';
import { Rest } from './rest.ts';
import { RoundHistory } from './round-history.ts';
import { Scrape, type OwnedTarget } from './scrape.ts';
import { overTargetLimit } from './target-limits.ts';
import { Turns } from './turns.ts';
import { WorkerPool } from '../worker/worker-pool.ts';
import type { Selector } from '../selector/selector.ts';
import type { WorkerThread } from '../worker/worker-thread.ts';

/** A virt-handler with a hung VM answers after 10 s. */
const ABANDON_AFTER_MS = 12_000;

/** A cluster whose bodies change their size all the time must not lose its connections all the time. */
const SPREAD_EVERY_MS = 5 * 60_000;

/** Where what happens is counted. */
export interface ScrapeEvents {
  scrapeEnded(target: OwnedTarget, outcome: Outcome): void;
  workerCrashed(error: Error): void;
}

export interface ScraperOptions {
  readonly pools: ScrapePools;
  /** How long an ended scrape is used again; 0 is never. */
  readonly reuseMs: number;
  /** Age to which a scrape that nobody waits for goes on; 12 s by default. */
  readonly abandonAfterMs?: number;
  readonly maxWorkers: number;
  /** Time between two spreads of the same targets over the workers; 5 minutes by default. */
  readonly spreadEveryMs?: number;
  readonly userAgent: string;
  /** Counts what the workers hold, and says how much they may; by default without a bound. */
  readonly ledger?: MemoryLedger;
  readonly events: ScrapeEvents;
}

/** What one caller waited for. Its expositions stay until it is disposed of. */
export interface Round extends Disposable {
  readonly entries: readonly RoundEntry[];
  /** The workers with their entries, in the order of the targets. */
  shares(): readonly { readonly worker: WorkerThread; readonly entries: readonly AnswerEntry[] }[];
}

/**
 * Owns the workers, the targets and the scrapes under way. There is never more than one scrape of a target: whoever asks
 * joins it.
 */
export class Scraper implements AsyncDisposable {
  readonly #options: ScraperOptions;
  /** By which other gateways know this one. */
  readonly gatewayId: string = createGatewayId();
  readonly #workers: WorkerPool;
  readonly #owned: OwnedTargets;
  /** Scrapes under way. */
  readonly #scrapes: Map<number, Scrape> = new Map();
  readonly #turns: Turns = new Turns();
  /** Ended scrapes whose expositions the workers hold. */
  readonly #kept: Set<Scrape> = new Set();
  readonly #releases: Releases;
  /** Makes the answers of rounds. */
  readonly answers: CommonAnswers;
  /** Makes room when memory is short; whoever writes an answer tells it. */
  readonly memory: MemoryGuard;
  /** What the last round of `/metrics` was; whoever answers it tells of it. */
  readonly lastRound: LastRound = new LastRound();
  /** What the rounds of `/metrics` before it were like. */
  readonly roundHistory: RoundHistory = new RoundHistory();
  readonly #rest: Rest;
  #claims: ClaimFinder = new ClaimFinder([]);
  /** By scrape pool, what becomes of targets that are not scraped at all. */
  #refused: ReadonlyMap<string, Outcome> = new Map();
  #lastScrape = 0;
  /** What is being asked for. */
  #metadata: Promise<TargetsMetadata> | undefined;
  #lastQuestion = 0;
  #spreadTimer: NodeJS.Timeout | undefined;
  /** `performance.now()` from which on the targets may be spread anew. */
  #nextSpread = 0;

  constructor(options: ScraperOptions) {
    this.#options = options;
    const { ledger = new MemoryLedger() } = options;
    this.#workers = new WorkerPool(options.userAgent, ledger, {
      scraped: (id, outcome) => this.#ended(id, outcome),
      memoryShort: () => this.memory.relieve(),
      crashed: (index, error) => this.#crashed(index, error),
    });
    this.#owned = new OwnedTargets(this.#workers, options.pools, options.maxWorkers);
    this.memory = new MemoryGuard(ledger, this.#workers);
    this.#rest = new Rest({
      isBusy: () => this.#scrapes.size > 0 || this.#kept.size > 0 || this.memory.readers > 0,
      begun: () => this.memory.tidy(),
    });
    this.#releases = new Releases(this.#workers);
    this.answers = new CommonAnswers(ledger);
    // While it starts, the targets are looked for.
    this.#workers.grow(1);
  }

  /** The targets as they are now, in the order of the target set. */
  get targets(): readonly OwnedTarget[] {
    return this.#owned.list;
  }

  /** Tells where targets of the target set may have the same series. */
  get claims(): ClaimFinder {
    return this.#claims;
  }

  get configs(): Iterable<ScrapeConfig> {
    return this.#options.pools.values();
  }

  /** The scrape config of a target. */
  configOf(target: OwnedTarget): ScrapeConfig {
    return this.#owned.configOf(target);
  }

  get workers(): number {
    return this.#workers.size;
  }

  get scrapesInFlight(): number {
    return this.#scrapes.size;
  }

  /** Ended scrapes whose expositions are held, for answers under way or for reuse. */
  get scrapesKept(): number {
    return this.#kept.size;
  }

  /** Takes a new target set. Targets that stay keep their connections, and their scrapes under way. */
  setTargets(set: TargetSet): void {
    const { targets } = set;
    this.#claims = new ClaimFinder(targets.map(({ labels }) => labels));
    this.#refused = overTargetLimit(targets, this.#options.pools);
    this.#letGo(this.#owned.set(targets));
    this.#rest.stir();
  }

  /** Joins the scrapes of these targets that are under way, starts the missing ones, and waits for them. */
  async round(targets: readonly OwnedTarget[], options: RoundOptions): Promise<Round> {
    const scrapes = targets.map((target) =>
      this.#joinOrStart(target, options.timeoutMs(target), options.chain ?? []),
    );
    const isComplete = scrapes.every(({ outcome }) => outcome !== undefined);
    const { selectors = [] } = options;
    const forget = isComplete || selectReport(selectors) ? undefined : this.#expect(scrapes, selectors);
    for (const scrape of scrapes) this.#pin(scrape);
    try {
      const entries = await awaitScrapes(scrapes, options, (scrape) => this.#left(scrape));
      return {
        entries,
        shares: () => this.#shares(entries, options.unreported === true),
        [Symbol.dispose]: () => {
          forget?.();
          for (const scrape of scrapes) this.#unpin(scrape);
        },
      };
    } catch (error) {
      forget?.();
      for (const scrape of scrapes) this.#unpin(scrape);
      throw error;
    } finally {
      this.#spreadLater();
    }
  }

  /** TYPE and HELP of what each target exposed last, by the target's number. One whose worker has ended is not there. */
  metadata(): Promise<TargetsMetadata> {
    this.#metadata ??= readMetadata(this.#workers.threads).finally(() => (this.#metadata = undefined));
    return this.#metadata;
  }

  /** Tells the workers what will be asked for of these, so that they can begin; returns what tells them that it was. */
  #expect(scrapes: readonly Scrape[], selectors: readonly Selector[]): () => void {
    const question = ++this.#lastQuestion;
    const workers = [...this.#workers.threads];
    const ended = workers.map((): number[] => []);
    if (selectors.length > 0) {
      for (const { id, target, outcome } of scrapes)
        if (outcome?.up === true) ended[target.worker]!.push(target.id, id);
    }
    for (const [i, worker] of workers.entries())
      worker.post({ type: 'expect', question, selectors, ended: ended[i]! });
    return () => {
      for (const worker of workers) worker.post({ type: 'forget', question });
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#nextSpread = Number.POSITIVE_INFINITY;
    clearTimeout(this.#spreadTimer);
    this.#rest[Symbol.dispose]();
    this.memory[Symbol.dispose]();
    this.answers[Symbol.dispose]();
    for (const scrape of this.#scrapes.values()) clearTimeout(scrape.abandonTimer);
    await this.#workers[Symbol.asyncDispose]();
  }

  /** Lets go of targets that are no longer in the target set, or moved. */
  #letGo(targets: readonly OwnedTarget[]): void {
    for (const gone of targets) {
      this.#dropReusable(gone);
      if (gone.inFlight !== undefined && gone.inFlight.waiters.size === 0) this.#cancel(gone.inFlight);
      this.#owned.unpin(gone, 0);
    }
  }

  /** Spreads the targets anew where that is worth it, once what the round has scraped is not to be used again. */
  #spreadLater(): void {
    if (this.#spreadTimer !== undefined || performance.now() < this.#nextSpread) return;
    this.#spreadTimer = setTimeout(() => {
      this.#spreadTimer = undefined;
      const moved = this.#owned.spread();
      if (moved.length === 0) return;
      this.#nextSpread = performance.now() + (this.#options.spreadEveryMs ?? SPREAD_EVERY_MS);
      this.#letGo(moved);
    }, this.#options.reuseMs);
    this.#spreadTimer.unref();
  }

  #shares(
    entries: readonly RoundEntry[],
    unreported: boolean,
  ): { worker: WorkerThread; entries: AnswerEntry[] }[] {
    const shares = this.#workers.threads.map((worker) => ({ worker, entries: [] as AnswerEntry[] }));
    for (const { target, scrape, outcome } of entries) {
      // A worker that crashed since took the exposition with it; the scrape's own outcome says so by now.
      const now = outcome.up ? scrape.outcome! : outcome;
      const entry: AnswerEntry = { target: target.id, scrape: scrape.id, outcome: now };
      shares[target.worker]!.entries.push(unreported ? { ...entry, unreported } : entry);
    }
    return shares.filter((share) => share.entries.length > 0);
  }

  /** A crashed worker costs its targets the scrapes that it had. */
  #crashed(index: number, error: Error): void {
    this.#options.events.workerCrashed(error);
    const outcome = ({ startedAt }: Scrape): Outcome =>
      failed('worker', `the worker thread ended: ${error.message}`, (performance.now() - startedAt) / 1000);
    const targets = this.#owned.tellAgain(index);
    for (const scrape of this.#kept) {
      if (scrape.target.worker === index) scrape.outcome = outcome(scrape);
    }
    for (const owned of targets) this.#dropReusable(owned);
    // Those that were waiting for their turn lose nothing.
    const begun = [...this.#scrapes.values()].filter((scrape) => this.#turns.has(scrape));
    for (const scrape of begun) {
      if (scrape.target.worker === index) this.#ended(scrape.id, outcome(scrape));
    }
  }

  #joinOrStart(target: OwnedTarget, timeoutMs: number, chain: GatewayChain): Scrape {
    const refused = this.#refused.get(target.target.scrapePool);
    if (refused !== undefined) {
      const none = new Scrape(++this.#lastScrape, target, performance.now(), timeoutMs);
      this.#setOutcome(none, refused);
      return none;
    }
    // Gateways that wait for each other's scrapes of each other would wait without end: each of them asks for itself.
    if (chain.length > 0 && target.gateway !== undefined)
      return this.#start(this.#owned.twin(target), timeoutMs, chain);
    const running = target.inFlight;
    if (running !== undefined && !running.cancelled) {
      // One that hangs must not be kept alive by callers who come one after the other.
      if (performance.now() - running.startedAt < Math.max(this.#abandonAfterMs, running.timeoutMs)) {
        clearTimeout(running.abandonTimer);
        return running;
      }
      this.#cancel(running);
    }
    return target.reusable ?? this.#start(target, timeoutMs, chain);
  }

  #start(target: OwnedTarget, timeoutMs: number, chain: GatewayChain): Scrape {
    const scrape = new Scrape(++this.#lastScrape, target, performance.now(), timeoutMs, chain);
    target.inFlight = scrape;
    target.pins++;
    this.#scrapes.set(scrape.id, scrape);
    if (this.#turns.enter(scrape)) this.#begin(scrape);
    return scrape;
  }

  get #abandonAfterMs(): number {
    return this.#options.abandonAfterMs ?? ABANDON_AFTER_MS;
  }

  #begin({ id, target, timeoutMs, chain }: Scrape): void {
    // A patient caller may join, so the target is not told of an impatient one.
    const timeoutSeconds = Math.max(timeoutMs, target.target.scrapeTimeoutMs) / 1000;
    const told = { timeoutSeconds, chain: [...chain, this.gatewayId] };
    this.#workers.at(target.worker).scrape({ target: target.id, scrape: id, told });
  }

  #ended(id: number, outcome: Outcome): void {
    const scrape = this.#scrapes.get(id);
    if (scrape === undefined) return;
    this.#scrapes.delete(id);
    const { target } = scrape;
    clearTimeout(scrape.abandonTimer);
    if (target.inFlight === scrape) target.inFlight = undefined;
    const next = this.#turns.leave(scrape);
    if (next !== undefined) this.#begin(next);
    if (outcome.up) this.#kept.add(scrape);
    this.#pin(scrape);
    if (this.#options.reuseMs > 0 && !target.gone) this.#keepForReuse(target, scrape);
    this.#unpin(scrape);
    this.#owned.ended(target, outcome);
    this.#owned.unpin(target, 1);
    this.#setOutcome(scrape, outcome);
    for (const waiter of scrape.waiters) waiter();
    scrape.waiters.clear();
    this.#rest.stir();
  }

  #setOutcome(scrape: Scrape, outcome: Outcome): void {
    scrape.outcome = outcome;
    const { target } = scrape;
    const endedAt = Date.now();
    const known = target.twinOf ?? target;
    known.last = { outcome, startedAt: outcome.timings?.startedAt ?? scrape.startedAtMs, endedAt };
    known.history.add(endedAt, outcome);
    if (outcome.up || outcome.gateway !== undefined) known.gateway = outcome.gateway;
    this.#options.events.scrapeEnded(target, outcome);
  }

  #keepForReuse(target: OwnedTarget, scrape: Scrape): void {
    target.reusable = scrape;
    this.#pin(scrape);
    setTimeout(() => {
      if (target.reusable === scrape) this.#dropReusable(target);
    }, this.#options.reuseMs).unref();
  }

  #dropReusable(target: OwnedTarget): void {
    const scrape = target.reusable;
    target.reusable = undefined;
    if (scrape !== undefined) this.#unpin(scrape);
  }

  /** Somebody stopped waiting for a scrape that is under way. */
  #left(scrape: Scrape): void {
    if (scrape.waiters.size > 0 || scrape.outcome !== undefined) return;
    const age = performance.now() - scrape.startedAt;
    clearTimeout(scrape.abandonTimer);
    scrape.abandonTimer = setTimeout(() => this.#cancel(scrape), Math.max(0, this.#abandonAfterMs - age));
    scrape.abandonTimer.unref();
  }

  #cancel(scrape: Scrape): void {
    if (scrape.cancelled) return;
    scrape.cancelled = true;
    if (!this.#turns.has(scrape)) {
      this.#ended(scrape.id, timedOut((performance.now() - scrape.startedAt) / 1000));
      return;
    }
    this.#workers.at(scrape.target.worker).post({ type: 'cancel', scrape: scrape.id, reason: 'timeout' });
  }

  #pin(scrape: Scrape): void {
    scrape.pins++;
    scrape.target.pins++;
  }

  #unpin(scrape: Scrape): void {
    scrape.pins--;
    if (scrape.pins === 0 && this.#kept.delete(scrape)) this.#releases.add(scrape);
    this.#owned.unpin(scrape.target, 1);
  }
}
