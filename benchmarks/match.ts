import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

import { startPod } from '../simulator/pod.ts';
import { startPods } from '../simulator/pods.ts';
import type { PodAddress } from '../simulator/pods.ts';
import { benchBody, countSamples } from '../simulator/render.ts';
import { startGatewayUnderTest } from './gateway-under-test.ts';
import type { GatewayUnderTest } from './gateway-under-test.ts';
import { MOMENTS } from './goals.ts';
import type { BenchContext, GoalRow, PartOptions, PartResult } from './goals.ts';
import { reusedRow } from './match-reused.ts';
import { threadCpuMs } from './process-usage.ts';
import { figure, markdownTable, progress } from './report.ts';
import { timedGet } from './scrape-client.ts';
import { median } from './statistics.ts';

const PODS = 200;
const RUNS = 9;
/** Answers that come first: what runs every 30 s is compiled. */
const WARM_UPS = 20;
/**
 * All that can be done before the last pod answers is done when in each of some spans the process used next to no CPU time: a thread that
 * waits uses a little for its timers. On a busy machine one span may pass without its turn; it does not get so little in all of them.
 */
const SPAN_MS = 100;
const SPANS = 4;
const REST_CPU_MS = 3;
/** Longer than that is never needed; targets are given up after 12 s. */
const MOST_WAIT_MS = 9000;
/** Namespaces that the virtual machines are in. */
const TENANTS = 20;

/** A metric that no pod has. */
const NOTHING = 'nothing';

/** What is asked for, and what part of the work for all series it may take. */
interface Question {
  readonly name: string;
  readonly view: 'metrics' | 'federate';
  readonly selector?: string;
  readonly goal?: { readonly text: string; readonly most: number };
  /** Whether a line of the whole answer is to be there. */
  has(line: string): boolean;
}

const QUESTIONS: readonly Question[] = [
  { name: '/metrics', view: 'metrics', has: () => true },
  {
    name: 'match[]=up',
    view: 'federate',
    selector: 'up',
    has: (line) => line.startsWith('up{'),
  },
  {
    name: 'match[]={namespace="tenant-7"}',
    view: 'federate',
    selector: '{namespace="tenant-7"}',
    goal: { text: 'at most 1/3', most: 1 / 3 },
    has: (line) => /[{,]namespace="tenant-7"/.test(line),
  },
  // What every answer takes: the late pod's scrape, the request, and giving up the scrapes.
  { name: `match[]=${NOTHING}`, view: 'federate', selector: NOTHING, has: () => false },
];

/** Milliseconds of CPU time of the gateway for one answer. */
interface Cost {
  /** Used since all pods but the last were in: for that one's scrape, which has next to no samples, and the answer. */
  readonly after: number;
  /** Used before, for the other scrapes. */
  readonly before: number;
}

/** Answers with a part of the series beside answers with all of them, in turns, each with a scrape of every pod. */
export async function benchMatch(context: BenchContext, options: PartOptions): Promise<PartResult> {
  const { launcher, quick } = context;
  const { pods: [count = quick ? 10 : PODS] = [], bytes, runs = quick ? 3 : RUNS } = options;
  progress(`match: ${count} pods: starting`);
  await using pods = await startPods({ pods: count, bytes, tenants: TENANTS, moments: MOMENTS });
  const { samples } = pods.totals;
  const name = `${count} pods (${samples} samples)`;
  const reusedUp = await reusedUpRow(context, pods, { name, turns: runs });
  await using late = await startLatePod();
  await using gateway = await startGatewayUnderTest({
    launcher,
    folder: join(context.folder, 'match'),
    pods: [...pods.pods, late.pod],
    samples: samples + late.samples,
  });
  await checkAnswers(gateway);
  for (let answer = 0; answer < (quick ? 1 : WARM_UPS); answer += 1)
    for (const question of QUESTIONS) await timedGet(urlOf(gateway, question));
  const costs = QUESTIONS.map((): Cost[] => []);
  for (let run = 1; run <= runs; run += 1) {
    for (const [index, question] of QUESTIONS.entries())
      costs[index]!.push(await costOf(gateway, question, late));
    progress(`match: ${run} of ${runs}: ${costs.map((all) => `${figure(all.at(-1)!.after)} ms`).join(', ')}`);
  }
  return {
    rows: [reusedUp, ...rowsOf(costs, name)],
    details: tableOf(costs),
  };
}

async function reusedUpRow(
  { launcher, folder, quick }: BenchContext,
  { pods, totals }: Awaited<ReturnType<typeof startPods>>,
  options: { readonly name: string; readonly turns: number },
): Promise<GoalRow> {
  await using gateway = await startGatewayUnderTest({
    launcher,
    folder: join(folder, 'match-reused'),
    pods,
    samples: totals.samples,
    reuse: '30m',
  });
  return await reusedRow(gateway, { ...options, quick });
}

function urlOf({ base }: GatewayUnderTest, { view, selector }: Question): string {
  const query = selector === undefined ? '' : `?${new URLSearchParams({ 'match[]': selector }).toString()}`;
  return `${base}/${view}${query}`;
}

/** The series of an answer, without their values. Rejects when its gzip is not intact. */
async function seriesIn(url: string): Promise<string[]> {
  const { chunks } = await timedGet(url);
  const lines = gunzipSync(Buffer.concat(chunks)).toString().split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/ \S+(?: \d+)?$/, ''));
}

