import { BlockDeflater } from '../exposition/block-deflater.ts';
import { claimsOf, claimTexts } from '../merge/claims.ts';
import { LineFilter } from '../merge/line-filter.ts';
import { PART_BYTES, Share, type ShareTarget } from '../merge/share.ts';
import { MatchCostError } from '../selector/selector.ts';
import type { ComposeAhead } from './compose-ahead.ts';
import type { AnswerEntry } from './packed-entries.ts';
import type { WorkerReply, WorkerRequest } from './protocol.ts';
import type { MatchAhead } from './match-ahead.ts';
import { ThreadTime } from './thread-time.ts';

/** Pages or parts of an answer that are made before the first is asked for again. */
const PARTS_AHEAD = 2;
/** A usual step takes less. One that takes more must not hold up the bodies of other pods, nor other answers. */
const TURN_MS = 20;
/** What the parts of all answers that are open may come to, about, before they become smaller. */
const OPEN_PART_BYTES = 16 * 1024 * 1024;
const LEAST_PART_BYTES = 64 * 1024;

type OfAnswer = Extract<WorkerRequest, { readonly answer: number }>;
type Survey = Extract<OfAnswer, { readonly type: 'survey' }>;
/** A request about an answer; the entries of a survey are unpacked. */
export type AnswerRequest =
  Exclude<OfAnswer, Survey> | (Omit<Survey, 'entries'> & { readonly entries: readonly AnswerEntry[] });

/** Pages or parts that are made one at a time. */
type Replies = Generator<{ readonly message: WorkerReply; readonly transfer: ArrayBuffer[] }, void, void>;

interface OpenAnswer {
  readonly targets: ShareTarget[];
  share: Share | undefined;
  replies: Replies | undefined;
  /** Bytes of the parts that were sent and may still wait to be taken. */
  readonly sent: number[];
  /** Bytes that are counted for it. */
  held: number;
}

/** What a worker's answers need of it. */
export interface AnswerHost {
  reply(message: WorkerReply, transfer: ArrayBuffer[]): void;
  /** May throw, which fails the answer. What it gives must stay as it is until it is let go. */
  targetOf(entry: AnswerEntry): ShareTarget;
  /** An answer was dropped, and reads these targets no more. */
  letGo(targets: readonly ShareTarget[]): void;
  /** The answers hold so many bytes more, or fewer when negative. */
  count(bytes: number): void;
  /** What was composed before it was asked for. */
  readonly ahead?: ComposeAhead;
  /** What was picked out before it was asked for. */
  readonly matches?: MatchAhead;
}

/**
 * A worker's end of the answers that are under way. What takes long pauses, so any request may come in between; one that
 * drops the answer ends it there.
 */
export class OpenAnswers {
  readonly #host: AnswerHost;
  readonly #answers: Map<number, OpenAnswer> = new Map();
  readonly #composer: BlockDeflater;
  readonly #time: ThreadTime;

  constructor(host: AnswerHost, turnMs: number = TURN_MS) {
    this.#host = host;
    this.#composer = host.ahead?.deflater ?? new BlockDeflater();
    this.#time = new ThreadTime(turnMs);
  }

