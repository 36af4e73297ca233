import { gunzipSync } from 'node:zlib';
import { BlockDeflater } from '../../src/exposition/block-deflater.ts';
import { runToEnd } from '../../src/exposition/body-reader.ts';
import { Workshop } from '../../src/exposition/workshop.ts';
import { GzipJoin, HeaderCache } from '../../src/merge/gzip-join.ts';
import type { Conflicts } from '../../src/merge/conflicts.ts';
import { LineFilter } from '../../src/merge/line-filter.ts';
import { NOTHING_DECIDED, planAnswer, type DecidedTypes, type Planned } from '../../src/merge/plan.ts';
import type { PlannedFamily } from '../../src/merge/planned-families.ts';
import type { ReadyRuns } from '../../src/merge/ready-runs.ts';
import { REPORT_FAMILIES } from '../../src/merge/report.ts';
import { RowReader, type SharePart, type ShareRow } from '../../src/merge/share-part.ts';
import { Share, type ShareTarget } from '../../src/merge/share.ts';
import { SurveyReader, type SurveyPage } from '../../src/merge/survey.ts';
import { MOST_SETTLEMENTS } from '../../src/round/answer.ts';
import type { FailureReason } from '../../src/scrape/failure.ts';
import type { Selector } from '../../src/selector/selector.ts';
import { read, rulesOf } from '../exposition/fixture.ts';

const shop = new Workshop();

/** A target that is up with this body. */
export function up(
  labels: Readonly<Record<string, string>>,
  body: string | Uint8Array,
  options: { readonly honorLabels?: boolean; readonly keepSmall?: boolean } = {},
): ShareTarget {
  const rules = rulesOf(labels, options);
  shop.packer.keepSmall = options.keepSmall ?? true;
  const exposition = read(body, { rules, shop });
  const { samples } = exposition;
  const outcome = {
    durationSeconds: 0.5,
    samples,
    samplesPost: samples,
    wireBytes: 0,
    bodyBytes: body.length,
  };
  return { rules, outcome: { up: true, ...outcome }, exposition };
}

/** A target whose scrape failed. */
export function down(labels: Readonly<Record<string, string>>, reason: FailureReason): ShareTarget {
  const outcome = { durationSeconds: 2, samples: 0, samplesPost: 0, wireBytes: 0, bodyBytes: 0 };
  return { rules: rulesOf(labels), outcome: { up: false, reason, error: 'it failed', ...outcome } };
}

/** Makes a share in one go. */
export function shareOf(
  targets: readonly ShareTarget[],
  selectors: readonly Selector[] = [],
  deflater: BlockDeflater = new BlockDeflater(),
  ready?: ReadyRuns,
  filter: LineFilter | undefined = selectors.length > 0 ? new LineFilter(selectors) : undefined,
): Share {
  return runToEnd(Share.of(targets, filter, deflater, ready));
}

/** The pages of a survey as they cross from one thread to another. */
export function* clonedPages(pages: Iterable<SurveyPage>): Generator<SurveyPage, undefined, void> {
  for (const page of pages) yield structuredClone(page);
}

/** The names of a survey's families, in their order. */
export function namesIn(pages: Iterable<SurveyPage>): string[] {
  const names: string[] = [];
  for (const page of pages) {
    const reader = new SurveyReader(page);
    for (; reader.name !== undefined; reader.next()) names.push(reader.name);
  }
  return names;
}

/** Plans what these surveys ask for, without a pause. */
export function planOf(
  surveys: readonly Iterable<SurveyPage>[],
  decided: DecidedTypes = NOTHING_DECIDED,
): Planned {
  const pages = surveys.map((survey) => clonedPages(survey));
  const next = (of: Generator<SurveyPage, undefined, void>): SurveyPage => {
    const { value } = of.next();
    if (value === undefined) throw new Error('a survey without a last page');
    return value;
  };
  const readers = pages.map((of) => new SurveyReader(next(of)));
  const steps = planAnswer(readers, decided);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (step.value !== undefined) step.value.take(next(pages[readers.indexOf(step.value)]!));
  }
}

/** One worker's end of an answer, read as the serving thread reads it: row by row. */
class Rows {
  readonly #parts: Generator<SharePart, void, void>;
  readonly #reader = new RowReader();
  parts = 0;

  constructor(parts: Generator<SharePart, void, void>) {
    this.#parts = parts;
  }

  next(family: number): ShareRow {
    if (!this.#reader.ready) {
      const { value } = this.#parts.next();
      if (value === undefined) throw new Error('a share ended too soon');
      this.#reader.take(value);
      this.parts++;
    }
    if (!this.#reader.ready) throw new Error('a part without rows');
    return this.#reader.next(family);
  }
}

/** A merged answer. */
export interface Merged {
  readonly gzip: Buffer;
  readonly text: string;
  readonly plan: readonly PlannedFamily[];
  /** What the targets disagreed on before anything was settled. */
  readonly conflicts: Conflicts;
  /** What the frame says its length is before compression. */
  readonly rawLength: number;
  /** How many parts the workers handed over. */
  readonly parts: number;
}

/** Merges what the workers have, as an answer does it, without threads. The workers share one deflater if they are one thread's. */
export function merge(
  workers: readonly (readonly ShareTarget[])[],
  selectors: readonly Selector[] = [],
  deflater?: BlockDeflater,
  ready?: ReadyRuns,
  filter?: LineFilter,
): Merged {
  const shares = workers.map((targets) => shareOf(targets, selectors, deflater, ready, filter));
  const survey = (decided: DecidedTypes): Planned =>
    planOf(
      shares.map((share) => share.survey()),
      decided,
    );
  let planned = survey(NOTHING_DECIDED);
  const { conflicts } = planned;
  for (let i = 0; i < MOST_SETTLEMENTS && planned.disputed !== undefined; i++) {
    for (const [worker, share] of shares.entries()) runToEnd(share.settle(planned.disputed[worker]!));
    planned = survey(planned.decided);
  }
  const plan = [...planned.families.written()];
  const orders = runToEnd(planned.families.orders(shares.length));
  const readers = shares.map((share, worker) => new Rows(share.compose(orders[worker]!)));
  const join = new GzipJoin();
  const headers = new HeaderCache();
  const pieces: Uint8Array[] = [join.begin()];
  for (const { header, sources } of plan) {
    if (header !== '') {
      const piece = headers.piece(header);
      join.add(piece);
      pieces.push(piece.bytes);
    }
    for (const { worker, index } of sources) {
      for (let complete = false; !complete;) {
        const row = readers[worker]!.next(index);
        join.add(row);
        pieces.push(row.bytes);
        ({ complete } = row);
      }
    }
  }
  pieces.push(join.end());
  const gzip = Buffer.concat(pieces);
  // It checks the CRC and the length.
  const text = gunzipSync(gzip).toString();
  const parts = readers.reduce((sum, reader) => sum + reader.parts, 0);
  return { gzip, text, plan, conflicts, rawLength: join.rawLength, parts };
}

/** The lines of the families that are no report. */
export function exposed({ text }: Merged): string[] {
  const reports = new Set(REPORT_FAMILIES.map(({ name }) => name));
  const nameOf = (line: string): string => /^(?:# (?:HELP|TYPE) )?([\w:]+)/.exec(line)?.[1] ?? '';
  return text.split('\n').filter((line) => line !== '' && !reports.has(nameOf(line)));
}
