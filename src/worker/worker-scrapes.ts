import { SpareFamilies } from '../exposition/body-family.ts';
import { Workshop } from '../exposition/workshop.ts';
import { BufferPool } from '../exposition/buffer-pool.ts';
import type { LabelledExposition } from '../exposition/family-block.ts';
import { hasReportNames } from '../merge/report.ts';
import type { ShareTarget } from '../merge/share.ts';
import { ScrapeFailure } from '../scrape/failure.ts';
import type { Outcome } from '../scrape/outcome.ts';
import { TargetScraper, type ScrapedTarget, type ToldTarget } from '../scrape/target-scraper.ts';
import { collectGarbage } from './collect.ts';
import type { ComposeAhead } from './compose-ahead.ts';
import type { HeldExposition, MatchAhead } from './match-ahead.ts';
import type { MemoryLedger } from './memory-ledger.ts';
import { MetadataStore } from './metadata-store.ts';
import type { AnswerEntry } from './packed-entries.ts';
import { memoryMessage, WorkerMemory } from './worker-memory.ts';

/** Bytes of small blocks that may wait uncompressed; above it they are deflated each on its own. */
const MAX_SMALL_BYTES = 32 * 1024 * 1024;

/** The part of what all may hold that a worker keeps for its next bodies. */
const MOST_FREE_PART = 1 / 16;

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

interface KeptExposition {
  readonly exposition: LabelledExposition;
  /** Where its objects go when nobody reads it any more. */
  readonly spare: SpareFamilies;
}

/** The targets of one worker, their scrapes under way, and the expositions that somebody may still ask for. */
export class WorkerScrapes {
  readonly #options: WorkerScrapesOptions;
  readonly #shop = new Workshop();
  readonly #scrapers: Map<number, TargetScraper> = new Map();
  readonly #running: Map<number, TargetScraper> = new Map();
  readonly #expositions: Map<number, KeptExposition> = new Map();
  /** By exposition, the open answers that read it. */
  readonly #readers: Map<LabelledExposition, number> = new Map();
  /** Those that were given up while an answer read them. */
  readonly #released: Map<LabelledExposition, KeptExposition> = new Map();
  #smallBytes = 0;
  /** What all of it takes; the worker's answers are counted here too. */
  readonly memory: WorkerMemory;
  readonly metadata: MetadataStore = new MetadataStore();

  constructor(options: WorkerScrapesOptions) {
    this.#options = options;
    this.memory = new WorkerMemory(options.ledger, options.thread, {
      spare: () => this.#shop.packer.buffers.clear(),
      giveWay: (scrape) => this.cancel(scrape, 'memory'),
      call: () => options.memoryShort(),
      processBytes: () => process.memoryUsage.rss(),
      collect: () => this.collectGarbage('now'),
    });
    const { packer } = this.#shop;
    packer.isLate = () =>
      this.#running.size === 1 && options.ahead !== undefined && options.ahead.runs.size > 0;
    packer.buffers = new BufferPool((bytes) => this.memory.add(bytes), options.ledger.limit * MOST_FREE_PART);
  }

  changeTargets(added: readonly ScrapedTarget[], removed: readonly number[]): void {
    for (const id of removed) {
      this.#scrapers.get(id)?.close();
      this.#scrapers.delete(id);
      this.metadata.forget(id);
    }
    if (removed.length > 0) this.#shop.packer.buffers.clear();
    const { userAgent } = this.#options;
    for (const target of added) {
      const spare = new SpareFamilies((bytes) => this.memory.add(bytes));
      this.#scrapers.set(target.id, new TargetScraper(target, this.#shop, userAgent, spare));
    }
  }

  /** Scrapes a target; `ended` is called once, whatever becomes of it. */
  async scrape(target: number, id: number, told: ToldTarget): Promise<void> {
    const scraper = this.#scrapers.get(target)!;
    this.#running.set(id, scraper);
    this.#options.ahead?.begun(target);
    const { outcome, exposition } = await scraper.scrape(told, this.memory.account(id));
    this.#running.delete(id);
    this.memory.close(id);
    if (exposition !== undefined) this.#keep(id, { exposition, spare: scraper.spare });
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
      const kept = this.#expositions.get(scrape);
      if (kept === undefined) continue;
      this.#expositions.delete(scrape);
      if (this.#readers.has(kept.exposition)) this.#released.set(kept.exposition, kept);
      else this.#free(kept);
    }
  }

  /** What is there of these: target and scrape, one pair after the other. */
  held(pairs: readonly number[]): HeldExposition[] {
    const held: HeldExposition[] = [];
    for (let i = 0; i < pairs.length; i += 2) {
      const scrape = pairs[i + 1]!;
      const scraper = this.#scrapers.get(pairs[i]!);
      const exposition = this.#expositions.get(scrape)?.exposition;
      if (scraper !== undefined && exposition !== undefined)
        held.push({ scrape, exposition, rules: scraper.rules });
    }
    return held;
  }

  /** A target as an answer shows it. What it exposed stays until `letGo`. Throws when its exposition is gone. */
  shareTarget({ target, scrape, outcome, unreported }: AnswerEntry): ShareTarget {
    const { rules } = this.#scrapers.get(target)!;
    const exposition = outcome.up ? this.#expositions.get(scrape)?.exposition : undefined;
    if (outcome.up && exposition === undefined) throw new Error(`the exposition of scrape ${scrape} is gone`);
    if (exposition !== undefined) this.#readers.set(exposition, (this.#readers.get(exposition) ?? 0) + 1);
    return {
      rules,
      outcome,
      ...(unreported && { unreported }),
      ...(exposition !== undefined && { exposition }),
    };
  }

  /** An answer does not show these any more. */
  letGo(targets: readonly ShareTarget[]): void {
    for (const { exposition } of targets) {
      if (exposition === undefined) continue;
      const readers = this.#readers.get(exposition)! - 1;
      if (readers > 0) {
        this.#readers.set(exposition, readers);
        continue;
      }
      this.#readers.delete(exposition);
      const released = this.#released.get(exposition);
      if (released === undefined) continue;
      this.#released.delete(exposition);
      this.#free(released);
    }
  }

  /** Collects the garbage of the worker, with what only saves work: buffers, and when memory is short more. */
  collectGarbage(when: Parameters<typeof collectGarbage>[0]): void {
    this.#shop.packer.buffers.clear();
    if (when === 'now') for (const { spare } of this.#scrapers.values()) spare.clear();
    collectGarbage(when);
  }

  #keep(scrape: number, kept: KeptExposition): void {
    this.#expositions.set(scrape, kept);
    this.#count(kept.exposition, 1);
  }

  #free({ exposition, spare }: KeptExposition): void {
    this.#count(exposition, -1);
    const { buffers } = this.#shop.packer;
    if (this.#options.ledger.exceeded) {
      buffers.giveBack(exposition.families);
      buffers.clear();
    } else spare.give(exposition, buffers);
  }

  #count({ smallBytes, heldBytes }: LabelledExposition, sign: number): void {
    this.#smallBytes += sign * smallBytes;
    this.#shop.packer.keepSmall = this.#smallBytes < MAX_SMALL_BYTES;
    this.memory.add(sign * heldBytes);
  }
}
