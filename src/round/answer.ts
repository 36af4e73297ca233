import { crc32 } from 'node:zlib';
import type { AnswerEntry } from '../worker/packed-entries.ts';
import { ThreadTime } from '../worker/thread-time.ts';
import type { WorkerThread } from '../worker/worker-thread.ts';
import type { Selector } from '../selector/selector.ts';
import { NO_CONFLICTS, type Conflicts } from '../merge/conflicts.ts';
import { GzipJoin, type DeflatedPiece } from '../merge/gzip-join.ts';
import { REPORT_OWNER } from '../merge/claims.ts';
import { findDuplicates, type ClaimPlace } from '../merge/duplicates.ts';
import {
  NOTHING_DECIDED,
  planAnswer,
  type CollisionCheck,
  type DecidedTypes,
  type Planned,
} from '../merge/plan.ts';
import { PlannedFamilies } from '../merge/planned-families.ts';
import { RowReader } from '../merge/share-part.ts';
import { MAX_STORED_BYTES, STORED_HEAD_BYTES, storedHead } from '../merge/stored-block.ts';
import { SurveyReader, type SurveyPage } from '../merge/survey.ts';
import type { PlanMemory, WrittenFamily } from './plan-memory.ts';
import { SentParts } from './sent-parts.ts';

/** One worker with the targets of the answer that it has, in their order. */
export interface AnswerShare {
  readonly worker: WorkerThread;
  readonly entries: readonly AnswerEntry[];
}

/** How many bytes an answer has as gzip. */
export interface AnswerSize {
  readonly bytes: number;
  /** Whether those are all. */
  readonly complete: boolean;
}

/** Series that two targets have. */
export interface NamedDuplicates {
  readonly count: number;
  /** The first of them with the numbers of both targets, of which a reader stores the first one's; undefined is the report. */
  readonly named: readonly {
    readonly series: string;
    readonly first: number | undefined;
    readonly other: number | undefined;
  }[];
}

/** A piece below this is copied beside its neighbours; a larger one goes out as it is. */
const COPIED_BYTES = 16 * 1024;
const GATHERED_BYTES = 64 * 1024;

/**
 * What is sorted out of one family can be refused in the next, whose name has one suffix more. Names that long are made
 * up; the bound keeps them from holding up an answer.
 */
export const MOST_SETTLEMENTS = 8;

/** Families above which an answer's metadata lines are made without the cache, which would hold none but theirs. */
const CACHED_FAMILIES = 10_000;
/** Families that are written between two looks at the clock. */
const STEP_FAMILIES = 64;
/** What answers may keep the serving thread from its other work. */
const TURN_MS = 5;
/** Shared by all answers. */
const time = new ThreadTime(TURN_MS);

let lastAnswer = 0;

/**
 * One merged exposition: joins the shares of the workers family by family. It never reads what a target sent: metadata
 * lines are its own, and samples pass through as deflated bytes.
 */
export class Answer implements Disposable {
  readonly #id: number = ++lastAnswer;
  readonly #shares: readonly AnswerShare[];
  readonly #plans: PlanMemory;
  /** What is written, where that is remembered, or else the families. */
  #written: readonly WrittenFamily[] | undefined;
  #families: PlannedFamilies = new PlannedFamilies();
  readonly #check: CollisionCheck | undefined;
  #conflicts: Conflicts = NO_CONFLICTS;
  #claimed: readonly string[] = [];
  readonly #join = new GzipJoin();
  readonly #pieces: AsyncGenerator<Uint8Array, void, void> = this.#makePieces();
  /** Pieces that were made and not taken. */
  readonly #begun: Uint8Array[] = [];
  readonly #size = { bytes: 0, complete: false };
  readonly #parts = new SentParts();

  /** With `check`, the families are found in which two targets may have the same series. */
  constructor(shares: readonly AnswerShare[], plans: PlanMemory, check?: CollisionCheck) {
    this.#shares = shares;
    this.#plans = plans;
    this.#check = check;
  }

