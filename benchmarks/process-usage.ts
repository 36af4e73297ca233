import { readdirSync, readFileSync } from 'node:fs';

/** What a process has used so far. */
export interface ProcessUsage {
  /** The most memory that it had at once (VmHWM), in bytes. */
  readonly peakBytes: number;
  /** CPU time of all its threads, in seconds. */
  readonly cpuSeconds: number;
}

/** Clock ticks of /proc/PID/stat a second: on Linux 100 on every architecture that Node runs on. */
const TICKS = 100;

/** Reads /proc. Where there is none, as on macOS, both are NaN. */
export function processUsage(pid: number): ProcessUsage {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name may hold blanks; the fields are counted from its closing parenthesis, which ends the second.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return {
      peakBytes: Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024,
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
    };
  } catch {
    return { peakBytes: Number.NaN, cpuSeconds: Number.NaN };
  }
}

/**
 * Milliseconds of CPU time that the threads of a process have used so far, to the microsecond where the kernel counts it so
 * (/proc/PID/task/TID/schedstat), else in ticks. Threads that have ended are not in it.
 */
export function threadCpuMs(pid: number): number {
  try {
    let nanoseconds = 0;
    for (const task of readdirSync(`/proc/${pid}/task`))
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ', 1)[0]);
    return nanoseconds / 1e6;
  } catch {
    return processUsage(pid).cpuSeconds * 1000;
  }
}
