import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import type { WireAnswer } from './ask.ts';
import type { Wanted } from './check-answer.ts';

/** What the thread is given: an answer, and what must be in it. */
export interface CheckTask {
  readonly answer: WireAnswer;
  readonly wanted: Wanted;
  /** Whether promtool is asked too. */
  readonly promtool: boolean;
}

/** What it replies, in the order of the tasks. */
export interface CheckReply {
  readonly problems: readonly string[];
  /** Healthy pods that were late for it. */
  readonly late: number;
  readonly samples: number;
  readonly bytes: number;
}

/** Answers that wait for the thread; beyond that, who asks waits. */
const MOST_WAITING = 20;

/** Checks answers in a thread of its own, so that clients and the Kubernetes API go on meanwhile. */
export class Checker implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #waiting: ((reply: CheckReply) => void)[] = [];
  #drained = Promise.withResolvers<void>();
  #failure: Error | undefined;

  constructor() {
    this.#worker = new Worker(new URL('check-worker.ts', import.meta.url));
    this.#worker.on('message', (reply: CheckReply) => {
      this.#waiting.shift()?.(reply);
      this.#drained.resolve();
      this.#drained = Promise.withResolvers();
    });
    this.#worker.once('error', (error: Error) => this.#fail(error));
    this.#worker.once('exit', () => this.#fail(new Error('the checking thread ended')));
  }

  /** Resolves with what is wrong once that is known; at once with an error's text when the thread has ended. */
  async check(task: CheckTask): Promise<CheckReply> {
    while (this.#waiting.length >= MOST_WAITING && this.#failure === undefined) await this.#drained.promise;
    if (this.#failure !== undefined)
      return { problems: [this.#failure.message], late: 0, samples: 0, bytes: 0 };
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#worker.postMessage(task);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#failure !== undefined) return;
    const exited = once(this.#worker, 'exit');
    await this.#worker.terminate();
    await exited;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const resolve of this.#waiting.splice(0))
      resolve({ problems: [error.message], late: 0, samples: 0, bytes: 0 });
    this.#drained.resolve();
  }
}
