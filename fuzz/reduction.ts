import { NO_LABEL_LIMITS } from '../src/exposition/label-limits.ts';
import type { FuzzCase, Member } from './fuzz-case.ts';

/** Checks that are spent on making one case smaller. */
const MOST_CHECKS = 2000;
/** Bodies up to this size are made smaller byte by byte. */
const FEW_BYTES = 600;

/** A smaller case of which `fails` still says true. */
export async function reduceCase(
  fuzzCase: FuzzCase,
  fails: (fuzzCase: FuzzCase) => Promise<boolean>,
): Promise<FuzzCase> {
  let best = fuzzCase;
  let checks = 0;
  const attempt = async (smaller: FuzzCase): Promise<boolean> => {
    if (checks++ >= MOST_CHECKS || !(await fails(smaller))) return false;
    best = smaller;
    return true;
  };
  for (let i = best.members.length - 1; i >= 0 && best.members.length > 1; i--)
    await attempt({ ...best, members: best.members.toSpliced(i, 1) });
  for (let i = 0; i < best.members.length; i++) {
    const change = async (changed: Partial<Member>): Promise<boolean> =>
      attempt({ ...best, members: best.members.with(i, { ...best.members[i]!, ...changed }) });
    await change({ labels: { instance: `i${i}`, job: 'j' } });
    await change({ limits: NO_LABEL_LIMITS });
    await change({ honorLabels: true });
    await change({ honorTimestamps: true });
    for (const split of [lines, bytes]) {
      const pieces = split(best.members[i]!.body);
      if (split === bytes && pieces.length > FEW_BYTES) continue;
      await withoutSome(pieces, async (left) => change({ body: Buffer.concat(left) }));
    }
  }
  return best;
}

/** Leaves out as many as it can, halves first. */
async function withoutSome(
  all: readonly Uint8Array[],
  attempt: (left: readonly Uint8Array[]) => Promise<boolean>,
): Promise<void> {
  let left = all;
  for (let size = Math.ceil(all.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < left.length;) {
      const fewer = left.toSpliced(at, size);
      if (await attempt(fewer)) left = fewer;
      else at += size;
    }
  }
}

function lines(body: Uint8Array): Uint8Array[] {
  return Buffer.from(body)
    .toString('latin1')
    .split(/(?<=\n)/)
    .map((line) => Buffer.from(line, 'latin1'));
}

function bytes(body: Uint8Array): Uint8Array[] {
  return Array.from(body, (_, i) => body.subarray(i, i + 1));
}
