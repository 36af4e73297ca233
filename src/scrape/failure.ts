import type { LabelUsage } from '../exposition/label-limits.ts';

/**
 * Why a scrape failed: the closed list of values of the label `reason` of `scrape_failure_reason`, with what each means. Limits bear
 * Prometheus' names for them.
 */
export const FAILURE_REASONS = {
  timeout: 'the answer was not complete at the deadline',
  dns: 'the name of the address could not be resolved',
  connect: 'no TCP connection could be made',
  tls: 'the TLS handshake failed, or the certificate files could not be read',
  connection: 'the connection broke, or what came was not HTTP',
  http_status: 'the answer had a status other than 200',
  loop: 'the target is this gateway itself, or a gateway that scrapes this one',
  redirect: 'the answer was a redirect that leads nowhere, or that follow_redirects forbids to follow',
  encoding: 'the compressed body was broken, or its Content-Encoding is not known',
  content_type: 'the body was no exposition, and its Content-Type does not say that it is one',
  exposition: 'the body was no exposition that Prometheus would accept',
  body_size_limit: 'the body was too large after decompression',
  sample_limit: 'the body had more samples than sample_limit allows',
  label_limit: 'a sample had more labels than label_limit allows',
  label_name_length_limit: 'a label name was longer than label_name_length_limit allows',
  label_value_length_limit: 'a label value was longer than label_value_length_limit allows',
  target_limit: 'the job had more targets than target_limit allows; none of them is scraped',
  memory: 'memory was short, and this was the largest body under way',
  worker: 'the thread that scraped it ended',
} as const;
export type FailureReason = keyof typeof FAILURE_REASONS;

/** Samples of a body that was refused, as Prometheus reports them. */
export interface RefusedSamples {
  readonly samples: number;
  readonly samplesPost: number;
  readonly usage?: LabelUsage;
}

/** A failed scrape: the reason for programs, the message for people. */
export class ScrapeFailure extends Error {
  override readonly name = 'ScrapeFailure';
  readonly reason: FailureReason;
  /** Those before the line that is at fault; all where there are too many. */
  readonly refused: RefusedSamples;

  constructor(
    reason: FailureReason,
    message: string,
    options: ErrorOptions & { readonly refused?: RefusedSamples } = {},
  ) {
    super(message, options);
    this.reason = reason;
    this.refused = options.refused ?? { samples: 0, samplesPost: 0 };
  }
}
