import { hostname } from 'node:os';
import { readShard, type Shard } from '../relabel/shard.ts';

/** `POD_NAME`, which a manifest can set from the pod's metadata, or the host name, which is the pod's name without `hostNetwork`. */
export function ownPodName(): string {
  const name = process.env['POD_NAME'] ?? '';
  return name === '' ? hostname() : name;
}

/**
 * The shard of a StatefulSet's pod among so many: `gateway-3` is the fourth.
 * @throws RangeError naming the pod and the way out
 */
export function shardOfPod(name: string, count: string): Shard {
  const ordinal = /-(0|[1-9][0-9]{0,8})$/.exec(name)?.[1];
  if (ordinal === undefined) {
    throw new RangeError(
      `the name "${name}" (of POD_NAME, or else the host) does not end in a number, as that of a StatefulSet's pod does: gateway-0; write --shard=0/${count}`,
    );
  }
  if (Number(ordinal) >= Number(count)) {
    throw new RangeError(
      `the pod "${name}" has the number ${ordinal}, and --shards=${count} goes to ${Number(count) - 1}; give --shards the replicas of the StatefulSet`,
    );
  }
  return readShard(`${ordinal}/${count}`);
}
