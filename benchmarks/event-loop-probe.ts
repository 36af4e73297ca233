// Loaded into the gateway before anything else (event-loop.ts): measures the event loop of the serving thread, and tells of it on a socket.
import { readFileSync, rmSync } from 'node:fs';
import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';
import { createServer } from 'node:net';
import { monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

import { heldUp, hottest } from './profile-reading.ts';
import type { HotFunction } from './profile-reading.ts';

/** A time in which the event loop did not go round. */
export interface Gap {
  /** Since the measurement began. */
  readonly atMs: number;
  readonly ms: number;
  /** How much of it the thread ran; the rest it waited for a processor. */
  readonly cpuMs: number;
  /** How much of it was garbage collection. */
  readonly gcMs: number;
  /** Where the profiler found it, most often first; empty without a profile. */
  readonly where: readonly HotFunction[];
}

/** What the serving thread did since the last reset. */
export interface LoopReport {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** How often the monitor's timer went off. */
  readonly count: number;
  readonly elapsedMs: number;
  /** What the thread ran, and what it was ready to run and another had the processor. */
  readonly cpuMs: number;
  readonly waitMs: number;
  /** The most that it ran without a break: the delay that no other program on the machine has a part in. */
  readonly longestRunMs: number;
  /** The longest, the longest first. */
  readonly gaps: readonly Gap[];
  /** Where the profiler found the thread, most often first; empty without a profile. */
  readonly hot: readonly HotFunction[];
}

const RESOLUTION_MS = 1;
const MOST_GAPS = 8;
/** What is kept of a gap is bounded: shorter ones are of no interest. */
const LEAST_GAP_MS = 3;
const PROFILE_INTERVAL_US = 250;

const socket = process.env['EVENT_LOOP_SOCKET'];
// The launcher begins the process anew, and workers load what the main thread has loaded.
if (isMainThread && socket !== undefined) measure(socket, process.env['EVENT_LOOP_PROFILE'] === '1');

function measure(path: string, profiled: boolean): void {
  const monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let gaps: Omit<Gap, 'where' | 'gcMs'>[] = [];
  let collections: { readonly startTime: number; readonly duration: number }[] = [];
  let begin = performance.now();
  let scheduled = schedstat();
  let lastTick = performance.now();
  let lastCpu = threadCpu();
  // The monitor only counts. When it was, and whether the thread ran, has to be seen beside it.
  setInterval(() => {
    const now = performance.now();
    const cpu = threadCpu();
    if (now - lastTick > LEAST_GAP_MS)
      gaps.push({ atMs: lastTick, ms: now - lastTick, cpuMs: cpu - lastCpu });
    lastTick = now;
    lastCpu = cpu;
  }, RESOLUTION_MS).unref();
  new PerformanceObserver((list) => collections.push(...list.getEntries())).observe({ entryTypes: ['gc'] });
  monitor.enable();
  const session = profiled ? new Session() : undefined;
  session?.connect();

  function reset(): void {
    session?.post('Profiler.enable');
    session?.post('Profiler.setSamplingInterval', { interval: PROFILE_INTERVAL_US });
    session?.post('Profiler.start');
    gaps = [];
    collections = [];
    begin = performance.now();
    lastTick = begin;
    lastCpu = threadCpu();
    scheduled = schedstat();
    monitor.reset();
  }

  function report(): LoopReport {
    const elapsedMs = performance.now() - begin;
    const now = schedstat();
    const figures = {
      p50: monitor.percentile(50) / 1e6,
      p99: monitor.percentile(99) / 1e6,
      max: monitor.max / 1e6,
      count: monitor.count,
    };
    const profile = stopProfile(session);
    const worst = gaps.toSorted((a, b) => b.ms - a.ms).slice(0, MOST_GAPS);
    return {
      ...figures,
      elapsedMs,
      cpuMs: now.ranMs - scheduled.ranMs,
      waitMs: now.waitedMs - scheduled.waitedMs,
      longestRunMs: gaps.reduce((most, { cpuMs }) => Math.max(most, cpuMs), 0),
      gaps: worst.map((gap) => ({
        ...gap,
        atMs: gap.atMs - begin,
        gcMs: collections.reduce((sum, { startTime, duration }) => {
          const from = Math.max(startTime, gap.atMs);
          return sum + Math.max(0, Math.min(startTime + duration, gap.atMs + gap.ms) - from);
        }, 0),
        where:
          profile === undefined ? [] : heldUp(profile, monotonicUs(gap.atMs), monotonicUs(gap.atMs + gap.ms)),
      })),
      hot: profile === undefined ? [] : hottest(profile),
    };
  }

  rmSync(path, { force: true });
  createServer((connection) => {
    connection.setEncoding('utf8').on('data', (text: string) => {
      if (text.startsWith('reset')) reset();
      connection.end(`${JSON.stringify(text.startsWith('report') ? report() : {})}\n`);
    });
    connection.on('error', () => undefined);
  })
    .listen(path)
    .unref();
}

/** The profiler counts in microseconds of the system's monotonic clock; `performance.now()` begins with the process. */
function monotonicUs(at: number): number {
  return Number(process.hrtime.bigint()) / 1e3 + (at - performance.now()) * 1e3;
}

function threadCpu(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e3;
}

/** Of this thread, whose number is that of the process. NaN where there is no such file. */
function schedstat(): { readonly ranMs: number; readonly waitedMs: number } {
  try {
    const [ran, waited] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
    return { ranMs: Number(ran) / 1e6, waitedMs: Number(waited) / 1e6 };
  } catch {
    return { ranMs: Number.NaN, waitedMs: Number.NaN };
  }
}

/** Without waiting, as the inspector answers a session of the same thread at once. */
function stopProfile(session: Session | undefined): Profiler.Profile | undefined {
  let profile: Profiler.Profile | undefined;
  session?.post('Profiler.stop', (_error, stopped) => (profile = stopped?.profile));
  return profile;
}
