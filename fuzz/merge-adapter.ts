import { gunzipSync } from 'node:zlib';
import { BlockDeflater } from '../src/exposition/block-deflater.ts';
import type { ShareTarget } from '../src/merge/share.ts';
import { merge } from '../test/merge/fixture.ts';
import type { MergeTarget } from './engine.ts';

const deflater = new BlockDeflater();

function shareTarget({ rules, scan }: MergeTarget): ShareTarget {
  const { samples, samplesPost, exposition } = scan;
  const counted = { durationSeconds: 0.5, samples, samplesPost, wireBytes: 1, bodyBytes: 1 };
  if (exposition !== undefined) return { rules, outcome: { up: true, ...counted }, exposition };
  return { rules, outcome: { up: false, reason: 'exposition', error: scan.message, ...counted } };
}

/** The text of the answer that has these targets, made as the gateway makes it, but in one thread. */
export function mergeTargets(targets: readonly MergeTarget[], workers: number): Buffer {
  const each = Math.ceil(targets.length / workers);
  const shares = Array.from({ length: workers }, (_, i) =>
    targets.slice(i * each, (i + 1) * each).map(shareTarget),
  );
  return gunzipSync(merge(shares, [], deflater).gzip);
}
