import { figure } from './report.ts';

/** What many times come to. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** The value that `part` (0 to 1) of the values do not exceed: always one of them, the nearest from above. NaN of none. */
export function percentile(values: readonly number[], part: number): number {
  return rank(
    values.toSorted((a, b) => a - b),
    part,
  );
}

/** Percentiles of times, in their unit. */
export function latenciesOf(times: readonly number[]): Latencies {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    p50: rank(sorted, 0.5),
    p90: rank(sorted, 0.9),
    p99: rank(sorted, 0.99),
    p999: rank(sorted, 0.999),
    max: rank(sorted, 1),
  };
}

/** A figure with its unit, and the words that stand where a time was not measured. */
export function milliseconds(value: number): string {
  return `${figure(value)} ms`;
}

/** Bytes as megabytes of a million. */
export function megabytes(bytes: number): string {
  return `${figure(bytes / 1e6)} MB`;
}

function rank(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}
