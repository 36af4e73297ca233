/**
 * Scrapers that come again and again leave shorter gaps than this: what is done at rest would cost each of them some tens of milliseconds a
 * thread, and as much again for what has to be made anew.
 */
const REST_MS = 45_000;
/** How often it is looked whether something has happened. */
const LOOK_MS = 5000;

export interface RestOptions {
  /** Whether anything is under way. */
  isBusy(): boolean;
  /** Called once when nothing has happened for 45 to 50 seconds, and not again before something has happened. */
  begun(): void;
}

/** Knows when there has been nothing to do for a while. What does nothing has no timer either. */
export class Rest implements Disposable {
  readonly #options: RestOptions;
  #timer: NodeJS.Timeout | undefined;
  /** Whether something happened since the timer was set. */
  #stirred = false;
  /** For how long nothing has. */
  #quietMs = 0;

  constructor(options: RestOptions) {
    this.#options = options;
  }

  /** Something has happened, or has come to its end. Cheap, since it is told of every scrape. */
  stir(): void {
    this.#stirred = true;
    if (this.#timer === undefined) this.#wait();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#stirred = false;
    this.#timer = setTimeout(() => {
      this.#quietMs = this.#stirred || this.#options.isBusy() ? 0 : this.#quietMs + LOOK_MS;
      if (this.#quietMs < REST_MS) {
        this.#wait();
        return;
      }
      this.#timer = undefined;
      this.#quietMs = 0;
      this.#options.begun();
    }, LOOK_MS).unref();
  }
}
