/** The name in `names` that `typo` most likely means, or `undefined` when none is as near as `mostEdits`. */
export function nearestName(
  typo: string,
  names: Iterable<string>,
  mostEdits: number = Math.max(1, Math.floor(typo.length / 3)),
): string | undefined {
  let nearest: string | undefined;
  let least = mostEdits + 1;
  for (const name of names) {
    const distance = editDistance(typo.toLowerCase(), name);
    if (distance < least) {
      least = distance;
      nearest = name;
    }
  }
  return nearest;
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from one text to the other. */
function editDistance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Infinity;
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= to.length; j += 1) {
      const isSame = from[i - 1] === to[j - 1];
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (isSame ? 0 : 1));
      if (from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) best = Math.min(best, at(i - 2, j - 2) + 1);
      row.push(best);
    }
  }
  return at(from.length, to.length);
}
