import { REPORT_OWNER, type Claims } from './claims.ts';

/** Duplicates that are named; the others are counted. */
const MOST_NAMED = 10;
/** Series that are compared between two pauses. */
const STEP_SERIES = 1024;

/** A series that two targets claim. */
export interface Duplicate {
  /** A reader stores this one's sample. */
  readonly first: ClaimPlace;
  readonly other: ClaimPlace;
}

/** Whose a series is, and where it is found. */
export interface ClaimPlace {
  /** Index of the worker. */
  readonly worker: number;
  /** The target's number there, or `REPORT_OWNER`. */
  readonly owner: number;
  /** Where it stands among the worker's claims. */
  readonly place: number;
}

/** The series that more than one target claims; what a target has several times of its own is none. Pauses. */
export function* findDuplicates(
  all: readonly Claims[],
): Generator<void, { readonly count: number; readonly named: readonly Duplicate[] }, void> {
  const seen = new Map<number, ClaimPlace>();
  const named: Duplicate[] = [];
  let count = 0;
  let steps = 0;
  // Report series come first in an answer, whichever worker's they are.
  for (const report of [true, false]) {
    for (const [worker, { hashes, owners }] of all.entries()) {
      for (const [place, hash] of hashes.entries()) {
        if (++steps % STEP_SERIES === 0) yield;
        const owner = owners[place]!;
        if ((owner === REPORT_OWNER) !== report) continue;
        const first = seen.get(hash);
        if (first === undefined) {
          seen.set(hash, { worker, owner, place });
          continue;
        }
        if (report || (first.owner === owner && first.worker === worker)) continue;
        count++;
        if (named.length < MOST_NAMED) named.push({ first, other: { worker, owner, place } });
      }
    }
  }
  return { count, named };
}
