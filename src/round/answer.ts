import type { AnswerEntry } from '../worker/protocol.ts';
import type { Part, WorkerThread } from '../worker/worker-thread.ts';
import type { Selector } from '../selector/selector.ts';
import type { MetricType } from '../exposition/metric-type.ts';
import { GzipJoin, type HeaderCache } from '../merge/gzip-join.ts';
import { disputedFamilies, planAnswer, type PlannedFamily } from '../merge/plan.ts';

/** One worker with the targets of the answer that it has, in their order. */
export interface AnswerShare {
  readonly worker: WorkerThread;
  readonly entries: readonly AnswerEntry[];
}

/** A piece below this is copied beside its neighbours; a larger one goes out as it is. */
const COPIED_BYTES = 16 * 1024;
const GATHERED_BYTES = 64 * 1024;

/**
 * What is sorted out of one family can be refused in the next, whose name has one suffix more. Names that long are made
 * up; the bound keeps them from holding up an answer.
 */
export const MOST_SETTLEMENTS = 8;

let lastAnswer = 0;

/**
 * One merged exposition: joins the shares of the workers family by family. It never reads what a target sent: metadata
 * lines are its own, and samples pass through as deflated bytes.
 */
export class Answer implements Disposable {
  readonly #id: number = ++lastAnswer;
  readonly #shares: readonly AnswerShare[];
  readonly #headers: HeaderCache;
  #plan: readonly PlannedFamily[] = [];
  readonly #join = new GzipJoin();

  constructor(shares: readonly AnswerShare[], headers: HeaderCache) {
    this.#shares = shares;
    this.#headers = headers;
  }

  /** Decides what will be written. Nothing has been written when it rejects. */
  async prepare(selectors: readonly Selector[]): Promise<void> {
    let surveys = await Promise.all(
      this.#shares.map(({ worker, entries }) => worker.survey(this.#id, entries, selectors)),
    );
    const decided = new Map<string, MetricType>();
    for (let i = 0; i < MOST_SETTLEMENTS; i++) {
      const disputed = disputedFamilies(surveys, decided);
      if (disputed.size === 0) break;
      surveys = await Promise.all(this.#shares.map(({ worker }) => worker.settle(this.#id, disputed)));
      for (const [name, type] of disputed) decided.set(name, type);
    }
    this.#plan = planAnswer(surveys, decided);
    for (const [index, { worker }] of this.#shares.entries()) {
      const order = this.#plan.flatMap(({ sources }) =>
        sources.filter((source) => source.worker === index).map((source) => source.index),
      );
      worker.compose(this.#id, order);
    }
  }

  /** Bytes written so far before compression. */
  get rawLength(): number {
    return this.#join.rawLength;
  }

  /** The answer as one gzip stream, in pieces of useful size. To be run once, after `prepare`. Throws when a worker fails. */
  async *gzip(): AsyncGenerator<Uint8Array, void, void> {
    const readers = this.#shares.map(({ worker }) => new ShareReader(worker, this.#id));
    const gathered = new Gatherer();
    const join = this.#join;
    yield* gathered.add(join.begin());
    for (const { header, sources } of this.#plan) {
      if (header !== '') {
        const piece = this.#headers.piece(header);
        join.add(piece);
        yield* gathered.add(piece.bytes);
      }
      for (const { worker, index } of sources) {
        const reader = readers[worker]!;
        for (let complete = false; !complete;) {
          if (!reader.ready) await reader.fetch();
          const { row, bytes } = reader.take(index);
          join.add(row);
          yield* gathered.add(bytes);
          ({ complete } = row);
        }
      }
    }
    yield* gathered.add(join.end());
    yield* gathered.rest();
  }

  [Symbol.dispose](): void {
    for (const { worker } of this.#shares) worker.drop(this.#id);
  }
}

/** Walks through the rows of one worker's parts. */
class ShareReader {
  readonly #worker: WorkerThread;
  readonly #answer: number;
  #part: Part | undefined;
  #row = 0;
  #offset = 0;

  constructor(worker: WorkerThread, answer: number) {
    this.#worker = worker;
    this.#answer = answer;
  }

  get ready(): boolean {
    return this.#part !== undefined && this.#row < this.#part.rows.length;
  }

  async fetch(): Promise<void> {
    this.#part = await this.#worker.nextPart(this.#answer);
    this.#row = 0;
    this.#offset = 0;
  }

  take(family: number): { row: Part['rows'][number]; bytes: Uint8Array } {
    const part = this.#part!;
    const row = part.rows[this.#row++]!;
    if (row.family !== family) throw new Error(`a worker gave family ${row.family} where ${family} was due`);
    const bytes = part.bytes.subarray(this.#offset, this.#offset + row.length);
    this.#offset += row.length;
    return { row, bytes };
  }
}

/** Turns many small pieces into few of useful size. */
class Gatherer {
  #buffer = new Uint8Array(GATHERED_BYTES);
  #length = 0;

  *add(piece: Uint8Array): Generator<Uint8Array, void, void> {
    if (this.#length + piece.length > GATHERED_BYTES || piece.length > COPIED_BYTES) yield* this.rest();
    if (piece.length > COPIED_BYTES) {
      yield piece;
      return;
    }
    this.#buffer.set(piece, this.#length);
    this.#length += piece.length;
  }

  *rest(): Generator<Uint8Array, void, void> {
    if (this.#length === 0) return;
    // The reader keeps it until it is sent.
    yield this.#buffer.subarray(0, this.#length);
    this.#buffer = new Uint8Array(GATHERED_BYTES);
    this.#length = 0;
  }
}
