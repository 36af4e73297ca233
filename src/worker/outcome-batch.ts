import type { Outcome } from '../scrape/outcome.ts';

/** How a scrape ended. */
export interface EndedScrape {
  readonly scrape: number;
  readonly outcome: Outcome;
}

/** Whoever waits for one of them is not kept waiting for longer. */
const MOST_WAIT_MS = 5;

/**
 * Scrapes that ended, told together at the end of a turn of the event loop: a message of its own for each would wake the serving thread
 * each time, which costs more than many a body.
 */
export class OutcomeBatch {
  readonly #tell: (ended: readonly EndedScrape[]) => void;
  #ended: EndedScrape[] = [];
  #since = 0;

  constructor(tell: (ended: readonly EndedScrape[]) => void) {
    this.#tell = tell;
  }

  add(scrape: number, outcome: Outcome): void {
    this.#ended.push({ scrape, outcome });
    const now = performance.now();
    if (this.#ended.length === 1) {
      this.#since = now;
      setImmediate(() => this.#flush());
    } else if (now - this.#since >= MOST_WAIT_MS) this.#flush();
  }

  #flush(): void {
    const ended = this.#ended;
    if (ended.length === 0) return;
    this.#ended = [];
    this.#tell(ended);
  }
}
