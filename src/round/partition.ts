/** Where the run of each worker may begin, and one place more where the last run ends: the first and the last such place. */
export interface CutBounds {
  readonly first: number[];
  readonly last: number[];
}

/** Bounds that leave every cut free. */
export function freeBounds(workers: number, targets: number): CutBounds {
  const first = Array.from({ length: workers + 1 }, (_, worker) => (worker === workers ? targets : 0));
  const last = Array.from({ length: workers + 1 }, (_, worker) => (worker === 0 ? 0 : targets));
  return { first, last };
}

/** `sums[i]` is what the targets before `i` cost. */
export function sumsOf(costs: readonly number[]): Float64Array {
  const sums = new Float64Array(costs.length + 1);
  for (let i = 0; i < costs.length; i++) sums[i + 1] = sums[i]! + costs[i]!;
  return sums;
}

/**
 * Cuts a row of costs, which are whole numbers, into one run for each worker, so that the largest run is as small as it
 * can be. Within that, each worker has about its part of what is left, and at least one target where there are enough.
 * Gives the places where the runs begin and, at the end, the number of targets; undefined when the bounds allow nothing.
 *
 * The smallest largest run is found by trying bounds for it: some forty tries of a binary search for each worker, whose
 * time hardly depends on the number of targets.
 */
export function partition(sums: Float64Array, bounds: CutBounds): readonly number[] | undefined {
  let low = 0;
  let high = sums.at(-1)!;
  if (latestCuts(sums, bounds, high) === undefined) return undefined;
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    if (latestCuts(sums, bounds, middle) === undefined) low = middle + 1;
    else high = middle;
  }
  return evenCuts(sums, bounds, high);
}

/** Each run as long as it can be without costing more than `most`; undefined when something is left over. */
function latestCuts(sums: Float64Array, { first, last }: CutBounds, most: number): number[] | undefined {
  const cuts = [0];
  let start = 0;
  for (let worker = 1; worker < first.length; worker++) {
    const cut = Math.min(last[worker]!, lastAtMost(sums, sums[start]! + most));
    if (cut < first[worker]! || cut < start) return undefined;
    cuts.push(cut);
    start = cut;
  }
  return cuts;
}

/** The same from the other end. */
function earliestCuts(sums: Float64Array, { first }: CutBounds, most: number): number[] {
  const cuts = [...first];
  for (let worker = first.length - 1; worker-- > 0;) {
    const least = sums[cuts[worker + 1]!]! - most;
    cuts[worker] = Math.max(first[worker]!, lastAtMost(sums, least - 1) + 1);
  }
  return cuts;
}

function evenCuts(sums: Float64Array, bounds: CutBounds, most: number): number[] {
  const earliest = earliestCuts(sums, bounds, most);
  const workers = earliest.length - 1;
  const total = sums.at(-1)!;
  const cuts = [0];
  let start = 0;
  for (let worker = 1; worker < workers; worker++) {
    const before = sums[start]!;
    const wanted = nearestTo(sums, before + (total - before) / (workers - worker + 1));
    const latest = Math.min(bounds.last[worker]!, lastAtMost(sums, before + most));
    start = Math.min(latest, Math.max(earliest[worker]!, start + 1, wanted));
    cuts.push(start);
  }
  return [...cuts, sums.length - 1];
}

/** The last place in ascending numbers that has no more than `bound`, or -1. */
function lastAtMost(numbers: Float64Array, bound: number): number {
  let low = -1;
  let high = numbers.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (numbers[middle]! <= bound) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The place in ascending numbers, none of which is above all, that comes nearest; the first of two. */
function nearestTo(numbers: Float64Array, wanted: number): number {
  const below = lastAtMost(numbers, wanted);
  const above = numbers[below + 1];
  return above !== undefined && above - wanted < wanted - numbers[below]! ? below + 1 : below;
}
