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
}

/** The outcome of a target whose scrape was not complete when the caller had to be answered. */
export function timedOut(seconds: number): Outcome {
  return {
    up: false,
    durationSeconds: seconds,
    samples: 0,
    samplesPost: 0,
    reason: 'timeout',
    error: `no complete answer within ${seconds.toFixed(3)} s`,
    wireBytes: 0,
    bodyBytes: 0,
  };
}
