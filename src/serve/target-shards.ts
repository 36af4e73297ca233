import type { Target } from '../discovery/target.ts';
import { hashOf } from '../relabel/hashmod.ts';
import { isInShard, type Shard } from '../relabel/shard.ts';
import type { OwnedTarget } from '../round/scrape.ts';

/** Tells which targets are of a shard. What it takes is kept as long as the targets are. */
export class TargetShards {
  readonly #hashes = new WeakMap<Target, bigint>();

  /** Those of the shard, by the address that each was discovered with. */
  of(targets: readonly OwnedTarget[], shard: Shard): OwnedTarget[] {
    return targets.filter(({ target }) => isInShard(this.#hashOf(target), shard));
  }

  #hashOf(target: Target): bigint {
    let hash = this.#hashes.get(target);
    if (hash === undefined) {
      hash = hashOf(target.discoveredLabels.find(([name]) => name === '__address__')?.[1] ?? '');
      this.#hashes.set(target, hash);
    }
    return hash;
  }
}
