// The thread of run.ts that does the work: it may hang, and run.ts sees it.
import { parentPort, workerData } from 'node:worker_threads';
import { knownCases } from './case-file.ts';
import { SourceEngine } from './engine.ts';
import { caseOf } from './fuzz-case.ts';
import { type Finding, fuzz, type NamedCase } from './fuzzer.ts';
import type { Options } from './options.ts';
import { Oracle } from './oracle.ts';
import { seedBodies } from './seed-bodies.ts';

/** What the thread is given. */
export interface WorkerData {
  readonly options: Options;
  readonly useOracle: boolean;
  /** How many checks were begun, and the number of the case under way; known ones have numbers below 0. */
  readonly beats: Int32Array;
}

/** What it tells: findings, and in the end a line. */
export type WorkerMessage =
  { readonly finding: Finding } | { readonly summary: string; readonly findings: number };

const { options, useOracle, beats } = workerData as WorkerData;
const { seconds, seed, only, repeat } = options;

function* cases(): Generator<NamedCase, void, void> {
  const known = knownCases(options);
  for (const [i, named] of known.entries()) {
    beats[1] = i - known.length;
    yield named;
  }
  if (repeat !== undefined) return;
  const seeds = seedBodies(known.map(({ fuzzCase }) => fuzzCase));
  const end = Date.now() + seconds * 1000;
  for (let number = 0; Date.now() < end; number++) {
    beats[1] = number;
    yield { name: `${seed}-${number}`, fuzzCase: caseOf(seed, number, seeds, only) };
  }
}

// Most errors here are those of bodies that are refused, and their stacks are seldom looked at.
Error.stackTraceLimit = 4;
await using oracle = useOracle ? new Oracle() : undefined;
const started = Date.now();
const tally = await fuzz(cases(), {
  engine: () => new SourceEngine(),
  oracle,
  onCheck: () => {
    Atomics.add(beats, 0, 1);
  },
  onFinding: (finding) => tell({ finding }),
});
const took = (Date.now() - started) / 1000;
tell({
  summary:
    `${tally.cases} cases in ${took.toFixed(1)} s, ${tally.accepted} bodies accepted, ${tally.refused} refused, ` +
    `${tally.findings.length} findings, seed ${seed}, ${useOracle ? 'with' : 'WITHOUT'} the oracle`,
  findings: tally.findings.length,
});

function tell(message: WorkerMessage): void {
  parentPort!.postMessage(message);
}
