import type { LabelLimit } from './label-limits.ts';

/** What a body holds can be quoted in a message, and a body can be large. */
const MAX_MESSAGE = 200;

/** Thrown by the readers of lines: what is wrong, without the place. */
export class LineProblem extends Error {
  /** Whether Prometheus finds this out after it has counted the sample as scraped. */
  readonly counted: boolean;
  /** The limit that the line breaks; undefined when it is no legal line. */
  readonly limit: LabelLimit | undefined;

  constructor(message: string, { counted = false, limit }: { counted?: boolean; limit?: LabelLimit } = {}) {
    super(message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message);
    this.counted = counted;
    this.limit = limit;
  }
}
