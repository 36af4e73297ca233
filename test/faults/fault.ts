import type { Test } from 'tap';

import type { HugeBody } from '../../simulator/huge-body.ts';
import type { PodsProcess } from '../../simulator/pods.ts';
import { verdictOf } from './answer-reader.ts';
import type { ReadAnswer } from './answer-reader.ts';
import { reaches } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { forgetPeak, memoryOf, MIB } from './process-memory.ts';
import { socketsTo } from './sockets.ts';

/** One row: what a pod does, and what has to become of it. */
export interface Fault {
  readonly name: string;
  readonly behaviour: Parameters<PodsProcess['behave']>[1];
  /** "up", or the reason of its failure; several where it is up to the kernel. */
  readonly want: string | readonly string[];
  readonly why: string;
  /** What the caller gives. Default 10 s. */
  readonly timeoutSeconds?: number;
  /** MiB that the gateway may grow by. Default 25, or no bound of that kind with `peakMib`. */
  readonly growthMib?: number;
  /** MiB that it may have above what it had before the first fault, for what is itself large. */
  readonly peakMib?: number;
  /** How many samples of its own the answer has. Default none, or as many as usual when it is up. */
  readonly samples?: number;
  /** Most connections to it that may stay. Default one for the next scrape where the answer came whole, else none. */
  readonly connections?: number;
}

/** 200 with a body that no pod should have. */
export function huge(of: HugeBody['of'], size: number, gzip: boolean): Fault['behaviour'] {
  return { kind: 'huge', body: { of, size }, gzip };
}

/** What can be found out of an answer that came whole. */
const WHOLE: ReadonlySet<string> = new Set(['up', 'http_status', 'encoding', 'exposition', 'content_type']);
const GROWTH_MIB = 25;
/** By which an answer may be late: all that is kept back for writing it is a part of a second, and a busy machine can take that. */
const LATE_SECONDS = 1;
/** A scrape that nobody waits for ends when it is 12 s old. */
const ABANDONED_SECONDS = 20;

/** Runs these faults at the same time, each at a pod of its own from the first faulty one on, in one round; then all pods are well again. */
export async function runFaults(t: Test, cluster: Cluster, faults: readonly Fault[]): Promise<void> {
  const { pid, faulty, healthy } = cluster;
  const addresses = faults.map((_, i) => faulty.pods[i]!.address);
  const timeoutSeconds = Math.max(...faults.map((fault) => fault.timeoutSeconds ?? 10));
  const workers = await cluster.telemetry('workers');
  for (const [i, fault] of faults.entries()) await faulty.behave(i, fault.behaviour);
  const before = memoryOf(pid, 'VmRSS');
  forgetPeak(pid);

  const answer = await cluster.ask(timeoutSeconds);
  for (const [i, fault] of faults.entries()) {
    const verdict = verdictOf(answer, addresses[i]!);
    const want = [fault.want].flat();
    t.ok(want.includes(verdict), `${fault.name}: ${fault.why}`, { want, verdict });
  }
  checkOthers(t, cluster, answer, timeoutSeconds);
  const usual = usualSamples(cluster);
  const samples = faults.map((fault) => fault.samples ?? (fault.want === 'up' ? usual : 0));
  const others = samples.reduce((sum, count) => sum + count, usual * (faulty.pods.length - faults.length));
  t.equal(answer.others, others, 'nothing of what failed, and all of the rest');
  await checkConnections(t, faults, addresses);
  checkMemory(t, cluster, faults, { before, peak: memoryOf(pid, 'VmHWM') });

  for (const i of faults.keys()) await faulty.behave(i, { kind: 'normal' });
  const after = await cluster.ask(10);
  for (const address of addresses) t.equal(verdictOf(after, address), 'up', 'and back at the next scrape');
  checkOthers(t, cluster, after, 10);
  t.equal(await cluster.telemetry('worker_crashes_total'), 0, 'no worker crashed');
  t.equal(await cluster.telemetry('workers'), workers, 'as many workers');
  t.equal(await cluster.telemetry('scrapes_in_flight'), 0, 'nothing goes on');
  t.equal((await healthy.stats()).peak, 1, 'nobody was asked twice at a time');
}

async function checkConnections(
  t: Test,
  faults: readonly Fault[],
  addresses: readonly string[],
): Promise<void> {
  const most = faults.map((fault) => fault.connections ?? (WHOLE.has([fault.want].flat()[0]!) ? 1 : 0));
  const tooMany = (): string =>
    socketsTo(addresses)
      .flatMap((count, i) => (count > most[i]! ? `${faults[i]!.name}: ${count}` : []))
      .join();
  const slow = faults.some(({ want }) => want === 'timeout');
  t.equal(await reaches(tooMany, '', slow ? ABANDONED_SECONDS : 5), '', 'no connections are left behind');
}

function checkMemory(
  t: Test,
  { baselineMemory }: Cluster,
  faults: readonly Fault[],
  { before, peak }: { readonly before: number; readonly peak: number },
): void {
  const grown = (peak - before) / MIB;
  const above = (peak - baselineMemory) / MIB;
  const large = faults.filter(({ peakMib }) => peakMib !== undefined);
  if (large.length > 0) {
    const peakMib = Math.max(...large.map((fault) => fault.peakMib!));
    t.ok(above <= peakMib, `at most ${peakMib} MiB more than before all faults`, { above });
  } else {
    const growthMib = faults.reduce((sum, fault) => sum + (fault.growthMib ?? 0), GROWTH_MIB);
    t.ok(grown <= growthMib, `at most ${growthMib} MiB more than before`, { grown });
  }
  // For whoever sets the bounds.
  if (process.env['FAULTS_VERBOSE'] === undefined) return;
  const names = faults.length === 1 ? faults[0]!.name : `${faults.length} faults`;
  t.comment(`${names}: ${grown.toFixed(1)} MiB more, ${above.toFixed(1)} in all`);
}

/** What no fault may change: the answer was in time, and has what it would have of the healthy pods. */
export function checkOthers(t: Test, cluster: Cluster, answer: ReadAnswer, timeoutSeconds: number): void {
  t.equal(answer.status, 200, 'an answer');
  t.ok(answer.seconds < timeoutSeconds + LATE_SECONDS, `within ${timeoutSeconds} s`, {
    seconds: answer.seconds,
  });
  const missing = cluster.baseline.findIndex((line, i) => answer.healthy[i] !== line);
  t.equal(answer.healthy.length, cluster.baseline.length, 'as many samples of healthy pods');
  t.equal(missing, -1, 'the samples of healthy pods are the same', {
    want: cluster.baseline[missing],
    found: answer.healthy[missing],
  });
}

/** Samples of one faulty pod that is well. */
export function usualSamples({ faulty }: Cluster): number {
  return faulty.totals.samples / faulty.pods.length;
}
