/** A body that Prometheus would refuse. `line` counts from 1; `offset` is the byte of the body where the line begins. */
export class ScanError extends Error {
  override readonly name = 'ScanError';
  readonly line: number;
  readonly offset: number;
  /** Samples that Prometheus would report as scraped, and as remaining after relabeling: those before the line. */
  readonly samples: number;
  readonly samplesPost: number;

  constructor(problem: string, place: Pick<ScanError, 'line' | 'offset' | 'samples' | 'samplesPost'>) {
    super(`line ${place.line}: ${problem}`);
    this.line = place.line;
    this.offset = place.offset;
    this.samples = place.samples;
    this.samplesPost = place.samplesPost;
  }
}
