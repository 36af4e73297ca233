import type { Account } from './account.ts';
import type { SpareFamilies } from './body-family.ts';

/** The body inflates to more than it may. */
export class BodySizeError extends Error {}
/** The body has more samples than it may. */
export class SampleLimitError extends Error {
  /** All samples of the body. */
  readonly samples: number;

  constructor(samples: number, limit: number) {
    super(`sample_limit exceeded (number of samples: ${samples}, limit: ${limit})`);
    this.samples = samples;
  }
}
/** The body's compressed form is broken. */
export class EncodingError extends Error {}

/** How a body comes. */
export interface BodyForm {
  readonly gzip: boolean;
  /** Bytes after decompression from which it is refused: one of exactly that size is, as in Prometheus. */
  readonly limit: number;
  /** From so many bytes on it may not be more than so many times as large as it is on the wire. Without, it may. */
  readonly inflation?: { readonly from: number; readonly most: number };
  /** Samples that it may have; 0, the default, is any number. */
  readonly sampleLimit?: number;
  /** Whether it is OpenMetrics and not text 0.0.4. Default false. */
  readonly openMetrics?: boolean;
  /** Where its memory is counted. */
  readonly account?: Account;
  /** What the target's last body left to this one. */
  readonly spare?: SpareFamilies;
}
