import { hash } from 'node:crypto';
import type { ScrapeConfig } from '../config/scrape-config.ts';
import type { Logger } from '../log/logger.ts';
import { hashOf } from '../relabel/hashmod.ts';
import { isInShard, type Shard } from '../relabel/shard.ts';
import { populateLabels } from './target-labels.ts';
import type { Outcome } from './target-labels.ts';
import type { LabelSet, TargetGroup } from './target-group.ts';
import type { DroppedTarget, Target, TargetSet } from './target.ts';

/** The target groups that one scrape config has now. */
export interface PoolGroups {
  readonly config: ScrapeConfig;
  readonly groups: readonly TargetGroup[];
}

/**
 * Makes target sets of target groups. What came out for a target is kept until its labels change, so that one pod's change costs one
 * relabelling, not one for every pod.
 */
export class TargetBuilder {
  readonly #log: Logger;
  /** By the hash of the labels, for what is discovered anew and equal. */
  #known: ReadonlyMap<ScrapeConfig, ReadonlyMap<string, Outcome>> = new Map();
  /** By the label set itself, for providers that keep theirs: hashing a thousand costs as much as a merge may hold the thread. */
  readonly #hashes = new WeakMap<LabelSet, { readonly groupKey: string; readonly key: string }>();
  /** For groups that stay, as those of pods do. */
  readonly #groupKeys = new WeakMap<LabelSet, string>();
  #refused: ReadonlySet<string> = new Set();
  readonly #shard: Shard | undefined;
  /** By the hash of the labels, whether the target is of the shard. */
  #own: ReadonlyMap<string, boolean> = new Map();
  /** Discovered targets that are not of the shard. */
  elsewhere: number = 0;

  /** With a shard, targets of the others are left out before anything is made of them, so they are not among the dropped either. */
  constructor(log: Logger, shard?: Shard) {
    this.#log = log;
    this.#shard = shard;
  }

  /**
   * The target set of all scrape configs: targets of one pool that have the same URL and labels are one, the first. Gives back
   * `before` itself when nothing differs from it.
   */
  build(pools: readonly PoolGroups[], before: TargetSet | undefined): TargetSet {
    const targets: Target[] = [];
    const dropped: DroppedTarget[] = [];
    const known = new Map<ScrapeConfig, Map<string, Outcome>>();
    const refused = new Set<string>();
    const own = new Map<string, boolean>();
    let elsewhere = 0;
    for (const { config, groups } of pools) {
      const outcomes = new Map<string, Outcome>();
      known.set(config, outcomes);
      const unique = new Map<string, Target>();
      for (const group of [...groups].sort(bySource)) {
        const groupKey = this.#keyOfGroup(group.labels);
        for (const labels of group.targets) {
          const key = this.#keyOf(labels, groupKey);
          if (this.#shard !== undefined) {
            const address = labels['__address__'] ?? group.labels['__address__'] ?? '';
            const isOwn = own.get(key) ?? this.#own.get(key) ?? isInShard(hashOf(address), this.#shard);
            own.set(key, isOwn);
            if (!isOwn) {
              elsewhere++;
              continue;
            }
          }
          const outcome =
            outcomes.get(key) ??
            this.#known.get(config)?.get(key) ??
            populateLabels(labels, group.labels, config);
          outcomes.set(key, outcome);
          const { target, error } = outcome;
          if (outcome.dropped !== undefined) dropped.push(outcome.dropped);
          if (target !== undefined && !unique.has(target.key)) unique.set(target.key, target);
          if (error !== undefined) refused.add(`${config.jobName}: ${group.source}: ${error}`);
        }
      }
      targets.push(...[...unique.values()].sort((a, b) => (a.key < b.key ? -1 : 1)));
    }
    for (const why of refused) {
      if (!this.#refused.has(why)) this.#log.warn('a discovered target cannot be scraped', { error: why });
    }
    this.#known = known;
    this.#own = own;
    this.elsewhere = elsewhere;
    this.#refused = refused;
    if (before !== undefined && areSame(before.targets, targets) && areSame(before.dropped, dropped))
      return before;
    return Object.freeze({ version: (before?.version ?? 0) + 1, targets, dropped });
  }

  #keyOfGroup(labels: LabelSet): string {
    let key = this.#groupKeys.get(labels);
    if (key === undefined) this.#groupKeys.set(labels, (key = JSON.stringify(labels)));
    return key;
  }

  /** Hashed, because the labels themselves would double the memory of the target set. */
  #keyOf(labels: LabelSet, groupKey: string): string {
    const hashed = this.#hashes.get(labels);
    if (hashed?.groupKey === groupKey) return hashed.key;
    const key = hash('sha1', groupKey + JSON.stringify(labels), 'base64');
    this.#hashes.set(labels, { groupKey, key });
    return key;
  }
}

/** Outcomes are kept while labels are the same, so that two that are equal are one and the same. */
function areSame<T>(before: readonly T[], after: readonly T[]): boolean {
  return before.length === after.length && before.every((one, index) => one === after[index]);
}

function bySource(a: TargetGroup, b: TargetGroup): number {
  return a.source < b.source ? -1 : a.source > b.source ? 1 : 0;
}