/** Each answer must have exactly the series of the whole that it asks for, in their order. */
async function checkAnswers(gateway: GatewayUnderTest): Promise<void> {
  const [all, ...parts] = QUESTIONS;
  const whole = await seriesIn(urlOf(gateway, all!));
  if (whole.length !== gateway.want.samples)
    throw new Error(`/metrics has ${whole.length} samples; want ${gateway.want.samples}`);
  for (const question of parts) {
    const want = whole.filter((line) => question.has(line));
    const got = await seriesIn(urlOf(gateway, question));
    if (
      (question.selector !== NOTHING && want.length === 0) ||
      got.length !== want.length ||
      got.some((line, i) => line !== want[i])
    )
      throw new Error(
        `${question.name} has ${got.length} series that are not the ${want.length} of /metrics`,
      );
  }
}

async function costOf(gateway: GatewayUnderTest, question: Question, late: LatePod): Promise<Cost> {
  const start = threadCpuMs(gateway.pid);
  const answer = late.hold();
  const rest = cpuAtRest(gateway.pid, start).finally(answer);
  const [before] = await Promise.all([rest, timedGet(urlOf(gateway, question))]);
  const end = threadCpuMs(gateway.pid);
  if (before === undefined)
    throw new Error(`${question.name}: the gateway was busy for ${MOST_WAIT_MS} ms without the last pod`);
  return { before: before - start, after: end - before };
}

/** CPU time of the process when it has nothing to do any more; undefined when it does not come to rest. */
async function cpuAtRest(pid: number, start: number): Promise<number | undefined> {
  let now = threadCpuMs(pid);
  let spans = 0;
  for (let waited = 0; waited < MOST_WAIT_MS; waited += SPAN_MS) {
    const before = now;
    await setTimeout(SPAN_MS);
    now = threadCpuMs(pid);
    // The request itself may not have had its turn yet.
    const rests = now - before < REST_CPU_MS && now - start > REST_CPU_MS * SPANS;
    spans = rests ? spans + 1 : 0;
    if (spans === SPANS) return now;
  }
  return undefined;
}

/** A pod without virtual machines that answers when it is told to. */
interface LatePod extends AsyncDisposable {
  readonly pod: PodAddress;
  readonly samples: number;
  /** Its next answer waits until what is returned is called. */
  hold(): () => void;
}

async function startLatePod(): Promise<LatePod> {
  const body = benchBody({ bytes: 1, seed: 1, labelCount: 0, tenants: TENANTS });
  let held: Promise<void> = Promise.resolve();
  const pod = await startPod({
    body: () => body,
    behaviour: { kind: 'wait', until: () => held },
  });
  return {
    pod: { name: 'virt-handler-late', address: `${pod.address}:${pod.port}`, url: pod.url },
    samples: countSamples(body),
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    [Symbol.asyncDispose]: () => pod[Symbol.asyncDispose](),
  };
}

function rowsOf(costs: readonly (readonly Cost[])[], name: string): GoalRow[] {
  const all = costs[0]!;
  return QUESTIONS.flatMap(({ name: asked, goal }, index): GoalRow[] => {
    if (goal === undefined) return [];
    const own = costs[index]!;
    // In turns, so that a slow minute counts as little as a quick one.
    const ratio = median(own.map(({ after }, run) => after / all[run]!.after));
    return [
      {
        work: `${name}, ${asked} against /metrics: work after the last pod's arrival`,
        goal: goal.text,
        measured: `${figure(median(own.map(({ after }) => after)))} ms, ${figure(median(all.map(({ after }) => after)))} ms`,
        ratio,
        met: ratio <= goal.most,
        note: `CPU time of the process, medians of ${own.length} answers in turns; the last pod is late and has no virtual machines, and its scrape is in it. The ratio is the median of the pairs'.`,
      },
    ];
  });
}

function tableOf(costs: readonly (readonly Cost[])[]): string {
  const head = ['', 'after the last pod: best CPU ms', 'median CPU ms', 'before it: median CPU ms'];
  return markdownTable(
    head,
    QUESTIONS.map(({ name }, index) => {
      const own = costs[index]!;
      return [
        name,
        figure(Math.min(...own.map(({ after }) => after))),
        figure(median(own.map(({ after }) => after))),
        figure(median(own.map(({ before }) => before))),
      ];
    }),
  );
}
