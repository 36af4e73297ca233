import type { LabelLimit, LabelUsage } from './label-limits.ts';

/** A body that Prometheus would refuse. `line` counts from 1. */
export class ScanError extends Error {
  override readonly name = 'ScanError';
  readonly line: number;
  /** Samples that Prometheus would report as scraped, and as remaining after relabeling: those before the line. */
  readonly samples: number;
  readonly samplesPost: number;
  /** The limit that the line breaks; undefined when it is no legal line. */
  readonly limit: LabelLimit | undefined;
  /** How near the samples so far come to the limits of labels. */
  readonly usage: LabelUsage;

  constructor(
    problem: string,
    place: Pick<ScanError, 'line' | 'samples' | 'samplesPost' | 'limit' | 'usage'>,
  ) {
    super(`line ${place.line}: ${problem}`);
    this.line = place.line;
    this.samples = place.samples;
    this.samplesPost = place.samplesPost;
    this.limit = place.limit;
    this.usage = place.usage;
  }
}
