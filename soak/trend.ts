import { median } from '../benchmarks/statistics.ts';

/** What a figure was in the second fifth of a run, and in the last. */
export interface Trend {
  readonly before: number;
  readonly after: number;
  /** Whether the run was long enough to say anything of growth. */
  readonly isLong: boolean;
}

/** Fewer say nothing. */
const LEAST_VALUES = 25;
/** In fewer seconds memory is still being taken for the first time. */
const JUDGED_VALUES = 240;
/** Growth that may be there without a leak. */
const RATIO = 1.15;
const ALLOWANCE = 20 * 1024 * 1024;

/** The first fifth is left out: that is when memory is taken for the first time. Undefined of too few values. */
export function trendOf(
  values: readonly number[],
  middle: (values: readonly number[]) => number = median,
): Trend | undefined {
  if (values.length < LEAST_VALUES) return undefined;
  const fifth = Math.floor(values.length / 5);
  return {
    before: middle(values.slice(fifth, 2 * fifth)),
    after: middle(values.slice(-fifth)),
    isLong: values.length >= JUDGED_VALUES,
  };
}

/** Whether bytes did not grow by more than noise; true of short runs. */
export function isFlat({ before, after, isLong }: Trend): boolean {
  return !isLong || after <= before * RATIO + ALLOWANCE;
}
