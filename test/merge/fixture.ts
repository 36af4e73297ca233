import { gunzipSync } from 'node:zlib';
import { BlockDeflater } from '../../src/exposition/block-deflater.ts';
import { Workshop } from '../../src/exposition/body-reader.ts';
import type { MetricType } from '../../src/exposition/metric-type.ts';
import { GzipJoin, HeaderCache } from '../../src/merge/gzip-join.ts';
import { disputedFamilies, planAnswer, type PlannedFamily } from '../../src/merge/plan.ts';
import { REPORT_FAMILIES } from '../../src/merge/report.ts';
import { Share, type SharePart, type ShareTarget, type SurveyFamily } from '../../src/merge/share.ts';
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

/** One worker's end of an answer, read as the serving thread reads it: row by row. */
class Rows {
  readonly #parts: Generator<SharePart, void, void>;
  #part: SharePart = { bytes: new Uint8Array(0), rows: [] };
  #row = 0;
  #offset = 0;
  parts = 0;

  constructor(parts: Generator<SharePart, void, void>) {
    this.#parts = parts;
  }

  next(): { row: SharePart['rows'][number]; bytes: Uint8Array } {
    if (this.#row === this.#part.rows.length) {
      const { value } = this.#parts.next();
      if (value === undefined) throw new Error('a share ended too soon');
      this.#part = value;
      this.parts++;
      [this.#row, this.#offset] = [0, 0];
    }
    const row = this.#part.rows[this.#row++];
    if (row === undefined) throw new Error('a part without rows');
    const bytes = this.#part.bytes.subarray(this.#offset, (this.#offset += row.length));
    return { row, bytes };
  }
}

/** A merged answer. */
export interface Merged {
  readonly gzip: Buffer;
  readonly text: string;
  readonly plan: readonly PlannedFamily[];
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
): Merged {
  const shares = workers.map((targets) => new Share(targets, selectors, deflater ?? new BlockDeflater()));
  // As it crosses from one thread to another.
  const survey = (): (readonly SurveyFamily[])[] => shares.map((share) => structuredClone(share.survey()));
  const decided = new Map<string, MetricType>();
  for (let i = 0; i < MOST_SETTLEMENTS; i++) {
    const disputed = disputedFamilies(survey(), decided);
    for (const share of shares) share.settle(disputed);
    for (const [name, type] of disputed) decided.set(name, type);
  }
  const plan = planAnswer(survey(), decided);
  const readers = shares.map((share, worker) => {
    const order = plan.flatMap(({ sources }) =>
      sources.filter((source) => source.worker === worker).map(({ index }) => index),
    );
    return new Rows(share.compose(order));
  });
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
        const { row, bytes } = readers[worker]!.next();
        if (row.family !== index) throw new Error(`family ${row.family} where ${index} was due`);
        join.add(row);
        pieces.push(bytes);
        ({ complete } = row);
      }
    }
  }
  pieces.push(join.end());
  const gzip = Buffer.concat(pieces);
  // It checks the CRC and the length.
  const text = gunzipSync(gzip).toString();
  const parts = readers.reduce((sum, reader) => sum + reader.parts, 0);
  return { gzip, text, plan, rawLength: join.rawLength, parts };
}

/** The lines of the families that are no report. */
export function exposed({ text }: Merged): string[] {
  const reports = new Set(REPORT_FAMILIES.map(({ name }) => name));
  const nameOf = (line: string): string => /^(?:# (?:HELP|TYPE) )?([\w:]+)/.exec(line)?.[1] ?? '';
  return text.split('\n').filter((line) => line !== '' && !reports.has(nameOf(line)));
}
