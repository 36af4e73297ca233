import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { MatchCostError, type Selector } from '../selector/selector.ts';
import type { Outcome } from '../scrape/outcome.ts';
import type { Claims } from '../merge/claims.ts';
import type { SharePart } from '../merge/share-part.ts';
import type { SurveyPage } from '../merge/survey.ts';
import type { WorkerMetadata } from './metadata-store.ts';
import { packEntries, type AnswerEntry } from './packed-entries.ts';
import type { AskedScrape, WorkerReply, WorkerRequest } from './protocol.ts';
import type { WorkerData } from './worker.ts';

/** The sources are run as they are, and the bundle has its worker beside it. */
const entry = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/**
 * V8's default lets young garbage grow to 48 MB a worker. What a worker makes dies at once or lives for a round; a smaller
 * nursery cost no time and a tenth of the memory of a round over 200 pods. A still smaller one is collected twice as often.
 */
const YOUNG_GENERATION_MB = 12;

/** Scrapes that are asked for in one message: each costs the receiver a turn, and the first is not to wait for all. */
const MOST_ASKED = 32;

type AnswerReply = Extract<WorkerReply, { readonly answer: number }>;

/** What has come of an answer's pages and parts, and who waits for the next. */
interface OpenAnswer {
  readonly replies: AnswerReply[];
  wanted?: { readonly resolve: (reply: AnswerReply) => void; readonly reject: (error: Error) => void };
}

/** The thread ended while an answer or a scrape needed it. */
export class WorkerEndedError extends Error {}

