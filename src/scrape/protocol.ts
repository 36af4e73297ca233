import type { TlsConfig } from '../config/scrape-config.ts';
import type { Labels } from '../discovery/target.ts';
import type { Selector } from '../selector/selector.ts';
import type { Outcome } from './outcome.ts';

/** A target as the worker that owns it knows it. */
export interface WorkerTarget {
  readonly id: number;
  readonly url: string;
  readonly labels: Labels;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly enableCompression: boolean;
  readonly tls: TlsConfig;
}

/** One target in one answer: its outcome, and the scrape whose exposition is shown when it is up. */
export interface AnswerEntry {
  readonly target: number;
  readonly scrape: number;
  readonly outcome: Outcome;
}

/** From the serving thread to a worker. */
export type WorkerRequest =
  | { readonly type: 'targets'; readonly added: readonly WorkerTarget[]; readonly removed: readonly number[] }
  /** Begins a scrape; answered by `scraped` once. */
  | {
      readonly type: 'scrape';
      readonly target: number;
      readonly scrape: number;
      readonly timeoutSeconds: number;
    }
  /** Ends a scrape that is under way; it is answered by `scraped` all the same. */
  | { readonly type: 'cancel'; readonly scrape: number }
  /** Nobody will ask for these scrapes' expositions any more. */
  | { readonly type: 'release'; readonly scrapes: readonly number[] }
  /** Begins an answer; answered by `surveyed`. */
  | {
      readonly type: 'survey';
      readonly answer: number;
      readonly entries: readonly AnswerEntry[];
      readonly selectors: readonly Selector[];
    }
  /** Asks for the families in this order, as indexes into the survey; answered by `composed`, part by part. */
  | { readonly type: 'compose'; readonly answer: number; readonly order: readonly number[] }
  /** Asks for the next part. */
  | { readonly type: 'more'; readonly answer: number }
  /** Ends an answer, complete or not. */
  | { readonly type: 'drop'; readonly answer: number };

/** One family as one worker has it, without its bytes. */
export interface SurveyFamily {
  readonly name: string;
  /** Whether these are report series, which come before those of the targets. */
  readonly report: boolean;
  /** Number of targets with samples by the type that they declare. */
  readonly types: readonly number[];
  /** Number of targets with samples by the HELP text that they have. */
  readonly helps: ReadonlyMap<string, number>;
}

/** Deflated bytes of a family: those of the next `length` bytes of a part. */
export interface ShareRow {
  /** Index into the survey. */
  readonly family: number;
  readonly length: number;
  readonly rawLength: number;
  readonly crc: number;
  /** Whether this ends the family; otherwise the next part goes on with it. */
  readonly complete: boolean;
}

/** From a worker to the serving thread. */
export type WorkerReply =
  | { readonly type: 'scraped'; readonly scrape: number; readonly outcome: Outcome }
  | { readonly type: 'surveyed'; readonly answer: number; readonly families: readonly SurveyFamily[] }
  | {
      readonly type: 'composed';
      readonly answer: number;
      readonly bytes: Uint8Array;
      readonly rows: readonly ShareRow[];
    }
  /** The answer cannot be composed. */
  | { readonly type: 'failed'; readonly answer: number; readonly error: string };