  /** Decides what will be written. Nothing has been written when it rejects. */
  async prepare(selectors: readonly Selector[]): Promise<void> {
    const shares = this.#shares;
    let pages = await Promise.all(
      shares.map(({ worker, entries }) => worker.survey(this.#id, entries, selectors)),
    );
    const workers = shares.map(({ worker }) => worker);
    const known = this.#plans.find(workers, pages, this.#check);
    if (known !== undefined) {
      this.#conflicts = known.conflicts;
      this.#claimed = known.claimed;
      this.#written = known.written;
      this.#compose(known.orders);
      return;
    }
    const first = pages;
    let planned = await this.#plan(pages, NOTHING_DECIDED, this.#check);
    const { conflicts, claimed } = planned;
    this.#conflicts = conflicts;
    this.#claimed = claimed;
    for (let i = 0; i < MOST_SETTLEMENTS && planned.disputed !== undefined; i++) {
      const { disputed, decided } = planned;
      pages = await Promise.all(shares.map(({ worker }, index) => worker.settle(this.#id, disputed[index]!)));
      planned = await this.#plan(pages, decided);
    }
    this.#families = planned.families;
    const orders = await time.run(planned.families.orders(shares.length));
    this.#compose(orders);
    if (pages !== first || !this.#plans.isWorth(pages, planned.families)) return;
    const plan = { workers, pages, check: this.#check, conflicts, claimed, orders };
    this.#written = (await time.run(this.#plans.keep(plan, planned.families))).written;
  }

  /** What was made of it so far; goes on changing. */
  get size(): AnswerSize {
    return this.#size;
  }

  /** Bytes written so far before compression. */
  get rawLength(): number {
    return this.#join.rawLength;
  }

  /** What the targets disagree on. There after `prepare`. */
  get conflicts(): Conflicts {
    return this.#conflicts;
  }

  /** Whether two targets may have the same series, so that `duplicates` may find some. There after `prepare`. */
  get mayHaveDuplicates(): boolean {
    return this.#claimed.length > 0;
  }

  /** Series that two targets have. To be asked for when the answer has been written. */
  async duplicates(): Promise<NamedDuplicates> {
    const shares = this.#shares;
    const families = this.#claimed;
    const claims = await Promise.all(shares.map(({ worker }) => worker.claims(this.#id, families)));
    const { count, named } = await time.run(findDuplicates(claims));
    const targetOf = ({ worker, owner }: ClaimPlace): number | undefined =>
      owner === REPORT_OWNER ? undefined : shares[worker]!.entries[owner]!.target;
    const all: NamedDuplicates['named'][number][] = [];
    for (const { first, other } of named) {
      const [series = ''] = await shares[other.worker]!.worker.series(this.#id, families, [other.place]);
      all.push({ series, first: targetOf(first), other: targetOf(other) });
    }
    return { count, named: all };
  }

  /**
   * The answer whole, when it has no more bytes than that; then it is done. Else undefined, and `gzip` gives it. Throws as `gzip` does.
   */
  async whole(mostBytes: number): Promise<Uint8Array | undefined> {
    for (let length = 0; ;) {
      const next = await this.#pieces.next();
      if (next.done === true) {
        const whole = Buffer.concat(this.#begun.splice(0), length);
        this.taken(length);
        return whole;
      }
      this.#begun.push(next.value);
      length += next.value.length;
      if (length > mostBytes) return undefined;
    }
  }

  /** The answer as one gzip stream, in pieces of useful size. To be run once, after `prepare`. Throws when a worker fails. */
  async *gzip(): AsyncGenerator<Uint8Array, void, void> {
    // Not `yield*`: a stream that is destroyed throws into it, which an array's iterator does not take.
    for (const piece of this.#begun.splice(0)) yield piece;
    yield* this.#pieces;
  }

  /** Nobody reads the next so many bytes of the pieces any more, nor ever will. Their memory is given back at once. */
  taken(bytes: number): void {
    this.#parts.taken(bytes);
  }

  async *#makePieces(): AsyncGenerator<Uint8Array, void, void> {
    const readers = this.#shares.map(() => new RowReader());
    const gathered = new Gatherer();
    const join = this.#join;
    const parts = this.#parts;
    let count = 0;
    const begin = join.begin();
    parts.made(begin.length);
    yield* gathered.add(begin);
    for (const { header, sources } of this.#written ?? this.#makeWritten()) {
      if (++count % STEP_FAMILIES === 0) {
        const pause = time.pause();
        if (pause !== undefined) await pause;
      }
      if (header !== undefined) {
        join.add(header);
        this.#size.bytes += header.bytes.length;
        parts.made(header.bytes.length);
        yield* gathered.add(header.bytes);
      }
      for (const { worker, index } of sources) {
        const reader = readers[worker]!;
        for (let complete = false; !complete;) {
          if (!reader.ready) reader.take(await this.#shares[worker]!.worker.nextPart(this.#id));
          const row = reader.next(index);
          join.add(row);
          this.#size.bytes += row.bytes.length;
          parts.made(row.bytes.length);
          if (!reader.ready) parts.end(reader.bytes);
          yield* gathered.add(row.bytes);
          ({ complete } = row);
        }
      }
    }
    this.#size.complete = true;
    yield* gathered.add(join.end());
    yield* gathered.rest();
  }

  *#makeWritten(): Generator<WrittenFamily, void, void> {
    const { headers } = this.#plans;
    const many = this.#families.size > CACHED_FAMILIES;
    for (const { header, sources } of this.#families.written()) {
      if (header === '') yield { header: undefined, sources };
      else yield { header: (many ? storedPiece(header) : undefined) ?? headers.piece(header), sources };
    }
  }

  #compose(orders: readonly Int32Array[]): void {
    for (const [index, { worker }] of this.#shares.entries())
      worker.compose(this.#id, orders[index]!.slice());
  }

  [Symbol.dispose](): void {
    for (const { worker } of this.#shares) worker.drop(this.#id);
  }

  /** Plans the answer from the surveys, of which the first pages are there. */
  async #plan(pages: readonly SurveyPage[], decided: DecidedTypes, check?: CollisionCheck): Promise<Planned> {
    const readers = pages.map((page) => new SurveyReader(page));
    const steps = planAnswer(readers, decided, check);
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (step.value !== undefined) {
        const { worker } = this.#shares[readers.indexOf(step.value)]!;
        step.value.take(await worker.nextPage(this.#id));
      }
      const pause = time.pause();
      if (pause !== undefined) await pause;
    }
  }
}

/** A deflate block of a header that is not compressed; undefined when it is too long for one. */
function storedPiece(header: string): DeflatedPiece | undefined {
  const bytes = Buffer.allocUnsafe(STORED_HEAD_BYTES + header.length * 3);
  const rawLength = bytes.write(header, STORED_HEAD_BYTES);
  if (rawLength > MAX_STORED_BYTES) return undefined;
  bytes.set(storedHead(rawLength));
  const end = STORED_HEAD_BYTES + rawLength;
  return { bytes: bytes.subarray(0, end), rawLength, crc: crc32(bytes.subarray(STORED_HEAD_BYTES, end)) };
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
