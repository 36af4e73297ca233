/** More than anybody has pods. It keeps a shard of a shard a number that can be counted. */
const MOST_SHARDS = 10_000;

/** One part of the targets: those for which `hashmod` of `__address__`, with `count` as the modulus, is `index`. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/**
 * Reads `0/4`, the first of four.
 * @throws RangeError naming the text and the syntax
 */
export function readShard(text: string): Shard {
  const match = /^([0-9]+)\/([0-9]+)$/.exec(text);
  if (match === null) throw new RangeError(`"${text}" is not a shard; write it like 0/4, the first of four`);
  const [index, count] = [Number(match[1]), Number(match[2])];
  if (count < 1 || count > MOST_SHARDS)
    throw new RangeError(`"${text}": there can be 1 to ${MOST_SHARDS} shards`);
  if (index >= count)
    throw new RangeError(
      `"${text}": shards are counted from 0, so the last of ${count} is ${count - 1}/${count}`,
    );
  return { index, count };
}

/** As `readShard` reads it. */
export function formatShard({ index, count }: Shard): string {
  return `${index}/${count}`;
}

/**
 * A part of a part, as one of the whole. Every target of the part is in exactly one of its own parts, which would not be so if both
 * took the remainder of the same number.
 */
export function shardWithin(outer: Shard, { index, count }: Shard): Shard {
  return { index: outer.index + outer.count * index, count: outer.count * count };
}

/** Whether a target is in the shard; `hash` is `hashOf` its `__address__` as discovered. */
export function isInShard(hash: bigint, { index, count }: Shard): boolean {
  return hash % BigInt(count) === BigInt(index);
}
