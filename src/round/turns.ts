import type { Scrape } from './scrape.ts';

/**
 * Whose turn it is at each URL. Beside the scrape of a target there can be others of the same URL: one that was cancelled
 * and has not ended yet, one of a target whose labels have changed since, one of another job. They wait for each other, but for twins: those of another gateway
 * could wait for each other without end.
 */
export class Turns {
  readonly #queues: Map<string, Scrape[]> = new Map();

  /** Puts a new scrape in line; whether it is its turn at once. */
  enter(scrape: Scrape): boolean {
    const place = placeOf(scrape);
    const queue = this.#queues.get(place);
    if (queue === undefined) this.#queues.set(place, [scrape]);
    else queue.push(scrape);
    return queue === undefined;
  }

  /** Whether it is the turn of this scrape. */
  has(scrape: Scrape): boolean {
    return this.#queues.get(placeOf(scrape))?.[0] === scrape;
  }

  /** Takes a scrape out; returns the one whose turn it is now, when that changes. */
  leave(scrape: Scrape): Scrape | undefined {
    const place = placeOf(scrape);
    const queue = this.#queues.get(place) ?? [];
    const index = queue.indexOf(scrape);
    queue.splice(index, 1);
    if (queue.length === 0) this.#queues.delete(place);
    return index === 0 ? queue[0] : undefined;
  }
}

function placeOf({ id, target }: Scrape): string {
  return target.twinOf === undefined ? target.target.url : `twin ${id}`;
}
