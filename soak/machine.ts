import { cpus } from 'node:os';

import { processUsage } from '../benchmarks/process-usage.ts';
import type { Fleet } from './fleet.ts';

/** What the machine and our own processes have used at a moment, in seconds of one processor. */
export interface MachineReading {
  readonly busy: number;
  readonly all: number;
  readonly own: number;
}

/** CPU time of this process, the gateway and the pods; what promtool takes counts as others'. */
export async function usedSeconds(gatewayPid: number, fleet: Fleet): Promise<number> {
  const { user, system } = process.cpuUsage();
  // Of a gateway that has ended nothing is known.
  const gateway = processUsage(gatewayPid).cpuSeconds || 0;
  return (user + system) / 1e6 + gateway + (await fleet.stats()).cpuSeconds;
}

export function readMachine(own: number): MachineReading {
  let idle = 0;
  let all = 0;
  for (const { times } of cpus()) {
    idle += times.idle / 1000;
    all += (times.user + times.nice + times.sys + times.irq + times.idle) / 1000;
  }
  return { busy: all - idle, all, own };
}

/** The part of the processors' time that other programs have taken since; 0 when nothing is known of it. */
export function othersShare(before: MachineReading, own: number): number {
  const now = readMachine(own);
  const others = now.busy - before.busy - (now.own - before.own);
  const all = now.all - before.all;
  return all > 0 ? Math.max(0, others / all) : 0;
}
