import { figure } from './report.ts';
import { median, medianInterval } from './statistics.ts';

/** The columns of `comparedRow`; `before` is the other revision's name. */
export function comparedHead(before: string): readonly string[] {
  return ['', 'this', before, 'ratio', '95 % interval', 'pairs', 'so it is'];
}

/**
 * One figure of two revisions, measured in pairs: both medians, the median of the pairs' ratios and its interval. Where the interval has
 * 1 in it, or there are too few pairs for one, nothing is claimed.
 */
export function comparedRow(
  name: string,
  own: readonly number[],
  other: readonly number[],
): readonly string[] {
  // Pair by pair, so that a slow minute counts as little as a quick one.
  const ratios = own.map((value, pair) => value / (other[pair] ?? Number.NaN));
  const { low, high } = medianInterval(ratios);
  return [
    name,
    figure(median(own)),
    figure(median(other)),
    figure(median(ratios)),
    Number.isNaN(low) ? '–' : `${figure(low)} to ${figure(high)}`,
    String(ratios.length),
    verdictOf(low, high),
  ];
}

function verdictOf(low: number, high: number): string {
  if (high < 1) return 'less';
  if (low > 1) return 'more';
  if (Number.isNaN(low)) return '–';
  return 'not told apart';
}
