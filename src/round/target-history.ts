import type { Outcome } from '../scrape/outcome.ts';

/** Scrapes that are remembered of a target: ten minutes at an interval of 30 s. */
export const REMEMBERED_SCRAPES = 20;

/** A number for the time, the duration and the samples each. */
const FIELDS = 3;

/** One scrape of the past. */
export interface PastScrape {
  /** When it ended, in milliseconds since the epoch. */
  readonly endedAt: number;
  readonly up: boolean;
  readonly durationSeconds: number;
  readonly samples: number;
}

/** The last scrapes of one target, in 480 bytes. */
export class TargetHistory {
  /** A ring of scrapes; the time of one that failed is negative. */
  readonly #numbers = new Float64Array(REMEMBERED_SCRAPES * FIELDS);
  #count = 0;

  add(endedAt: number, { up, durationSeconds, samples }: Outcome): void {
    const at = (this.#count++ % REMEMBERED_SCRAPES) * FIELDS;
    this.#numbers[at] = up ? endedAt : -endedAt;
    this.#numbers[at + 1] = durationSeconds;
    this.#numbers[at + 2] = samples;
  }

  /** The oldest first. */
  list(): PastScrape[] {
    const list: PastScrape[] = [];
    for (let i = Math.max(0, this.#count - REMEMBERED_SCRAPES); i < this.#count; i++) {
      const at = (i % REMEMBERED_SCRAPES) * FIELDS;
      const endedAt = this.#numbers[at]!;
      list.push({
        endedAt: Math.abs(endedAt),
        up: endedAt > 0,
        durationSeconds: this.#numbers[at + 1]!,
        samples: this.#numbers[at + 2]!,
      });
    }
    return list;
  }
}