/** What a worker tells of itself. */
export interface WorkerEvents {
  scraped(scrape: number, outcome: Outcome): void;
  /** Memory is short, and this worker has nothing large under way that could give way. */
  memoryShort(): void;
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
  /** Scrapes that were asked for in this turn of the event loop, and not sent yet. */
  #asked: AskedScrape[] = [];
  /** Who waits for metadata. */
  readonly #metadata: PromiseWithResolvers<WorkerMetadata>[] = [];
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
    // What the launcher says for the serving thread would hold for the workers too, and before the limit below.
    setFlagsFromString('--max-semi-space-size=0');
    const worker = new Worker(entry, {
      workerData: this.#data,
      name: 'scrape',
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker = worker;
    let cause: Error | undefined;
    worker.on('message', (message: WorkerReply) => {
      if (message.type === 'scraped')
        for (const { scrape, outcome } of message.ended) events.scraped(scrape, outcome);
      else if (message.type === 'memoryShort') events.memoryShort();
      else if (message.type === 'metadata') this.#metadata.shift()?.resolve(message.metadata);
      else this.#answered(message);
    });
    worker.on('error', (error: Error) => (cause = error));
    worker.on('exit', (code) => {
      if (this.#ended) return;
      this.#ended = true;
      const error = new WorkerEndedError(cause?.message ?? `the worker thread ended with code ${code}`, {
        cause,
      });
      for (const { wanted } of this.#answers.values()) wanted?.reject(error);
      this.#answers.clear();
      for (const { reject } of this.#metadata.splice(0)) reject(error);
      events.crashed(error);
    });
    for (const request of this.#queue) worker.postMessage(request);
    this.#queue = [];
  }

  /** Begins a scrape; those that are asked for one after the other go together. */
  scrape(scrape: AskedScrape): void {
    if (this.#asked.length === 0) queueMicrotask(() => this.#ask());
    this.#asked.push(scrape);
    if (this.#asked.length === MOST_ASKED) this.#ask();
  }

  #ask(): void {
    const scrapes = this.#asked;
    if (scrapes.length === 0) return;
    this.#asked = [];
    this.post({ type: 'scrape', scrapes });
  }

  /** Sends anything but scrapes, behind those that were asked for. */
  post(request: WorkerRequest, transfer: readonly ArrayBuffer[] = []): void {
    this.#ask();
    if (this.#ended) return;
    if (this.#worker === undefined) this.#queue.push(request);
    else this.#worker.postMessage(request, transfer);
  }

  /** Begins an answer; gives the survey's first page. Rejects when the worker cannot give its share. */
  survey(
    answer: number,
    entries: readonly AnswerEntry[],
    selectors: readonly Selector[],
  ): Promise<SurveyPage> {
    if (!this.#ended) this.#answers.set(answer, { replies: [] });
    const packed = packEntries(entries);
    this.post({ type: 'survey', answer, entries: packed, selectors }, [packed.numbers.buffer]);
    return this.#nextPage(answer);
  }

  /** The survey's next page, when there is one. Rejects as `survey` does. */
  nextPage(answer: number): Promise<SurveyPage> {
    this.post({ type: 'more', answer });
    return this.#nextPage(answer);
  }

  /** Settles the types of families in an answer that was surveyed; gives the new survey's first page. Rejects as `survey` does. */
  settle(answer: number, decided: Int32Array<ArrayBuffer>): Promise<SurveyPage> {
    this.post({ type: 'settle', answer, decided }, [decided.buffer]);
    return this.#nextPage(answer);
  }

  /** Asks for the families of a surveyed answer in this order, which is the worker's then; `nextPart` gives them. */
  compose(answer: number, order: Int32Array<ArrayBuffer>): void {
    this.post({ type: 'compose', answer, order }, [order.buffer]);
  }

  /** The next part of an answer. Rejects when the worker ended or failed. */
  async nextPart(answer: number): Promise<SharePart> {
    this.post({ type: 'more', answer });
    const reply = await this.#next(answer);
    if (reply.type !== 'composed')
      throw new Error(`the worker thread sent "${reply.type}" instead of a part`);
    return reply.part;
  }

  /** The series that the targets of an answer have in these families. To be asked for when all its parts are there. */
  async claims(answer: number, families: readonly string[]): Promise<Claims> {
    this.post({ type: 'claims', answer, families });
    const reply = await this.#nextButParts(answer);
    if (reply.type !== 'claims') throw new Error(`the worker thread sent "${reply.type}" instead of claims`);
    return reply.claims;
  }

  /** The texts of series at these places among the claims. */
  async series(
    answer: number,
    families: readonly string[],
    places: readonly number[],
  ): Promise<readonly string[]> {
    this.post({ type: 'series', answer, families, places });
    const reply = await this.#nextButParts(answer);
    if (reply.type !== 'series') throw new Error(`the worker thread sent "${reply.type}" instead of series`);
    return reply.texts;
  }

  /** TYPE and HELP of what its targets exposed last. Rejects when the thread ended. */
  metadata(): Promise<WorkerMetadata> {
    if (this.#ended) return Promise.reject(new WorkerEndedError('the worker thread has ended'));
    const asked = Promise.withResolvers<WorkerMetadata>();
    this.#metadata.push(asked);
    this.post({ type: 'metadata' });
    return asked.promise;
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
    const error = new Error('the program is ending');
    for (const { wanted } of this.#answers.values()) wanted?.reject(error);
    for (const { reject } of this.#metadata.splice(0)) reject(error);
    clearTimeout(this.#startTimer);
    await this.#worker?.terminate();
  }

  async #nextPage(answer: number): Promise<SurveyPage> {
    const reply = await this.#next(answer);
    if (reply.type !== 'surveyed')
      throw new Error(`the worker thread sent "${reply.type}" instead of a page`);
    return reply.page;
  }

  /** Parts may be left of which nobody needed anything. */
  async #nextButParts(answer: number): Promise<AnswerReply> {
    for (;;) {
      const reply = await this.#next(answer);
      if (reply.type !== 'composed') return reply;
    }
  }

  #next(answer: number): Promise<AnswerReply> {
    const { promise, resolve, reject } = Promise.withResolvers<AnswerReply>();
    const open = this.#answers.get(answer);
    if (open === undefined) reject(new WorkerEndedError('the worker thread has ended'));
    else {
      open.wanted = { resolve, reject };
      this.#deliver(open);
    }
    return promise;
  }

  #answered(reply: AnswerReply): void {
    const open = this.#answers.get(reply.answer);
    if (open === undefined) return;
    // A failure goes before what came earlier, and stays.
    if (reply.type === 'failed') open.replies.unshift(reply);
    else open.replies.push(reply);
    this.#deliver(open);
  }

  #deliver(open: OpenAnswer): void {
    const { replies, wanted } = open;
    const [reply] = replies;
    if (reply === undefined || wanted === undefined) return;
    delete open.wanted;
    if (reply.type === 'failed')
      wanted.reject(reply.tooCostly === true ? new MatchCostError(reply.error) : new Error(reply.error));
    else {
      replies.shift();
      wanted.resolve(reply);
    }
  }
}
