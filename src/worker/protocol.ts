import type { Claims } from '../merge/claims.ts';
import type { SharePart } from '../merge/share-part.ts';
import type { SurveyPage } from '../merge/survey.ts';
import type { Selector } from '../selector/selector.ts';
import type { ScrapedTarget, ToldTarget } from '../scrape/target-scraper.ts';

import type { WorkerMetadata } from './metadata-store.ts';
import type { EndedScrape } from './outcome-batch.ts';
import type { PackedEntries } from './packed-entries.ts';
import type { CancelReason } from './worker-scrapes.ts';

/** A scrape to be made. */
export interface AskedScrape {
  readonly target: number;
  readonly scrape: number;
  readonly told: ToldTarget;
}

/** From the serving thread to a worker. */
export type WorkerRequest =
  | {
      readonly type: 'targets';
      readonly added: readonly ScrapedTarget[];
      readonly removed: readonly number[];
    }
  /** Begins scrapes; each is answered by `scraped` once. */
  | { readonly type: 'scrape'; readonly scrapes: readonly AskedScrape[] }
  /** Ends a scrape that is under way; it is answered by `scraped` all the same. */
  | { readonly type: 'cancel'; readonly scrape: number; readonly reason: CancelReason }
  /** Asks to collect garbage at once, or where there is nothing to do, if it is worth it. */
  | { readonly type: 'collect'; readonly when: 'now' | 'worthwhile' }
  /** Nobody will ask for these scrapes' expositions any more. */
  | { readonly type: 'release'; readonly scrapes: readonly number[] }
  /** Asks for TYPE and HELP of what the targets exposed last; answered by `metadata`. */
  | { readonly type: 'metadata' }
  /**
   * A round has begun whose answer will have only what these select, or everything where there are none; and the end of that. Where there
   * are selectors, `ended` are its targets that were scraped before, with their scrapes: one pair after the other.
   */
  | {
      readonly type: 'expect';
      readonly question: number;
      readonly selectors: readonly Selector[];
      readonly ended: readonly number[];
    }
  | { readonly type: 'forget'; readonly question: number }
  /** Begins an answer; answered by `surveyed`, page by page. */
  | {
      readonly type: 'survey';
      readonly answer: number;
      readonly entries: PackedEntries;
      readonly selectors: readonly Selector[];
    }
  /**
   * Asks for a share in which these families hold only what strict readers take under that type; answered by `surveyed`.
   * Index into the survey and type, one pair after the other.
   */
  | { readonly type: 'settle'; readonly answer: number; readonly decided: Int32Array<ArrayBuffer> }
  /** Asks for the families in this order, as indexes into the survey; answered by `composed`, part by part. */
  | { readonly type: 'compose'; readonly answer: number; readonly order: Int32Array<ArrayBuffer> }
  /** Asks for the series that the targets have in these families; answered by `claims`. */
  | { readonly type: 'claims'; readonly answer: number; readonly families: readonly string[] }
  /** Asks for the texts of series at these places among the claims; answered by `series`. */
  | {
      readonly type: 'series';
      readonly answer: number;
      readonly families: readonly string[];
      readonly places: readonly number[];
    }
  /** Asks for the next page or part. */
  | { readonly type: 'more'; readonly answer: number }
  /** Ends an answer, complete or not. */
  | { readonly type: 'drop'; readonly answer: number };

/** From a worker to the serving thread. */
export type WorkerReply =
  | { readonly type: 'scraped'; readonly ended: readonly EndedScrape[] }
  /** Memory is short, and this worker has nothing large under way that could give way. */
  | { readonly type: 'memoryShort' }
  | { readonly type: 'metadata'; readonly metadata: WorkerMetadata }
  | { readonly type: 'surveyed'; readonly answer: number; readonly page: SurveyPage }
  | { readonly type: 'composed'; readonly answer: number; readonly part: SharePart }
  | { readonly type: 'claims'; readonly answer: number; readonly claims: Claims }
  | { readonly type: 'series'; readonly answer: number; readonly texts: readonly string[] }
  /** The answer cannot be composed. */
  | {
      readonly type: 'failed';
      readonly answer: number;
      readonly error: string;
      /** Because what the caller asks for takes too long. */
      readonly tooCostly?: boolean;
    };
