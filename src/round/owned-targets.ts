import type { ScrapeConfig } from '../config/scrape-config.ts';
import type { ScrapePools, Target } from '../discovery/target.ts';
import type { Outcome } from '../scrape/outcome.ts';
import type { ScrapedTarget } from '../scrape/target-scraper.ts';
import type { WorkerPool } from '../worker/worker-pool.ts';
import { assignTargets, workersFor } from './assignment.ts';
import type { OwnedTarget } from './scrape.ts';
import { TargetCosts } from './target-costs.ts';
import { TargetHistory } from './target-history.ts';

/** What is not worth another worker, which takes 25 MB at rest, as `TargetCosts` counts: some ten milliseconds. */
const COST_PER_WORKER = 4 * 1024 * 1024;

/** Which worker has which target. The workers are told of every change. */
export class OwnedTargets {
  readonly #workers: WorkerPool;
  readonly #pools: ScrapePools;
  readonly #maxWorkers: number;
  #list: readonly OwnedTarget[] = [];
  /** Every target that a worker knows: those of the target set, and those that are gone but pinned. */
  readonly #known: Set<OwnedTarget> = new Set();
  readonly #costs: TargetCosts = new TargetCosts();
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
    // One that is gone but still being scraped may come back.
    const before = new Map(
      [...this.#known]
        .filter(({ gone, inFlight, twinOf }) => twinOf === undefined && (!gone || inFlight !== undefined))
        .map((owned) => [owned.target.key, owned]),
    );
    const known = targets.map((target) => before.get(target.key));
    const left = new Set(before.values());
    for (const kept of this.#take(targets, known, this.#assign(known))) left.delete(kept);
    for (const gone of left) gone.gone = true;
    return [...left];
  }

  /**
   * Spreads the targets anew where what they cost has become so uneven that it is worth the connections of those that
   * move. One that is being scraped does not. Returns those that have another worker now, as `set` does.
   */
  spread(): OwnedTarget[] {
    const before = this.#list;
    const owners = this.#assign(before);
    const moving = before.filter(({ worker }, i) => owners[i] !== worker);
    // They are no runs as it is, and cannot become any without one that has to stay.
    if (moving.length === 0 || moving.some(({ inFlight }) => inFlight !== undefined)) return [];
    this.#take(
      before.map(({ target }) => target),
      before,
      owners,
    );
    for (const moved of moving) moved.gone = true;
    return moving;
  }

  /** Another of the same target, for one scrape beside those that others share. It is gone as soon as nothing pins it. */
  twin(of: OwnedTarget): OwnedTarget {
    const { target, worker } = of;
    const owned = { ...this.#own(target, worker, undefined), gone: true, twinOf: of };
    this.#known.add(owned);
    this.#workers.at(worker).post({ type: 'targets', added: [this.#described(owned)], removed: [] });
    return owned;
  }

  /** A scrape has ended. */
  ended(target: OwnedTarget, outcome: Outcome): void {
    this.#costs.ended(target, outcome);
  }

  /** Tells a worker that was replaced of its targets, and returns them. */
  tellAgain(worker: number): OwnedTarget[] {
    const targets = [...this.#known].filter((owned) => owned.worker === worker);
    const added = targets.map((owned) => this.#described(owned));
    this.#workers.at(worker).post({ type: 'targets', added, removed: [] });
    return targets;
  }

  /** Takes back so many pins. A target that is gone is forgotten by its worker when it has none left. */
  unpin(target: OwnedTarget, pins: number): void {
    target.pins -= pins;
    if (!target.gone || target.pins > 0) return;
    this.#known.delete(target);
    this.#costs.forget(target);
    this.#workers.at(target.worker).post({ type: 'targets', added: [], removed: [target.id] });
  }

  #assign(known: readonly (OwnedTarget | undefined)[]): number[] {
    const costs = this.#costs.of(known);
    return assignTargets({
      costs,
      owners: known.map((owned) => owned?.worker),
      held: known.map((owned) => owned?.inFlight !== undefined),
      workers: Math.max(this.#workers.size, workersFor(costs, COST_PER_WORKER, this.#maxWorkers)),
    });
  }

  /** Has each target at its worker, and tells those of what is new to them. Returns the targets that stay where they are. */
  #take(
    targets: readonly Target[],
    known: readonly (OwnedTarget | undefined)[],
    owners: readonly number[],
  ): OwnedTarget[] {
    this.#workers.grow(owners.reduce((most, owner) => Math.max(most, owner + 1), 0));
    const kept: OwnedTarget[] = [];
    const added: ScrapedTarget[][] = this.#workers.threads.map(() => []);
    this.#list = targets.map((target, i) => {
      const before = known[i];
      const worker = owners[i]!;
      // Only where the runs could not be cut around those that are being scraped; they move at a later change.
      if (before !== undefined && (before.worker === worker || before.inFlight !== undefined)) {
        kept.push(before);
        before.gone = false;
        before.target = target;
        return before;
      }
      const owned = this.#own(target, worker, before);
      this.#known.add(owned);
      added[worker]!.push(this.#described(owned));
      return owned;
    });
    for (const [worker, list] of added.entries()) {
      if (list.length > 0) this.#workers.at(worker).post({ type: 'targets', added: list, removed: [] });
    }
    return kept;
  }

  #own(target: Target, worker: number, before: OwnedTarget | undefined): OwnedTarget {
    const owned: OwnedTarget = {
      id: ++this.#lastId,
      target,
      worker,
      inFlight: undefined,
      reusable: undefined,
      last: before?.last,
      history: before?.history ?? new TargetHistory(),
      gateway: before?.gateway,
      pins: 0,
      gone: false,
    };
    if (before !== undefined) this.#costs.moved(before, owned);
    return owned;
  }

  #described(owned: OwnedTarget): ScrapedTarget {
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
