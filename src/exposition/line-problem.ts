/** What a body holds can be quoted in a message, and a body can be large. */
const MAX_MESSAGE = 200;

/** Thrown by the readers of lines: what is wrong, without the place. */
export class LineProblem extends Error {
  /** Whether Prometheus finds this out after it has counted the sample as scraped. */
  readonly counted: boolean;

  constructor(message: string, counted: boolean = false) {
    super(message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message);
    this.counted = counted;
  }
}
