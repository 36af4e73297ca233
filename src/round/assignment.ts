/** A new spread is taken only when it makes the largest share smaller than this part of what it was: moving a target costs it its connection. */
const WORTH_MOVING = 0.8;

/**
 * Spreads targets over workers in runs: the targets of a worker follow one another, so that the order of the targets is
 * the order of the workers too, and neighbours of one family can be compressed together.
 *
 * `costs` has each target's cost in the order of the targets, `owners` the worker that has it now. A target that is new
 * goes to its neighbour's. Where that leaves the workers too uneven, all are spread anew by cost.
 */
export function assignTargets(
  costs: readonly number[],
  owners: readonly (number | undefined)[],
  workers: number,
): number[] {
  const fresh = spread(costs, workers);
  const kept = keepOwners(owners, workers);
  if (kept === undefined) return fresh;
  return largestShare(costs, fresh, workers) < largestShare(costs, kept, workers) * WORTH_MOVING
    ? fresh
    : kept;
}

function spread(costs: readonly number[], workers: number): number[] {
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  let before = 0;
  return costs.map((cost) => {
    const middle = before + cost / 2;
    before += cost;
    return Math.min(workers - 1, Math.floor((middle / total) * workers));
  });
}

function keepOwners(owners: readonly (number | undefined)[], workers: number): number[] | undefined {
  let current = owners.find((owner) => owner !== undefined);
  if (current === undefined) return undefined;
  const kept: number[] = [];
  for (const owner of owners) {
    if (owner !== undefined && (owner < current || owner >= workers)) return undefined;
    current = owner ?? current;
    kept.push(current);
  }
  return kept;
}

function largestShare(costs: readonly number[], owners: readonly number[], workers: number): number {
  const shares = Array.from({ length: workers }, () => 0);
  for (const [i, owner] of owners.entries()) shares[owner]! += costs[i]!;
  return Math.max(...shares);
}
