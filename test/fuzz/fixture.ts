import { SourceEngine, type Engine, type Scan, type Way } from '../../fuzz/engine.ts';
import type { FuzzCase, Member } from '../../fuzz/fuzz-case.ts';
import { NO_LABEL_LIMITS } from '../../src/exposition/label-limits.ts';
import { buildOracle } from '../../fuzz/oracle.ts';

/** A case of these bodies, each of a target of its own. */
export function caseWith(bodies: readonly string[], options: Partial<Member> = {}): FuzzCase {
  const members = bodies.map((body, i) => ({
    openMetrics: false,
    body: Buffer.from(body),
    labels: { instance: `i${i}`, job: 'j' },
    honorLabels: true,
    honorTimestamps: true,
    limits: NO_LABEL_LIMITS,
    ...options,
  }));
  return { kind: bodies.length > 1 ? 'merge' : 'text', members, salt: 1 };
}

/** An engine that is right but where it is told otherwise. */
export function brokenEngine(broken: {
  readonly scan?: (scan: Scan, way: Way, again: (member: Partial<Member>) => Scan) => Scan;
  readonly merge?: (text: string) => string | Uint8Array;
}): Engine {
  const real = new SourceEngine();
  return {
    scan: (member, way) => {
      const again = (changed: Partial<Member>): Scan => real.scan({ ...member, ...changed }, way);
      const scan = again({});
      return broken.scan?.(scan, way, again) ?? scan;
    },
    merge: (targets, workers) => {
      const text = real.merge(targets, workers);
      return Buffer.from(broken.merge?.(text.toString()) ?? text);
    },
  };
}

const missing = buildOracle();
/** Why the oracle cannot be asked, or false. */
export const ORACLE_MISSING: string | false =
  missing === undefined ? false : `NOT COMPARED WITH PROMETHEUS: ${missing}; install Go (golang-go)`;
