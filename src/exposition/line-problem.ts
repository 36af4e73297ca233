/** Thrown by the readers of lines: what is wrong, without the place. */
export class LineProblem extends Error {
  /** Whether Prometheus finds this out after it has counted the sample as scraped. */
  readonly counted: boolean;

  constructor(message: string, counted: boolean = false) {
    super(message);
    this.counted = counted;
  }
}
