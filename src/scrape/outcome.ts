import type { LabelUsage } from '../exposition/label-limits.ts';
import type { FailureReason } from './failure.ts';

/** Where a scrape's time went, as far as it came; `durationSeconds` is its end. Of a scrape that was redirected, the last request. */
export interface ScrapeTimings {
  /** When its worker began it, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Seconds from then until the connection took the request: name, TCP and TLS where it had to be opened. */
  readonly connectedSeconds?: number;
  /** Seconds until the answer's head was there. */
  readonly firstByteSeconds?: number;
  /** Seconds until the body had come whole; what is left is the scan of what had not been scanned meanwhile. */
  readonly lastByteSeconds?: number;
}

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
  /** It exposes a metric family that has the name of a report family. */
  readonly reportNames?: true;
  /** How near its samples came to the limits of labels; only of one that is up. */
  readonly usage?: LabelUsage;
  /** Not of one that no worker has told of. */
  readonly timings?: ScrapeTimings;
  /** The id of the gateway that answered, where the target is one. */
  readonly gateway?: string;
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
