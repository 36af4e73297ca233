/**
 * Why a scrape failed: the closed list of values of the label `reason` of `scrape_failure_reason`, with what each means.
 */
export const FAILURE_REASONS = {
  timeout: 'the answer was not complete at the deadline',
  dns: 'the name of the address could not be resolved',
  connect: 'no TCP connection could be made',
  tls: 'the TLS handshake failed, or the certificate files could not be read',
  connection: 'the connection broke, or what came was not HTTP',
  http_status: 'the answer had a status other than 200',
  encoding: 'the compressed body was broken',
  body_size: 'the body was too large after decompression',
  exposition: 'the body was no exposition that Prometheus would accept',
  worker: 'the thread that scraped it ended',
} as const;
export type FailureReason = keyof typeof FAILURE_REASONS;

/** A failed scrape: the reason for programs, the message for people. */
export class ScrapeFailure extends Error {
  override readonly name = 'ScrapeFailure';
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
