import { Worker } from 'node:worker_threads';
import type { Selector } from '../selector/selector.ts';
import type { Outcome } from '../scrape/outcome.ts';
import type { MetricType } from '../exposition/metric-type.ts';
import type { ShareRow, SurveyFamily } from '../merge/share.ts';
import type { AnswerEntry, WorkerReply, WorkerRequest } from './protocol.ts';
import type { WorkerData } from './worker.ts';

/** The sources are run as they are, and the bundle has its worker beside it. */
const entry = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/**
 * V8's default lets young garbage grow to 48 MB a worker. What a worker makes dies at once or lives for a round; a smaller
 * nursery cost no time and a tenth of the memory of a round over 200 pods.
 */
const YOUNG_GENERATION_MB = 8;

/** A part of a worker's share of an answer. */
export interface Part {
  readonly bytes: Uint8Array;
  readonly rows: readonly ShareRow[];
}

interface OpenAnswer {
  surveyed?: (families: readonly SurveyFamily[]) => void;
  readonly parts: Part[];
  wanted?: { resolve: (part: Part) => void };
  reject: (error: Error) => void;
  failure?: Error;
}

/** What a worker tells of itself. */
export interface WorkerEvents {
  scraped(scrape: number, outcome: Outcome): void;
  /** The thread has ended without being asked to. */
  crashed(error: Error): void;
}

/** The serving thread's end of one worker thread. */
export class WorkerThread implements AsyncDisposable {
  readonly #data: WorkerData;
  readonly #events: WorkerEvents;
  readonly #startTimer: NodeJS.Timeout | undefined;
  #worker: Worker | undefined;
  /** Requests from before the thread was started. */
  #queue: WorkerRequest[] = [];
  readonly #answers: Map<number, OpenAnswer> = new Map();
  #ended = false;

  /** Starts the thread, after `delayMs` if that is not 0. */
  constructor(data: WorkerData, events: WorkerEvents, delayMs: number = 0) {
    this.#data = data;
    this.#events = events;
    if (delayMs > 0) this.#startTimer = setTimeout(() => this.#start(), delayMs).unref();
    else this.#start();
  }

  #start(): void {
    const events = this.#events;
    const worker = new Worker(entry, {
      workerData: this.#data,
      name: 'scrape',
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker = worker;
    let cause: Error | undefined;
    worker.on('message', (message: WorkerReply) => {
      if (message.type === 'scraped') events.scraped(message.scrape, message.outcome);
      else this.#answered(message);
    });
    worker.on('error', (error: Error) => (cause = error));
    worker.on('exit', (code) => {
      if (this.#ended) return;
      this.#ended = true;
      const error = cause ?? new Error(`the worker thread ended with code ${code}`);
      for (const answer of this.#answers.values()) answer.reject(error);
      this.#answers.clear();
      events.crashed(error);
    });
    for (const request of this.#queue) worker.postMessage(request);
    this.#queue = [];
  }

  post(request: WorkerRequest): void {
    if (this.#ended) return;
    if (this.#worker === undefined) this.#queue.push(request);
    else this.#worker.postMessage(request);
  }

  /** Begins an answer. Rejects when the worker cannot give its share. */
  survey(
    answer: number,
    entries: readonly AnswerEntry[],
    selectors: readonly Selector[],
  ): Promise<readonly SurveyFamily[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly SurveyFamily[]>();
    const open: OpenAnswer = { surveyed: resolve, parts: [], reject };
    if (this.#ended) reject(new Error('the worker thread has ended'));
    else {
      this.#answers.set(answer, open);
      this.post({ type: 'survey', answer, entries, selectors });
    }
    return promise;
  }

  /** Settles the types of families in an answer that was surveyed. Rejects as `survey` does. */
  settle(answer: number, decided: ReadonlyMap<string, MetricType>): Promise<readonly SurveyFamily[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly SurveyFamily[]>();
    const open = this.#answers.get(answer);
    if (open === undefined) reject(new Error('the worker thread has ended'));
    else {
      open.surveyed = resolve;
      open.reject = reject;
      this.post({ type: 'settle', answer, decided });
    }
    return promise;
  }

  /** Asks for the families of a surveyed answer in this order; `nextPart` gives them. */
  compose(answer: number, order: readonly number[]): void {
    this.post({ type: 'compose', answer, order });
  }

  /** The next part of an answer. Rejects when the worker ended or failed. */
  nextPart(answer: number): Promise<Part> {
    const { promise, resolve, reject } = Promise.withResolvers<Part>();
    const open = this.#answers.get(answer);
    if (open === undefined || open.failure !== undefined) {
      reject(open?.failure ?? new Error('the worker thread has ended'));
      return promise;
    }
    const part = open.parts.shift();
    if (part !== undefined) resolve(part);
    else {
      open.wanted = { resolve };
      open.reject = reject;
    }
    this.post({ type: 'more', answer });
    return promise;
  }

  /** Ends an answer, complete or not. */
  drop(answer: number): void {
    if (this.#answers.delete(answer)) this.post({ type: 'drop', answer });
  }

  /** Ends the thread as a crash does; for tests. */
  async crash(): Promise<void> {
    await this.#worker?.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    for (const answer of this.#answers.values()) answer.reject(new Error('the program is ending'));
    clearTimeout(this.#startTimer);
    await this.#worker?.terminate();
  }

  #answered(message: Exclude<WorkerReply, { type: 'scraped' }>): void {
    const open = this.#answers.get(message.answer);
    if (open === undefined) return;
    if (message.type === 'surveyed') open.surveyed?.(message.families);
    else if (message.type === 'failed') {
      open.failure = new Error(message.error);
      open.reject(open.failure);
    } else if (open.wanted !== undefined) {
      open.wanted.resolve(message);
      delete open.wanted;
    } else open.parts.push(message);
  }
}
