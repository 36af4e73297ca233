import { freeBounds, partition, sumsOf, type CutBounds } from './partition.ts';

/** A new spread is taken only when it brings a load below this part of what it was: moving a target costs it its connection. */
const WORTH_MOVING = 0.8;

/** Targets that are to be spread, in the order of the target set. */
export interface Spreading {
  /** What each costs, as a whole number. */
  readonly costs: readonly number[];
  /** The worker that has each now; undefined for a target that is new. */
  readonly owners: readonly (number | undefined)[];
  /** Which of them have to stay where they are. None by default. */
  readonly held?: readonly boolean[];
  readonly workers: number;
}

/**
 * How many workers it takes for none to have more than `share`, or than the costliest target alone. Their targets are
 * runs, as in `assignTargets`. At least one, at most `most`.
 */
export function workersFor(costs: readonly number[], share: number, most: number): number {
  const bound = costs.reduce((largest, cost) => Math.max(largest, cost), share);
  let workers = 1;
  let own = 0;
  for (const cost of costs) {
    if (own + cost > bound) {
      if (workers >= most) break;
      workers++;
      own = 0;
    }
    own += cost;
  }
  return workers;
}

/**
 * Spreads targets over workers in runs: the targets of a worker follow one another, so that the order of the targets is
 * the order of the workers too, and neighbours of one family can be compressed together.
 *
 * A target that is new goes to its neighbour's worker. Where that leaves the workers too uneven, or many targets with one
 * that costs much, all are spread anew so that the largest share is as small as it can be. Targets that are held are
 * given to another worker only when they do not follow one another in the order of their workers, so that nothing would
 * be a run with them.
 */
export function assignTargets(spreading: Spreading): number[] {
  const { costs, owners, workers } = spreading;
  const sums = sumsOf(costs);
  const fresh = partition(sums, boundsOf(spreading)) ?? partition(sums, freeBounds(workers, costs.length))!;
  const kept = cutsOf(owners, workers);
  const isKept = kept !== undefined && !isWorthMoving(loadOf(sums, kept), loadOf(sums, fresh));
  return ownersOf(isKept ? kept : fresh);
}

/** Runs that have each target that is held at its worker. */
function boundsOf({ costs, owners, held = [], workers }: Spreading): CutBounds {
  const bounds = freeBounds(workers, costs.length);
  const { first, last } = bounds;
  for (const [i, isHeld] of held.entries()) {
    const owner = owners[i];
    if (!isHeld || owner === undefined) continue;
    last[owner] = Math.min(last[owner]!, i);
    first[owner + 1] = Math.max(first[owner + 1]!, i + 1);
  }
  for (let worker = 1; worker <= workers; worker++)
    first[worker] = Math.max(first[worker]!, first[worker - 1]!);
  for (let worker = workers; worker-- > 0;) last[worker] = Math.min(last[worker]!, last[worker + 1]!);
  return bounds;
}

/** The runs as they are, with targets that are new in that of the one before them; undefined when there are none. */
function cutsOf(owners: readonly (number | undefined)[], workers: number): number[] | undefined {
  const cuts = [0];
  let some = false;
  for (let i = 0; i < owners.length; i++) {
    const owner = owners[i];
    if (owner === undefined) continue;
    if (owner < cuts.length - 1 || owner >= workers) return undefined;
    // New ones before the first that is known go with it.
    while (cuts.length <= owner) cuts.push(some ? i : 0);
    some = true;
  }
  if (!some) return undefined;
  while (cuts.length <= workers) cuts.push(owners.length);
  return cuts;
}

function ownersOf(cuts: readonly number[]): number[] {
  const owners: number[] = [];
  for (let worker = 0; worker + 1 < cuts.length; worker++) {
    for (let target = cuts[worker]!; target < cuts[worker + 1]!; target++) owners.push(worker);
  }
  return owners;
}

/** How long a round takes, in what a worker has to do for it. */
interface Load {
  /** Until all targets are done. */
  readonly largest: number;
  /** Until all targets of a target's worker are done, summed over the targets. */
  readonly sum: number;
}

function loadOf(sums: Float64Array, cuts: readonly number[]): Load {
  let largest = 0;
  let sum = 0;
  for (let worker = 0; worker + 1 < cuts.length; worker++) {
    const [start, end] = [cuts[worker]!, cuts[worker + 1]!];
    const share = sums[end]! - sums[start]!;
    largest = Math.max(largest, share);
    sum += share * (end - start);
  }
  return { largest, sum };
}

function isWorthMoving(kept: Load, fresh: Load): boolean {
  if (fresh.largest < kept.largest * WORTH_MOVING) return true;
  return fresh.largest <= kept.largest && fresh.sum < kept.sum * WORTH_MOVING;
}
