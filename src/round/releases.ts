import type { WorkerPool } from '../worker/worker-pool.ts';
import type { Scrape } from './scrape.ts';

/** Tells workers which expositions nobody will ask for any more, together: a round ends many scrapes at once. */
export class Releases {
  readonly #workers: WorkerPool;
  #scrapes: (number[] | undefined)[] = [];

  constructor(workers: WorkerPool) {
    this.#workers = workers;
  }

  add({ id, target }: Scrape): void {
    if (this.#scrapes.length === 0) setImmediate(() => this.#flush());
    (this.#scrapes[target.worker] ??= []).push(id);
  }

  #flush(): void {
    const all = this.#scrapes;
    this.#scrapes = [];
    for (const [worker, scrapes] of all.entries()) {
      if (scrapes !== undefined) this.#workers.at(worker).post({ type: 'release', scrapes });
    }
  }
}
