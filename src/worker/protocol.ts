import type { MetricType } from '../exposition/metric-type.ts';
import type { ShareRow, SurveyFamily } from '../merge/share.ts';
import type { Selector } from '../selector/selector.ts';
import type { Outcome } from '../scrape/outcome.ts';
import type { ScrapedTarget } from '../scrape/target-scraper.ts';

/** One target in one answer: its outcome, and the scrape whose exposition is shown when it is up. */
export interface AnswerEntry {
  readonly target: number;
  readonly scrape: number;
  readonly outcome: Outcome;
}

/** From the serving thread to a worker. */
export type WorkerRequest =
  | {
      readonly type: 'targets';
      readonly added: readonly ScrapedTarget[];
      readonly removed: readonly number[];
    }
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
  /** Asks for a share in which these families hold only what strict readers take under that type; answered by `surveyed`. */
  | { readonly type: 'settle'; readonly answer: number; readonly decided: ReadonlyMap<string, MetricType> }
  /** Asks for the families in this order, as indexes into the survey; answered by `composed`, part by part. */
  | { readonly type: 'compose'; readonly answer: number; readonly order: readonly number[] }
  /** Asks for the next part. */
  | { readonly type: 'more'; readonly answer: number }
  /** Ends an answer, complete or not. */
  | { readonly type: 'drop'; readonly answer: number };

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
