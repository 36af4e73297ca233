import { BlockDeflater } from '../exposition/block-deflater.ts';
import type { BlockPart } from '../exposition/family-block.ts';
import { LabelRules } from '../exposition/label-rules.ts';
import { MetricType } from '../exposition/metric-type.ts';
import { NO_CONFLICTS } from '../merge/conflicts.ts';
import { GzipJoin, HeaderCache, type DeflatedPiece } from '../merge/gzip-join.ts';
import { LineFilter } from '../merge/line-filter.ts';
import { headerOf } from '../merge/planned-families.ts';
import { REPORT_FAMILIES, reportLines, type Reported } from '../merge/report.ts';
import type { Selector } from '../selector/selector.ts';
import { ThreadTime } from '../worker/thread-time.ts';
import type { CommonAnswer } from './common-answers.ts';
import type { Round } from './scraper.ts';
import type { OwnedTarget } from './scrape.ts';

/** Targets whose lines are made between two looks at the clock. */
const STEP_TARGETS = 256;
/** What these answers may keep the serving thread from its other work. */
const TURN_MS = 5;

const reportNames: ReadonlySet<string> = new Set(REPORT_FAMILIES.map(({ name }) => name));

/** Whether each of these, of which there is one at least, asks for the name of a report family. */
export function selectReport(selectors: readonly Selector[]): boolean {
  const isReport = (selector: Selector): boolean =>
    selector.some(({ name, op, value }) => name === '__name__' && op === '=' && reportNames.has(value));
  return selectors.length > 0 && selectors.every(isReport);
}

/**
 * Answers that have report series only, such as to `match[]=up`. The serving thread knows all that they show, so no worker is asked: the
 * messages would take longer than the answer. The text is the one that the workers' shares come to.
 */
export class ReportAnswers {
  readonly #headers = new HeaderCache();
  /** Scratch that is used only between pauses. */
  readonly #deflater = new BlockDeflater();
  readonly #time = new ThreadTime(TURN_MS);
  /** A target's labels are always the same. */
  readonly #rules: WeakMap<OwnedTarget, LabelRules> = new WeakMap();
  /** The first lines of `up` that were made last, and of what. */
  #last: { readonly targets: readonly Reported[]; readonly lines: BlockPart } | undefined;
  #lastUp: { readonly lines: Uint8Array; readonly piece: DeflatedPiece } | undefined;

  /** The answer, always whole; undefined where it may have series that targets exposed. */
  make(round: Round, selectors: readonly Selector[]): Promise<CommonAnswer> | undefined {
    if (!selectReport(selectors)) return undefined;
    const owned = new Map(round.entries.map(({ target }) => [target.id, target]));
    const targets: Reported[] = [];
    for (const { entries } of round.shares()) {
      for (const { target, outcome, unreported } of entries) {
        if (outcome.reportNames === true) return undefined;
        if (unreported !== true) targets.push({ rules: this.#rulesOf(owned.get(target)!), outcome });
      }
    }
    return this.#time.run(this.#answer(targets, selectors));
  }

  *#answer(
    targets: readonly Reported[],
    selectors: readonly Selector[],
  ): Generator<void, CommonAnswer, void> {
    const join = new GzipJoin();
    const pieces = [join.begin()];
    const add = (piece: DeflatedPiece): void => {
      join.add(piece);
      pieces.push(piece.bytes);
    };
    const filter = new LineFilter(selectors);
    for (const { name, help } of REPORT_FAMILIES) {
      if (!filter.mayMatch(name, MetricType.gauge)) continue;
      const isWhole = selectors.some(([only, ...more]) => only!.value === name && more.length === 0);
      const header = this.#headers.piece(headerOf(name, MetricType.gauge, help));
      let isBegun = false;
      for (let start = 0; start < targets.length; start += STEP_TARGETS) {
        const lines = this.#linesOf(name, targets.slice(start, start + STEP_TARGETS), start);
        const kept = isWhole ? lines : filter.filter(lines, this.#deflater);
        if (kept !== undefined && kept.rawLength > 0) {
          if (!isBegun) add(header);
          isBegun = true;
          add(this.#pieceOf(kept, name, start));
        }
        yield;
      }
    }
    pieces.push(join.end());
    const bytes = Buffer.concat(pieces);
    return { bytes, own: undefined, rawLength: join.rawLength, conflicts: NO_CONFLICTS };
  }

  /** Scrapes that are used again have the outcomes that they had. */
  #linesOf(family: string, targets: readonly Reported[], start: number): BlockPart {
    if (family !== 'up' || start > 0) return linesOf(family, targets);
    if (this.#last === undefined || !areSame(this.#last.targets, targets))
      this.#last = { targets, lines: linesOf(family, targets) };
    return this.#last.lines;
  }

  #pieceOf(
    { bytes, start, end, deflated, rawLength, crc }: BlockPart,
    family: string,
    at: number,
  ): DeflatedPiece {
    const own = bytes.subarray(start, end);
    if (deflated) return { bytes: own, rawLength, crc };
    if (family !== 'up' || at > 0) return this.#deflate(own);
    // Targets are mostly up, so these lines are mostly the same as last time.
    if (this.#lastUp === undefined || Buffer.compare(this.#lastUp.lines, own) !== 0)
      this.#lastUp = { lines: own, piece: this.#deflate(own) };
    return this.#lastUp.piece;
  }

  #deflate(lines: Uint8Array): DeflatedPiece {
    const { length, crc, rawLength } = this.#deflater.only(lines);
    return { bytes: this.#deflater.bytes.slice(0, length), rawLength, crc };
  }

  #rulesOf(owned: OwnedTarget): LabelRules {
    let rules = this.#rules.get(owned);
    if (rules === undefined) {
      // Whether labels are honored makes no difference to series that no target exposed.
      rules = new LabelRules(owned.target.labels, true, true);
      this.#rules.set(owned, rules);
    }
    return rules;
  }
}

function areSame(some: readonly Reported[], others: readonly Reported[]): boolean {
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++)
    if (some[i]!.outcome !== others[i]!.outcome || some[i]!.rules !== others[i]!.rules) return false;
  return true;
}

function linesOf(family: string, targets: readonly Reported[]): BlockPart {
  const bytes = reportLines(family, targets);
  return { bytes, start: 0, end: bytes.length, deflated: false, rawLength: bytes.length, crc: 0 };
}
