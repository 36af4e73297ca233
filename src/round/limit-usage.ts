import type { ScrapeLimits } from '../config/scrape-config.ts';
import type { FailureReason } from '../scrape/failure.ts';
import type { Outcome } from '../scrape/outcome.ts';
import { BODY_BYTES } from '../scrape/target-scraper.ts';

/** How much of a limit a scrape took: 0 is nothing, 1 all of it. */
export interface LimitUsage {
  readonly limit: FailureReason;
  readonly ratio: number;
}

/** How near a scrape came to each of the limits that hold for it, as far as it is known. */
export function limitUsage(
  { reason, bodyBytes, samples, usage }: Outcome,
  limits: ScrapeLimits,
): LimitUsage[] {
  if (reason === 'target_limit') return [];
  const all: readonly (readonly [limit: FailureReason, taken: number | undefined, most: number])[] = [
    ['body_size_limit', bodyBytes, limits.bodySizeLimit > 0 ? limits.bodySizeLimit : BODY_BYTES],
    ['sample_limit', samples, limits.sampleLimit],
    ['label_limit', usage?.labels, limits.labelLimit],
    ['label_name_length_limit', usage?.nameLength, limits.labelNameLengthLimit],
    ['label_value_length_limit', usage?.valueLength, limits.labelValueLengthLimit],
  ];
  return all.flatMap(([limit, taken, most]) =>
    taken === undefined || most === 0 ? [] : [{ limit, ratio: taken / most }],
  );
}
