import type { ScrapeConfig } from '../config/scrape-config.ts';
import type { ScrapePools, Target } from '../discovery/target.ts';
import type { ScrapedTarget } from '../scrape/target-scraper.ts';
import type { WorkerPool } from '../worker/worker-pool.ts';
import { assignTargets } from './assignment.ts';
import type { OwnedTarget } from './scrape.ts';

/** What a target costs beside its bytes, in bytes; a guess that only has to keep many small ones from counting as nothing. */
const COST_PER_TARGET = 20_000;
/** Fewer targets than this are not worth another worker. */
const TARGETS_PER_WORKER = 8;

/** Which worker has which target. The workers are told of every change. */
export class OwnedTargets {
  readonly #workers: WorkerPool;
  readonly #pools: ScrapePools;
  readonly #maxWorkers: number;
  #list: readonly OwnedTarget[] = [];
  /** Every target that a worker knows: those of the target set, and those that are gone but pinned. */
  readonly #known: Set<OwnedTarget> = new Set();
  #lastId = 0;

  constructor(workers: WorkerPool, pools: ScrapePools, maxWorkers: number) {
    this.#workers = workers;
    this.#pools = pools;
    this.#maxWorkers = maxWorkers;
  }

  /** Those of the target set, in its order. */
  get list(): readonly OwnedTarget[] {
    return this.#list;
  }

  configOf({ target }: OwnedTarget): ScrapeConfig {
    return this.#pools.get(target.scrapePool)!;
  }

  /**
   * Takes the targets of a new target set. Those that stay keep their worker where they can. Returns those that are gone, or have
   * another worker now under another number; each is to be unpinned once nothing is expected of it.
   */
  set(targets: readonly Target[]): OwnedTarget[] {
    const wanted = Math.ceil(targets.length / TARGETS_PER_WORKER);
    this.#workers.grow(Math.min(this.#maxWorkers, wanted));
    // One that is gone but still being scraped may come back.
    const before = new Map(
      [...this.#known]
        .filter(({ gone, inFlight }) => !gone || inFlight !== undefined)
        .map((owned) => [owned.target.key, owned]),
    );
    const owners = assignTargets(
      targets.map((target) => costOf(before.get(target.key))),
      targets.map((target) => before.get(target.key)?.worker),
      this.#workers.size,
    );
    const added: ScrapedTarget[][] = this.#workers.threads.map(() => []);
    this.#list = targets.map((target, i) => {
      const known = before.get(target.key);
      const worker = owners[i]!;
      // One that is being scraped stays where it is until a later change.
      if (known !== undefined && (known.worker === worker || known.inFlight !== undefined)) {
        before.delete(target.key);
        known.gone = false;
        return known;
      }
      const owned = this.#own(target, worker, known);
      added[worker]!.push(this.#scraped(owned));
      return owned;
    });
    for (const [worker, list] of added.entries()) {
      if (list.length > 0) this.#workers.at(worker).post({ type: 'targets', added: list, removed: [] });
    }
    for (const gone of before.values()) gone.gone = true;
    return [...before.values()];
  }

  /** Tells a worker that was replaced of its targets, and returns them. */
  tellAgain(worker: number): OwnedTarget[] {
    const targets = [...this.#known].filter((owned) => owned.worker === worker);
    const added = targets.map((owned) => this.#scraped(owned));
    this.#workers.at(worker).post({ type: 'targets', added, removed: [] });
    return targets;
  }

  /** Takes back so many pins. A target that is gone is forgotten by its worker when it has none left. */
  unpin(target: OwnedTarget, pins: number): void {
    target.pins -= pins;
    if (!target.gone || target.pins > 0) return;
    this.#known.delete(target);
    this.#workers.at(target.worker).post({ type: 'targets', added: [], removed: [target.id] });
  }

  #own(target: Target, worker: number, before: OwnedTarget | undefined): OwnedTarget {
    const owned: OwnedTarget = {
      id: ++this.#lastId,
      target,
      worker,
      inFlight: undefined,
      reusable: undefined,
      last: before?.last,
      pins: 0,
      gone: false,
    };
    this.#known.add(owned);
    return owned;
  }

  #scraped(owned: OwnedTarget): ScrapedTarget {
    const { id, target } = owned;
    const config = this.configOf(owned);
    return {
      id,
      url: target.url,
      labels: target.labels,
      honorLabels: config.honorLabels,
      honorTimestamps: config.honorTimestamps,
      enableCompression: config.enableCompression,
      followRedirects: config.followRedirects,
      limits: config.limits,
      tls: config.tls,
    };
  }
}

function costOf(owned: OwnedTarget | undefined): number {
  return COST_PER_TARGET + (owned?.last?.outcome.bodyBytes ?? 0);
}
