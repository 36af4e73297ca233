import type { HeaderCache } from '../merge/gzip-join.ts';
import type { CollisionCheck } from '../merge/plan.ts';
import type { Selector } from '../selector/selector.ts';
import { WorkerEndedError } from '../worker/worker-thread.ts';
import { Answer } from './answer.ts';
import type { Round } from './scraper.ts';

/** Threads may end one after the other. */
const MOST_ATTEMPTS = 3;

/**
 * Makes the answer of a round ready to be written. A worker that ends meanwhile costs the answer that worker's targets and nothing else:
 * it is prepared anew, with them as failed. Rejects when it cannot be done; nothing has been written then.
 */
export async function prepareAnswer(
  round: Round,
  selectors: readonly Selector[],
  headers: HeaderCache,
  check?: CollisionCheck,
): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = new Answer(round.shares(), headers, check);
    try {
      await answer.prepare(selectors);
      return answer;
    } catch (error) {
      answer[Symbol.dispose]();
      if (!(error instanceof WorkerEndedError) || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}
