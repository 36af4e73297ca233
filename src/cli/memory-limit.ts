import { totalmem } from 'node:os';
import { join } from 'node:path';
import { cgroupsOf, readText } from './cgroup.ts';

/** The rest is for what the system itself needs in the same container, and for what cannot be counted. */
const SHARE = 0.75;

/** What is read of the system, so that tests can tell it. */
export interface MemoryReadings {
  /** The text of a file, or nothing where it cannot be read. */
  readonly readText: (path: string) => string | undefined;
  /** Bytes of the machine's memory. */
  readonly machineBytes: number;
}

/**
 * Bytes that the program can have at most: the smallest memory limit of the process's cgroup and its parents (version 1 and
 * 2), or the machine's memory where there is none or less of it.
 * Node's `process.constrainedMemory()` does not know the limits of parents, and a limit of a pod may be one.
 */
export function availableMemory({ readText: read, machineBytes }: MemoryReadings = systemReadings()): number {
  const limits = cgroupsOf('memory', read('/proc/self/cgroup') ?? '').map(({ version, folder }) => {
    const text = read(join(folder, version === 2 ? 'memory.max' : 'memory.limit_in_bytes'))?.trim() ?? '';
    // Version 2 says `max` for no limit; version 1 has a number beyond every machine's memory.
    return /^[1-9][0-9]*$/.test(text) ? Number(text) : Infinity;
  });
  return Math.min(machineBytes, ...limits);
}

/** Bytes that the program may use when `--memory.limit` is not given: three quarters of what it can have. */
export function defaultMemoryLimit(readings: MemoryReadings = systemReadings()): number {
  return Math.floor(availableMemory(readings) * SHARE);
}

function systemReadings(): MemoryReadings {
  return { readText, machineBytes: totalmem() };
}
