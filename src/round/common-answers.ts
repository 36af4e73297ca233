import type { Conflicts } from '../merge/conflicts.ts';
import { SERVING_PAGE, type MemoryLedger } from '../worker/memory-ledger.ts';
import type { Answer, AnswerSize } from './answer.ts';
import { prepareAnswer, type AnswerQuestion, type PreparedAnswer } from './prepare-answer.ts';
import { ReportAnswers } from './report-answers.ts';
import type { Round } from './scraper.ts';
import type { Scrape } from './scrape.ts';

/** An answer that has more bytes is made for each caller anew, part by part: that bounds what slow readers hold. */
const COMMON_BYTES = 2 * 1024 * 1024;
/** What the answers that are kept may come to. */
const KEPT_BYTES = 8 * 1024 * 1024;
/** What it takes to remember which scrapes one has, each. */
const SCRAPE_BYTES = 16;
/** And what part of what all threads may hold. */
const KEPT_PART = 1 / 16;
/** Questions with large answers that are remembered. */
const MOST_LARGE = 100;
/** How often it is looked whether somebody may still ask for what is kept. */
const LOOK_EVERY_MS = 100;

/** An answer as a caller gets it. */
export interface CommonAnswer {
  /** All of it as gzip, where others may have the same; else it is to be had of `own`. */
  readonly bytes: Uint8Array | undefined;
  /** One that is the caller's, who disposes of it. */
  readonly own: Answer | undefined;
  /** Bytes before compression; of the caller's own, those that were written so far. */
  readonly rawLength: number;
  readonly conflicts: Conflicts;
}

interface Known {
  /** Undefined when it turned out to be large. */
  readonly whole: Promise<CommonAnswer | undefined>;
  /** Those that are up. */
  readonly scrapes: readonly Scrape[];
  bytes: number;
}

/**
 * Callers who got the same scrapes, with the same outcomes, and ask for the same series have the same answer, byte for byte. So it is made
 * once when it is not large, and kept as long as somebody may get these scrapes.
 */
export class CommonAnswers implements Disposable {
  readonly #ledger: MemoryLedger;
  readonly #reports: ReportAnswers = new ReportAnswers();
  readonly #known: Map<string, Known> = new Map();
  /** By part and selectors, how much the last answer had, where that was large. */
  readonly #large: Map<string, AnswerSize> = new Map();
  #keptBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  /** With where the bytes are counted. */
  constructor(ledger: MemoryLedger) {
    this.#ledger = ledger;
  }

  /** Bytes of the answers that are kept. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** The answer to a question. Rejects when it cannot be made. The question's round must stay until then. */
  async get(question: AnswerQuestion): Promise<CommonAnswer> {
    const { round, part = '', selectors } = question;
    // Made sooner than it is found out whether somebody had the same.
    const report = this.#reports.make(round, selectors);
    if (report !== undefined) return report;
    const asked = part + JSON.stringify(selectors);
    if (this.#isLarge(asked)) return this.#own(question, asked);
    const key = asked + keyOf(round);
    const known = this.#known.get(key);
    if (known !== undefined) {
      const whole = await known.whole;
      return whole ?? this.#own(question, asked);
    }
    const made = prepareAnswer(question, COMMON_BYTES);
    const whole = made.then(wholeOf);
    const scrapes = round.entries.filter(({ outcome }) => outcome.up).map(({ scrape }) => scrape);
    const entry: Known = { whole, scrapes, bytes: 0 };
    this.#known.set(key, entry);
    try {
      const mine = await whole;
      if (mine !== undefined) {
        this.#keep(key, entry, mine.bytes!.length + key.length + scrapes.length * SCRAPE_BYTES);
        return mine;
      }
      this.#forget(key, entry);
      const { answer } = await made;
      this.#noteLarge(asked, answer);
      return ownOf(answer);
    } catch (error) {
      this.#forget(key, entry);
      throw error;
    }
  }

  /** Forgets all of them. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const [key, entry] of this.#known) this.#forget(key, entry);
  }

  async #own(question: AnswerQuestion, asked: string): Promise<CommonAnswer> {
    const { answer } = await prepareAnswer(question, 0);
    this.#noteLarge(asked, answer);
    return ownOf(answer);
  }

  #noteLarge(asked: string, { size, mayHaveDuplicates }: Answer): void {
    if (this.#large.size > MOST_LARGE) this.#large.clear();
    // One in which two targets may have the same series was not tried.
    if (!mayHaveDuplicates) this.#large.set(asked, size);
  }

  #isLarge(asked: string): boolean {
    const size = this.#large.get(asked);
    if (size?.complete === true && size.bytes <= COMMON_BYTES) return !this.#large.delete(asked);
    return size !== undefined;
  }

  #keep(key: string, entry: Known, bytes: number): void {
    if (this.#known.get(key) !== entry) return;
    entry.bytes = bytes;
    this.#count(bytes);
    const most = Math.min(KEPT_BYTES, this.#ledger.limit * KEPT_PART);
    for (const [oldest, known] of this.#known) {
      if (this.#keptBytes <= most && !this.#ledger.exceeded) break;
      if (known.bytes > 0) this.#forget(oldest, known);
    }
    this.#lookLater();
  }

  #forget(key: string, entry: Known): void {
    if (this.#known.get(key) !== entry) return;
    this.#known.delete(key);
    this.#count(-entry.bytes);
  }

  /** Forgets what nobody can ask for again: a scrape that nothing pins is not given to anybody. */
  #look(): void {
    const isShort = this.#ledger.exceeded;
    for (const [key, entry] of this.#known) {
      const { bytes, scrapes } = entry;
      const isGone = scrapes.length === 0 || scrapes.some(({ pins }) => pins === 0);
      if (bytes > 0 && (isShort || isGone)) this.#forget(key, entry);
    }
    this.#lookLater();
  }

  #lookLater(): void {
    if (this.#keptBytes === 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, LOOK_EVERY_MS).unref();
  }

  #count(bytes: number): void {
    if (bytes === 0) return;
    this.#keptBytes += bytes;
    this.#ledger.write(SERVING_PAGE, this.#keptBytes, 0, 0);
  }
}

function wholeOf({ answer, whole }: PreparedAnswer): CommonAnswer | undefined {
  if (whole === undefined) return undefined;
  // Nothing more is wanted of the workers.
  answer[Symbol.dispose]();
  return { bytes: whole, own: undefined, rawLength: answer.rawLength, conflicts: answer.conflicts };
}

function ownOf(own: Answer): CommonAnswer {
  return {
    bytes: undefined,
    own,
    get rawLength() {
      return own.rawLength;
    },
    conflicts: own.conflicts,
  };
}

/** The same for rounds whose answers are the same. The outcome of a scrape that is up is always the same. */
function keyOf(round: Round): string {
  const shares = round
    .shares()
    .map(({ entries }) =>
      entries.map(({ target, scrape, outcome }) => (outcome.up ? [target, scrape] : [target, outcome])),
    );
  return JSON.stringify(shares);
}
