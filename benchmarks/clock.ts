/** Milliseconds of the system's monotonic clock: the same in every process, so that moments of several can be compared. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
