import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import type { PodsProcess } from '../simulator/pods.ts';
import { measureAnswer, warmUp } from './answer-cost.ts';
import type { AnswerCost } from './answer-cost.ts';
import { comparedRow } from './compared-row.ts';
import { differenceOf } from './difference.ts';
import { startGatewayUnderTest } from './gateway-under-test.ts';
import type { GatewayUnderTest } from './gateway-under-test.ts';
import { processUsage } from './process-usage.ts';
import { progress } from './report.ts';
import type { TimedAnswer } from './scrape-client.ts';

/** So many times both are started anew: what the compiler happens to do in one process is not the revision's. */
const ROUNDS = 4;

/** The gateways of two revisions, as rows of the table of compared figures. */
export interface ComparedGateways {
  readonly rows: readonly (readonly string[])[];
  /** Whether both give the same bytes, as a sentence. */
  readonly same: string;
}

interface Side {
  readonly launcher: string;
  readonly name: string;
  readonly costs: AnswerCost[];
  readonly firsts: number[];
  readonly peaks: number[];
  text: Buffer;
}

/** Two built gateways over the same pods, answer by answer in turns. Rejects on an answer that is not whole. */
export async function compareGateways(options: {
  readonly launcher: string;
  readonly other: string;
  readonly pods: PodsProcess;
  readonly folder: string;
  readonly pairs: number;
}): Promise<ComparedGateways> {
  const { launcher, other: otherLauncher, pods, folder, pairs } = options;
  const own = sideOf(launcher, 'this');
  const other = sideOf(otherLauncher, 'before');
  const each = Math.ceil(pairs / ROUNDS);
  for (let round = 1; round <= ROUNDS && own.costs.length < pairs; round += 1) {
    await using stack = new AsyncDisposableStack();
    const running: { side: Side; gateway: GatewayUnderTest }[] = [];
    for (const side of round % 2 === 0 ? [other, own] : [own, other]) {
      const gateway = stack.use(
        await startGatewayUnderTest({
          launcher: side.launcher,
          pods: pods.pods,
          samples: pods.totals.samples,
          folder: join(folder, side.name),
          name: side.name,
        }),
      );
      const { time, answer } = await measureAnswer(gateway);
      side.firsts.push(time);
      side.text = textOf(answer);
      await warmUp(gateway);
      running.push({ side, gateway });
    }
    for (let pair = 1; pair <= each && own.costs.length < pairs; pair += 1) {
      // Who comes second may find the processor warm, or throttled.
      if (pair > 1) running.reverse();
      for (const { side, gateway } of running) {
        const { answer: _, ...cost } = await measureAnswer(gateway);
        side.costs.push(cost);
      }
    }
    for (const { side, gateway } of running) side.peaks.push(processUsage(gateway.pid).peakBytes);
    const [a, b] = [own, other].map(({ costs }) => Math.round(costs.at(-1)?.time ?? 0));
    progress(`gateway: ${own.costs.length} of ${pairs} pairs; ${a} ms, ${b} ms before`);
  }
  const count = pods.pods.length;
  function row(name: string, of: (side: Side) => readonly number[]): readonly string[] {
    return comparedRow(`${count} pods: ${name}`, of(own), of(other));
  }
  return {
    rows: [
      row('time, ms', ({ costs }) => costs.map(({ time }) => time)),
      row('CPU, ms', ({ costs }) => costs.map(({ cpu }) => cpu)),
      row('on the wire, MB', ({ costs }) => costs.map(({ wireBytes }) => wireBytes / 1e6)),
      row('first answer, ms', ({ firsts }) => firsts),
      row('peak memory, MB', ({ peaks }) => peaks.map((bytes) => bytes / 1e6)),
    ],
    same: differenceOf(own.text, other.text),
  };
}

function sideOf(launcher: string, name: string): Side {
  return { launcher, name, costs: [], firsts: [], peaks: [], text: Buffer.alloc(0) };
}

/** The answer's text without what is another in each answer. */
function textOf({ chunks }: TimedAnswer): Buffer {
  const text = gunzipSync(Buffer.concat(chunks)).toString('latin1');
  return Buffer.from(text.replaceAll(/^scrape_duration_seconds\{.*\n/gm, ''), 'latin1');
}
