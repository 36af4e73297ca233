/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
}

/** A range that has the true median of what the values are drawn from in it, at least 95 times in 100. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

const CONFIDENCE = 0.95;

/**
 * The interval of the median by signs: between two of the sorted values, chosen so that a fair coin for each value, above or below the
 * median, lies outside in less than 5 %. Nothing is assumed of how the values are spread. Below six values there is none: NaN.
 */
export function medianInterval(values: readonly number[]): Interval {
  const sorted = values.toSorted((a, b) => a - b);
  const count = sorted.length;
  // So many values may be left out at each end.
  let left = -1;
  let chance = 2 ** -count;
  let outside = chance;
  while (left + 1 < count / 2 && 2 * outside <= 1 - CONFIDENCE) {
    left += 1;
    chance *= (count - left) / (left + 1);
    outside += chance;
  }
  return { low: sorted[left] ?? Number.NaN, high: sorted[count - 1 - left] ?? Number.NaN };
}
