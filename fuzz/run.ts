// npm run fuzz [-- --seconds 10 --seed 1 --only text]
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Worker } from 'node:worker_threads';
import { FINDINGS, knownCases, writeCase } from './case-file.ts';
import { caseOf, type FuzzCase } from './fuzz-case.ts';
import type { Finding } from './fuzzer.ts';
import { HELP, MisuseError, type Options, readOptions } from './options.ts';
import { buildOracle } from './oracle.ts';
import { problem } from './problem.ts';
import { seedBodies } from './seed-bodies.ts';
import type { WorkerData, WorkerMessage } from './worker.ts';

/** One check takes milliseconds. */
const HANG_MS = 20_000;
const MISUSE = 2;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function report({ name, problem: { kind, details }, fuzzCase, repeats }: Finding): void {
  const path = join(FINDINGS, `${name.replaceAll(/[^\w.-]+/g, '_').replace(/\.json$/, '')}.json`);
  writeCase(path, kind, fuzzCase);
  say(`\nFOUND: ${kind}\n${details}`);
  for (const { body, ...rules } of fuzzCase.members) {
    say(`  body ${JSON.stringify(Buffer.from(body).toString('latin1', 0, 1000))} ${JSON.stringify(rules)}`);
  }
  if (!repeats)
    say(`  It takes what was scanned before (case ${name}) to see this: repeat it with the same --seed.`);
  say(`  npm run fuzz -- --repeat ${relative(process.cwd(), path)}`);
}

/** The case that the worker is in; for one that hangs. */
function caseUnderWay(options: Options, number: number): FuzzCase {
  const known = knownCases(options);
  if (number < 0) return known.at(number)!.fuzzCase;
  const seeds = seedBodies(known.map(({ fuzzCase }) => fuzzCase));
  return caseOf(options.seed, number, seeds, options.only);
}

/** Runs the worker and watches it. Resolves to whether nothing was found. */
async function runWorker(options: Options, useOracle: boolean): Promise<boolean> {
  const beats = new Int32Array(new SharedArrayBuffer(8));
  const workerData: WorkerData = { options, useOracle, beats };
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData });
  let clean: boolean | undefined;
  let last = -1;
  let since = Date.now();
  const watch = setInterval(() => {
    const beat = Atomics.load(beats, 0);
    if (beat !== last) [last, since] = [beat, Date.now()];
    else if (Date.now() - since > HANG_MS) {
      clean = false;
      const number = Atomics.load(beats, 1);
      const hang = problem(`a hang or a long wait in case ${number}`, `for more than ${HANG_MS} ms`);
      const fuzzCase = caseUnderWay(options, number);
      report({ name: `${options.seed}-${number}-hang`, problem: hang, fuzzCase, repeats: true });
      say(`stopped by a hang, seed ${options.seed}`);
      void worker.terminate();
    }
  }, 1000);
  worker.on('message', (message: WorkerMessage) => {
    if ('finding' in message) report(message.finding);
    else {
      say(message.summary);
      clean = message.findings === 0;
    }
  });
  return new Promise((resolve, reject) => {
    worker.once('error', (error) => {
      clearInterval(watch);
      reject(new Error(`the worker crashed in case ${beats[1]} of seed ${options.seed}`, { cause: error }));
    });
    worker.once('exit', () => {
      clearInterval(watch);
      resolve(clean === true);
    });
  });
}

async function run(options: Options): Promise<number> {
  if (options.repeat !== undefined && !existsSync(options.repeat))
    throw new MisuseError(`--repeat: there is no file ${options.repeat}`);
  let missing: string | undefined = '--no-oracle';
  if (options.oracle !== false) missing = buildOracle();
  if (missing !== undefined && options.oracle === true) throw new MisuseError(`--oracle: ${missing}`);
  if (missing !== undefined) say(`NOT COMPARED WITH PROMETHEUS: the oracle is not used: ${missing}`);
  return (await runWorker(options, missing === undefined)) ? 0 : 1;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(HELP);
  else process.exitCode = await run(options);
} catch (error) {
  if (!(error instanceof MisuseError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = MISUSE;
}
