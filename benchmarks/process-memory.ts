import { readFileSync } from 'node:fs';

/** Memory of a process at one moment, in bytes. Where there is no /proc, as on macOS, all are NaN. */
export interface ProcessMemory {
  /** What of it is in memory, what is shared with other processes counted in whole. */
  readonly rss: number;
  /** The same with what is shared counted in parts: the program's own file, where other processes run it too. */
  readonly pss: number;
  /** Of `rss`, what is not from files: heaps, stacks, compiled code. */
  readonly anonymous: number;
  /** Of `rss`, pages of files: the program and its libraries. */
  readonly files: number;
  /** The most that `rss` ever was. */
  readonly peak: number;
}

/** Reads /proc of a process that runs under the same user. */
export function processMemory(pid: number): ProcessMemory {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return {
      rss: kilobytes(status, 'VmRSS'),
      pss: kilobytes(rollup, 'Pss'),
      anonymous: kilobytes(status, 'RssAnon'),
      files: kilobytes(status, 'RssFile'),
      peak: kilobytes(status, 'VmHWM'),
    };
  } catch {
    return {
      rss: Number.NaN,
      pss: Number.NaN,
      anonymous: Number.NaN,
      files: Number.NaN,
      peak: Number.NaN,
    };
  }
}

/** The bytes of a line such as `VmRSS:   1728 kB`; NaN when there is none. */
export function kilobytes(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? Number.NaN) * 1024;
}
