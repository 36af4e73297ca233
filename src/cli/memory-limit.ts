import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';

const CGROUP_FOLDER = '/sys/fs/cgroup';

/** The rest is for what the system itself needs in the same container, and for what cannot be counted. */
const SHARE = 0.75;

/** What the default is made of, so that tests can tell it. */
export interface MemoryReadings {
  /** The text of a file, or nothing where it cannot be read. */
  readonly readText: (path: string) => string | undefined;
  /** Bytes of the machine's memory. */
  readonly machineBytes: number;
}

/**
 * Bytes that the program may use when `--memory.limit` is not given: three quarters of the smallest memory limit of the
 * process's cgroup and its parents (version 1 and 2), or of the machine's memory where there is none.
 * Node's `process.constrainedMemory()` does not know the limits of parents, and a limit of a pod may be one.
 */
export function defaultMemoryLimit(readings: MemoryReadings = systemReadings()): number {
  const { readText, machineBytes } = readings;
  const limits = limitFiles(readText('/proc/self/cgroup') ?? '').map((file) => {
    const text = readText(file)?.trim() ?? '';
    // Version 2 says `max` for no limit; version 1 has a number beyond every machine's memory.
    return /^[1-9][0-9]*$/.test(text) ? Number(text) : Infinity;
  });
  return Math.floor(Math.min(machineBytes, ...limits) * SHARE);
}

/** Where the limits stand that hold for the process, from the text of its `/proc/self/cgroup`. */
function limitFiles(ownCgroups: string): string[] {
  return ownCgroups.split('\n').flatMap((line) => {
    const [, id, controllers = '', group = ''] = /^([0-9]+):([^:]*):(.*)$/.exec(line) ?? [];
    if (id === '0') return upwards(group).map((path) => join(CGROUP_FOLDER, path, 'memory.max'));
    if (!controllers.split(',').includes('memory')) return [];
    return upwards(group).map((path) => join(CGROUP_FOLDER, 'memory', path, 'memory.limit_in_bytes'));
  });
}

/**
 * A cgroup and its parents up to the root. The root counts too: in a container it is often the container's own cgroup,
 * while the path is still that of the machine and leads nowhere.
 */
function upwards(group: string): string[] {
  // A cgroup beside the container's root is shown as `/../name`.
  const parts = group.split('/').filter((part) => part !== '' && part !== '..');
  return [...parts, ''].map((_, depth) => parts.slice(0, parts.length - depth).join('/'));
}

function systemReadings(): MemoryReadings {
  return {
    readText: (path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
    machineBytes: totalmem(),
  };
}
