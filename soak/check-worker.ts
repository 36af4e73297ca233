// The thread of checker.ts.
import { parentPort } from 'node:worker_threads';

import { refusalsOf } from '../test/promtool.ts';
import { checkAnswer } from './check-answer.ts';
import type { CheckReply, CheckTask } from './checker.ts';
import { unpack } from './unpack.ts';

/** promtool takes seconds for more. Of 3.x the time grows with the square of a family's series, so that those are never shown to it. */
const MOST_FOR_PROMTOOL = 16 * 1024 * 1024;

function check({ answer, wanted, promtool }: CheckTask): CheckReply {
  if (answer.status !== 200) {
    const said = Buffer.from(answer.body).toString('utf8', 0, 200);
    return { problems: [`status ${answer.status}: ${said}`], late: 0, samples: 0, bytes: 0 };
  }
  let text: Buffer;
  try {
    text = unpack(Buffer.from(answer.body), answer.gzip);
  } catch (error) {
    return { problems: [(error as Error).message], late: 0, samples: 0, bytes: 0 };
  }
  const { problems: found, late } = checkAnswer(text, wanted);
  const problems = [...found];
  if (promtool && text.length < MOST_FOR_PROMTOOL) {
    const refusals = refusalsOf(text.toString());
    if (refusals !== '') problems.push(`promtool: ${refusals.slice(0, 500)}`);
  }
  const samples = wanted.targets.reduce((sum, target) => sum + target.samples, 0);
  return { problems, late, samples, bytes: text.length };
}

parentPort?.on('message', (task: CheckTask) => parentPort?.postMessage(check(task)));
