import { parseArgs } from 'node:util';

import type { PartOptions } from './goals.ts';

/** The parts that make the table of goals, in its order. */
export const GOAL_PARTS = [
  'floor',
  'federate',
  'match',
  'scan',
  'thousand',
  'large-pod',
  'spread',
  'closed-loop',
  'event-loop',
  'idle',
  'discovery',
] as const;
/** The parts with tables of their own. */
export const OTHER_PARTS = ['scaling', 'probe', 'load', 'compare'] as const;

export type GoalPart = (typeof GOAL_PARTS)[number];
export type OtherPart = (typeof OTHER_PARTS)[number];

/** What the command line says. */
export interface BenchOptions extends PartOptions {
  readonly help: boolean;
  readonly parts: readonly GoalPart[];
  readonly other: OtherPart | undefined;
  /** What `compare` compares with. */
  readonly revision: string;
  readonly quick: boolean;
  /** Of `load`: for how long, and how many requests a second. */
  readonly seconds: number;
  readonly rate: number;
}

export const BENCH_USAGE = `npm run bench [-- [part...] [options]]

Without a part: all that are in the table of goals, one after the other.

  floor          200 pods, beside the least that a merger must do
  federate       200 pods, beside /federate of Prometheus and VictoriaMetrics
  match          200 pods: what a part of the answer costs beside all of it
  scan           one body in one thread, and where its time goes
  thousand       1,000 pods: time, memory, the first answer, and a Prometheus that stores them
  large-pod      one pod of 50 MB among 50: memory
  spread         pods that answer spread over 200 ms: what the gateway adds
  closed-loop    3 small pods, 64 clients and 1: requests per second
  event-loop     how long the serving thread is held while 1,000 bodies are merged
  idle           memory of what ships, at rest
  discovery      1,000 pods of a real Kubernetes API: start, changes, and what a pod costs

  scaling        pods against time and memory, drawn to benchmarks/scaling.svg
  probe          one merged answer beside each pod on its own, in a real Prometheus
  load           a demo cluster under a given rate: a table of latencies
    --seconds <n>  for how long (default 30)
    --rate <n>     requests a second (default 20)
  compare <rev>  this revision beside another one, in turns
    --pairs <n>    pairs of answers (default 24; of scans at most 10)

  --quick        few pods and few runs: to see that it works, not to measure
  --pods <n,n>   another number of pods (floor, federate, thousand, probe, compare: one; scaling: several)
  --bytes <n>    size of a pod's body (default 500000)
  --runs <n>     runs that are timed (floor, federate, match, thousand, scaling, probe, scan, compare's scans)
  --no-peers     without other programs
  --help
`;

/** The command line is wrong; the message is one line. */
export class BenchUsageError extends Error {
  constructor(text: string, options?: ErrorOptions) {
    super(`bench: ${text}; see npm run bench -- --help`, options);
  }
}

/** @throws BenchUsageError */
export function readBenchOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parse(args);
  const { parts, other, revision } = partsOf(positionals);
  const { help, peers, quick, runs, pairs, pods } = values;
  return {
    help,
    quick,
    peers,
    parts,
    other,
    revision,
    pods: pods?.split(',').map((text) => positive('pods', text)),
    bytes: positive('bytes', values.bytes),
    runs: runs === undefined ? undefined : positive('runs', runs),
    pairs: pairs === undefined ? undefined : positive('pairs', pairs),
    seconds: positive('seconds', values.seconds),
    rate: positive('rate', values.rate),
  };
}

function partsOf(names: readonly string[]): Pick<BenchOptions, 'parts' | 'other' | 'revision'> {
  const [first = '', ...others] = names;
  if (first === 'compare') {
    const [revision, ...more] = others;
    if (revision === undefined || more.length > 0)
      throw new BenchUsageError('compare needs one revision, for example compare HEAD~1');
    return { parts: [], other: 'compare', revision };
  }
  if (isOneOf(OTHER_PARTS, first)) {
    if (others.length > 0) throw new BenchUsageError(`${first} runs alone, without ${others.join(' ')}`);
    return { parts: [], other: first, revision: '' };
  }
  const unknown = names.find((name) => !isOneOf(GOAL_PARTS, name));
  if (unknown !== undefined) {
    const known = [...GOAL_PARTS, ...OTHER_PARTS].join(', ');
    throw new BenchUsageError(
      isOneOf(OTHER_PARTS, unknown)
        ? `${unknown} runs alone, without ${first}`
        : `there is no benchmark ${unknown}; there are: ${known}`,
    );
  }
  const parts = names.length === 0 ? GOAL_PARTS : GOAL_PARTS.filter((part) => names.includes(part));
  return { parts, other: undefined, revision: '' };
}

function isOneOf<T extends string>(known: readonly T[], name: string): name is T {
  return (known as readonly string[]).includes(name);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: {
        help: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        peers: { type: 'boolean', default: true },
        pods: { type: 'string' },
        bytes: { type: 'string', default: '500000' },
        runs: { type: 'string' },
        pairs: { type: 'string' },
        seconds: { type: 'string', default: '30' },
        rate: { type: 'string', default: '20' },
      },
    });
  } catch (error) {
    const [first = ''] = (error as Error).message.split(/\n|\. /);
    throw new BenchUsageError(first, { cause: error });
  }
}

/** A whole number above 0. */
function positive(flag: string, text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number > 0) return number;
  throw new BenchUsageError(`--${flag}: ${JSON.stringify(text)} is no whole number above 0`);
}
