import type { Scrape } from './scrape.ts';

/**
 * Whose turn it is at each URL. Beside the scrape of a target there can be others of the same URL: one that was cancelled
 * and has not ended yet, one of a target whose labels have changed since, one of another job. They wait for each other.
 */
export class Turns {
  readonly #queues: Map<string, Scrape[]> = new Map();

  /** Puts a new scrape in line; whether it is its turn at once. */
  enter(scrape: Scrape): boolean {
    const { url } = scrape.target.target;
    const queue = this.#queues.get(url);
    if (queue === undefined) this.#queues.set(url, [scrape]);
    else queue.push(scrape);
    return queue === undefined;
  }

  /** Whether it is the turn of this scrape. */
  has(scrape: Scrape): boolean {
    return this.#queues.get(scrape.target.target.url)?.[0] === scrape;
  }

  /** Takes a scrape out; returns the one whose turn it is now, when that changes. */
  leave(scrape: Scrape): Scrape | undefined {
    const { url } = scrape.target.target;
    const queue = this.#queues.get(url) ?? [];
    const index = queue.indexOf(scrape);
    queue.splice(index, 1);
    if (queue.length === 0) this.#queues.delete(url);
    return index === 0 ? queue[0] : undefined;
  }
}