  /** Never throws: what goes wrong is a reply. */
  handle(request: AnswerRequest): void {
    const { answer } = request;
    if (request.type === 'drop') {
      this.#drop(answer);
      return;
    }
    if (request.type === 'survey')
      this.#answers.set(answer, { targets: [], share: undefined, replies: undefined, sent: [], held: 0 });
    const open = this.#answers.get(answer);
    if (open === undefined) return;
    this.#work(request, open).catch((error: unknown) => {
      if (!this.#isOpen(answer, open)) return;
      this.#drop(answer);
      const tooCostly = error instanceof MatchCostError;
      this.#host.reply({ type: 'failed', answer, error: (error as Error).message, tooCostly }, []);
    });
  }

  async #work(request: Exclude<AnswerRequest, { type: 'drop' }>, open: OpenAnswer): Promise<void> {
    const { answer } = request;
    switch (request.type) {
      case 'survey': {
        // At once: a message that comes later may release what it needs.
        const { targets } = open;
        for (const entry of request.entries) targets.push(this.#host.targetOf(entry));
        const { ahead, matches } = this.#host;
        ahead?.answered(request.entries);
        const { selectors } = request;
        const selected =
          selectors.length === 0
            ? undefined
            : (matches?.viewOf(selectors) ?? { filter: new LineFilter(selectors), runs: undefined });
        const runs = selected === undefined ? ahead?.runs : selected.runs;
        const share = Share.of(targets, selected?.filter, this.#composer, runs);
        open.share = await this.#run(answer, open, share);
        if (open.share === undefined) break;
        this.#hold(open, open.share.heldBytes);
        await this.#begin(answer, open, pages(answer, open.share));
        break;
      }
      case 'settle': {
        const share = open.share!;
        const before = share.heldBytes;
        await this.#run(answer, open, share.settle(request.decided));
        if (!this.#isOpen(answer, open)) return;
        this.#hold(open, share.heldBytes - before);
        await this.#begin(answer, open, pages(answer, share));
        break;
      }
      case 'compose':
        await this.#begin(
          answer,
          open,
          parts(answer, open.share!, request.order, () => this.#partBytes),
        );
        break;
      case 'claims': {
        const claims = await this.#run(answer, open, claimsOf(open.targets, request.families));
        if (claims === undefined) return;
        this.#host.reply({ type: 'claims', answer, claims }, [claims.hashes.buffer, claims.owners.buffer]);
        break;
      }
      case 'series': {
        const { families, places } = request;
        const texts = await this.#run(answer, open, claimTexts(open.targets, families, places));
        if (texts !== undefined) this.#host.reply({ type: 'series', answer, texts }, []);
        break;
      }
      case 'more':
        this.#hold(open, -(open.sent.shift() ?? 0));
        await this.#sendNext(answer, open);
        break;
    }
  }

  /** Runs steps to their end; undefined when the answer was dropped meanwhile. */
  async #run<T>(answer: number, open: OpenAnswer, steps: Generator<void, T, void>): Promise<T | undefined> {
    for (let wait = this.#time.begin(); ; wait = this.#time.pause()) {
      if (wait !== undefined) {
        await wait;
        if (!this.#isOpen(answer, open)) return undefined;
      }
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }

  async #begin(answer: number, open: OpenAnswer, replies: Replies): Promise<void> {
    open.replies = replies;
    // Those so far were pages, which are not counted.
    open.sent.length = 0;
    for (let i = 0; i < PARTS_AHEAD; i++) await this.#sendNext(answer, open);
  }

  async #sendNext(answer: number, open: OpenAnswer): Promise<void> {
    const { replies } = open;
    const wait = this.#time.begin();
    if (wait !== undefined) await wait;
    // Asking ahead costs nothing: the generator stops where a page or part is complete.
    if (!this.#isOpen(answer, open)) return;
    const next = replies?.next();
    if (next === undefined || next.done === true) return;
    const { message, transfer } = next.value;
    let bytes = 0;
    for (const { byteLength } of transfer) bytes += byteLength;
    this.#host.reply(message, transfer);
    open.sent.push(bytes);
    this.#hold(open, bytes);
  }

  #hold(open: OpenAnswer, bytes: number): void {
    if (bytes === 0) return;
    open.held += bytes;
    this.#host.count(bytes);
  }

  #drop(answer: number): void {
    const open = this.#answers.get(answer);
    if (open === undefined) return;
    this.#answers.delete(answer);
    this.#hold(open, -open.held);
    this.#host.letGo(open.targets);
  }

  #isOpen(answer: number, open: OpenAnswer): boolean {
    return this.#answers.get(answer) === open;
  }

  get #partBytes(): number {
    return Math.min(PART_BYTES, Math.max(LEAST_PART_BYTES, OPEN_PART_BYTES / this.#answers.size));
  }
}

function* pages(answer: number, share: Share): Replies {
  for (const page of share.survey()) yield { message: { type: 'surveyed', answer, page }, transfer: [] };
}

function* parts(answer: number, share: Share, order: Int32Array, partBytes: () => number): Replies {
  for (const part of share.compose(order, partBytes)) {
    yield {
      message: { type: 'composed', answer, part },
      transfer: [part.bytes.buffer, part.rows.buffer],
    };
  }
}
