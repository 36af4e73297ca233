import { Workshop } from '../exposition/workshop.ts';
import { freeParts, type LabelledExposition } from '../exposition/family-block.ts';
import { hasReportNames } from '../merge/report.ts';
import type { ShareTarget } from '../merge/share.ts';
import { ScrapeFailure } from '../scrape/failure.ts';
import type { Outcome } from '../scrape/outcome.ts';
import { TargetScraper, type ScrapedTarget, type ToldTarget } from '../scrape/target-scraper.ts';
import { collectGarbage } from './collect.ts';
import type { ComposeAhead } from './compose-ahead.ts';
import type { MatchAhead } from './match-ahead.ts';
import type { MemoryLedger } from './memory-ledger.ts';
import { MetadataStore } from './metadata-store.ts';
import type { AnswerEntry } from './packed-entries.ts';
import { memoryMessage, WorkerMemory } from './worker-memory.ts';

/** Bytes of small blocks that may wait uncompressed; above it they are deflated each on its own. */
const MAX_SMALL_BYTES = 32 * 1024 * 1024;

/** Why a scrape is ended. */
export type CancelReason = 'timeout' | 'memory';

export interface WorkerScrapesOptions {
  readonly userAgent: string;
  readonly ledger: MemoryLedger;
  /** The worker's place in the ledger. */
  readonly thread: number;
  ended(scrape: number, outcome: Outcome): void;
  /** What may be done before anybody asks for it. */
  readonly ahead?: ComposeAhead;
  readonly matches?: MatchAhead;
  /** Memory is short, and this worker has nothing large under way. */
  memoryShort(): void;
}

/** The targets of one worker, their scrapes under way, and the expositions that somebody may still ask for. */
export class WorkerScrapes {
  readonly #options: WorkerScrapesOptions;
  readonly #shop = new Workshop();
  readonly #scrapers: Map<number, TargetScraper> = new Map();
  readonly #running: Map<number, TargetScraper> = new Map();
  readonly #expositions: Map<number, LabelledExposition> = new Map();
  #smallBytes = 0;
  /** What all of it takes; the worker's answers are counted here too. */
  readonly memory: WorkerMemory;
  readonly metadata: MetadataStore = new MetadataStore();

  constructor(options: WorkerScrapesOptions) {
    this.#options = options;
    this.memory = new WorkerMemory(options.ledger, options.thread, {
      giveWay: (scrape) => this.cancel(scrape, 'memory'),
      call: () => options.memoryShort(),
      processBytes: () => process.memoryUsage.rss(),
      collect: () => collectGarbage('now'),
    });
  }

  changeTargets(added: readonly ScrapedTarget[], removed: readonly number[]): void {
    for (const id of removed) {
      this.#scrapers.get(id)?.close();
      this.#scrapers.delete(id);
      this.metadata.forget(id);
    }
    for (const target of added)
      this.#scrapers.set(target.id, new TargetScraper(target, this.#shop, this.#options.userAgent));
  }

  /** Scrapes a target; `ended` is called once, whatever becomes of it. */
  async scrape(target: number, id: number, told: ToldTarget): Promise<void> {
    const scraper = this.#scrapers.get(target)!;
    this.#running.set(id, scraper);
    this.#options.ahead?.begun(target);
    const { outcome, exposition } = await scraper.scrape(told, this.memory.account(id));
    this.#running.delete(id);
    this.memory.close(id);
    if (exposition !== undefined) this.#keep(id, exposition);
    const reportNames = exposition !== undefined && hasReportNames(exposition);
    this.#options.ended(id, reportNames ? { ...outcome, reportNames } : outcome);
    if (exposition !== undefined && this.#scrapers.has(target)) this.metadata.take(target, exposition);
    this.#options.ahead?.scraped(id, target, exposition);
    if (exposition !== undefined) this.#options.matches?.scraped(id, exposition, scraper.rules);
  }

  cancel(scrape: number, reason: CancelReason): void {
    const scraper = this.#running.get(scrape);
    const message =
      reason === 'memory'
        ? memoryMessage(this.memory.bytesOf(scrape), this.#options.ledger)
        : 'no complete answer in the time that any caller gave it';
    scraper?.cancel(new ScrapeFailure(reason, message));
  }

  /** Scrapes under way. */
  get running(): number {
    return this.#running.size;
  }

  release(scrapes: readonly number[]): void {
    this.#options.ahead?.released(scrapes);
    this.#options.matches?.released(scrapes);
    for (const scrape of scrapes) {
      const exposition = this.#expositions.get(scrape);
      if (exposition === undefined) continue;
      this.#expositions.delete(scrape);
      this.#count(exposition, -1);
      free(exposition);
    }
  }

  /** A target as an answer shows it. Throws when its exposition is gone. */
  shareTarget({ target, scrape, outcome, unreported }: AnswerEntry): ShareTarget {
    const { rules } = this.#scrapers.get(target)!;
    const exposition = outcome.up ? this.#expositions.get(scrape) : undefined;
    if (outcome.up && exposition === undefined) throw new Error(`the exposition of scrape ${scrape} is gone`);
    return {
      rules,
      outcome,
      ...(unreported && { unreported }),
      ...(exposition !== undefined && { exposition }),
    };
  }

  #keep(scrape: number, exposition: LabelledExposition): void {
    this.#expositions.set(scrape, exposition);
    this.#count(exposition, 1);
  }

  #count({ smallBytes, heldBytes }: LabelledExposition, sign: number): void {
    this.#smallBytes += sign * smallBytes;
    this.#shop.packer.keepSmall = this.#smallBytes < MAX_SMALL_BYTES;
    this.memory.add(sign * heldBytes);
  }
}

function free(exposition: LabelledExposition): void {
  for (const { parts } of exposition.families) freeParts(parts);
}
