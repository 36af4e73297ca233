import { readFileSync, writeFileSync } from 'node:fs';

export const MIB = 1024 * 1024;

/** Bytes of memory that the process has now (VmRSS), or had at most (VmHWM) since `forgetPeak`. */
export function memoryOf(pid: number, reading: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${reading}:\\s+(\\d+) kB$`, 'm').exec(status)![1]) * 1024;
}

/** From now on the most of the process' memory is measured anew: proc(5), clear_refs. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
