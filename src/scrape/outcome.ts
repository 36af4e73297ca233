import type { LabelUsage } from '../exposition/label-limits.ts';
import type { FailureReason } from './failure.ts';

/** What became of one scrape of one target. Immutable, and a plain value that can cross threads. */
export interface Outcome {
  readonly up: boolean;
  readonly durationSeconds: number;
  /** Samples that were scraped; of a body that was refused, those before the line that is at fault. */
  readonly samples: number;
  /** Samples that were left after relabeling. */
  readonly samplesPost: number;
  readonly reason?: FailureReason;
  /** For people; only with `reason`. */
  readonly error?: string;
  /** Bytes of the body before and after decompression, as far as they came. */
  readonly wireBytes: number;
  readonly bodyBytes: number;
  /** How near its samples came to the limits of labels; only of one that is up. */
  readonly usage?: LabelUsage;
}

/** The outcome of a scrape that failed without anything of the body being known. */
export function failed(reason: FailureReason, error: string, durationSeconds: number): Outcome {
  return {
    up: false,
    durationSeconds,
    samples: 0,
    samplesPost: 0,
    reason,
    error,
    wireBytes: 0,
    bodyBytes: 0,
  };
}

/** The outcome of a target whose scrape was not complete when the caller had to be answered. */
export function timedOut(seconds: number): Outcome {
  return failed('timeout', `no complete answer within ${seconds.toFixed(3)} s`, seconds);
}
