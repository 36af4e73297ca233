import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cgroupsOf, readText, type Cgroup } from './cgroup.ts';

/** What the number is made of, so that tests can tell it. */
export interface ProcessorReadings {
  /** The text of a file, or nothing where it cannot be read. */
  readonly readText: (path: string) => string | undefined;
  /** Processors that the process may run on. */
  readonly available: number;
}

/**
 * How many processors the process can keep busy: those that it may run on, or what the smallest CPU quota of its cgroup
 * and their parents (version 1 and 2) comes to, if that is less. At least 1.
 *
 * Rounded down, as in automaxprocs, which takes the fraction for what runs beside the threads that are counted: here that is
 * the serving thread. Go 1.25 rounds up, but has nothing beside them. Node rounds down too, in what it has for `available`,
 * but does not know every place of a quota: those of version 1 it misses where the two versions are mixed, and their parents.
 */
export function usableProcessors(readings: ProcessorReadings = systemReadings()): number {
  const { readText: read, available } = readings;
  const quotas = cgroupsOf('cpu', read('/proc/self/cgroup') ?? '').map((cgroup) => quotaOf(cgroup, read));
  return Math.max(1, Math.floor(Math.min(available, ...quotas)));
}

/** Processors that a cgroup's quota comes to; infinite without one. Version 2 says `max` for none, version 1 has -1. */
function quotaOf({ version, folder }: Cgroup, read: ProcessorReadings['readText']): number {
  const text =
    version === 2
      ? read(join(folder, 'cpu.max'))
      : `${read(join(folder, 'cpu.cfs_quota_us'))?.trim()} ${read(join(folder, 'cpu.cfs_period_us'))}`;
  const [, quota, period] = /^([1-9][0-9]*) ([1-9][0-9]*)$/.exec(text?.trim() ?? '') ?? [];
  return quota === undefined ? Infinity : Number(quota) / Number(period);
}

function systemReadings(): ProcessorReadings {
  return { readText, available: availableParallelism() };
}
