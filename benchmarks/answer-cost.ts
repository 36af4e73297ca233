import { processUsage } from './process-usage.ts';
import { progress } from './report.ts';
import { countAnswer, problemOf, timedGet } from './scrape-client.ts';
import type { TimedAnswer } from './scrape-client.ts';
import { median } from './statistics.ts';

/** A program that runs and answers with all series of its pods. Disposing ends it. */
export interface RunningProgram extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  /** What is asked for. */
  readonly url: string;
  /** What a whole answer has. */
  readonly want: { readonly samples: number; readonly up: number };
}

/** What one whole answer cost. Times in milliseconds, CPU time of all the program's threads. */
export interface AnswerCost {
  readonly time: number;
  readonly cpu: number;
  readonly wireBytes: number;
  readonly bodyBytes: number;
}

/** What answers of one program over the same pods cost. Times in milliseconds. */
export interface CostSummary {
  readonly name: string;
  readonly samples: number;
  readonly answers: number;
  readonly median: number;
  readonly least: number;
  /** CPU time of the program for one answer, the median. */
  readonly cpu: number;
  readonly wireBytes: number;
  readonly bodyBytes: number;
  /** The most memory that the process had in its life. */
  readonly peakBytes: number;
}

/**
 * Answers before those that are timed. What a worker calls once for each body V8 compiles for good when it was called some thousand times: that is
 * after thirty answers of 200 pods. A gateway that is asked every 30 s has given as many after 20 minutes.
 */
export const WARM_UPS = 40;

/** Asks once, and checks the answer when the clock has stopped. Rejects when it is not whole. */
export async function measureAnswer(
  program: RunningProgram,
): Promise<AnswerCost & { readonly answer: TimedAnswer }> {
  const before = processUsage(program.pid).cpuSeconds;
  const answer = await timedGet(program.url);
  const cpu = (processUsage(program.pid).cpuSeconds - before) * 1000;
  const count = await countAnswer(answer);
  const problem = problemOf(count, program.want);
  if (problem !== undefined) throw new Error(`the answer of ${program.name} is not whole: ${problem}`);
  return { time: answer.milliseconds, cpu, wireBytes: answer.wireBytes, bodyBytes: count.bytes, answer };
}

/** Answers that are neither timed nor checked, so that those after them are of a program that is warm. */
export async function warmUp({ url }: Pick<RunningProgram, 'url'>, wanted?: string): Promise<void> {
  for (let run = 1; run <= WARM_UPS; run += 1) await timedGet(url, wanted);
}

/** `runs` answers, one after the other. With `lenient` those that are not whole are left out, and said. */
export async function measureAnswers(
  program: RunningProgram,
  options: { readonly runs: number; readonly lenient?: boolean },
): Promise<CostSummary> {
  const { runs, lenient = false } = options;
  const done: AnswerCost[] = [];
  for (let run = 1; run <= runs; run += 1) {
    const what = `${program.want.up} pods, ${program.name}: ${run} of ${runs}`;
    try {
      const cost = await measureAnswer(program);
      done.push(cost);
      progress(`${what}: ${Math.round(cost.time)} ms`);
    } catch (error) {
      if (!lenient) throw error;
      progress(`${what}: LEFT OUT: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (done.length === 0) throw new Error(`${program.name}: none of ${runs} answers was whole`);
  return summarize(program, done);
}

/** What the answers so far had in common; of a program that still runs, as its peak is asked for. */
export function summarize(program: RunningProgram, costs: readonly AnswerCost[]): CostSummary {
  const times = costs.map(({ time }) => time);
  return {
    name: program.name,
    samples: program.want.samples,
    answers: costs.length,
    median: median(times),
    least: Math.min(...times),
    cpu: median(costs.map(({ cpu }) => cpu)),
    wireBytes: costs.at(-1)?.wireBytes ?? Number.NaN,
    bodyBytes: costs.at(-1)?.bodyBytes ?? Number.NaN,
    peakBytes: processUsage(program.pid).peakBytes,
  };
}
