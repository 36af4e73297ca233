import type { CollisionCheck } from '../merge/plan.ts';
import type { Selector } from '../selector/selector.ts';
import { WorkerEndedError } from '../worker/worker-thread.ts';
import { Answer } from './answer.ts';
import type { PlanMemory } from './plan-memory.ts';
import type { Round } from './scraper.ts';

/** Threads may end one after the other. */
const MOST_ATTEMPTS = 3;

/** What an answer is made of. */
export interface AnswerQuestion {
  readonly round: Round;
  /** Tells questions about some of the targets from those about others: their answers differ in size. */
  readonly part?: string;
  /** Only series that one of them selects; all where there are none. */
  readonly selectors: readonly Selector[];
  readonly plans: PlanMemory;
  /** With it, the families are found in which two targets may have the same series. */
  readonly check?: CollisionCheck | undefined;
}

/** An answer that is ready to be written, with all of its bytes where that was wanted and they are few. */
export interface PreparedAnswer {
  readonly answer: Answer;
  readonly whole: Uint8Array | undefined;
}

/**
 * Makes the answer of a round ready to be written, and all of it when it has no more than `wholeBytes` and no two targets may have the same
 * series. A worker that ends meanwhile costs the answer that worker's targets and nothing else: it is prepared anew, with them as failed.
 * Rejects when it cannot be done; nothing has been written then.
 */
export async function prepareAnswer(
  { round, selectors, plans, check }: AnswerQuestion,
  wholeBytes: number,
): Promise<PreparedAnswer> {
  for (let attempt = 1; ; attempt++) {
    const answer = new Answer(round.shares(), plans, check);
    try {
      await answer.prepare(selectors);
      const whole = wholeBytes > 0 && !answer.mayHaveDuplicates ? await answer.whole(wholeBytes) : undefined;
      return { answer, whole };
    } catch (error) {
      answer[Symbol.dispose]();
      if (!(error instanceof WorkerEndedError) || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}
