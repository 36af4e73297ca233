/** Callers who come one after the other leave shorter gaps than this; scrapers that come again and again, longer ones. */
const REST_MS = 2000;
/** What is done at rest costs some tens of milliseconds a thread. */
const EVERY_MS = 20_000;

export interface RestOptions {
  /** Whether anything is under way. */
  isBusy(): boolean;
  /** Called once when nothing has happened for two seconds, and not again for twenty seconds, nor before something has happened. */
  begun(): void;
}

/** Knows when there has been nothing to do for a while. What does nothing has no timer either. */
export class Rest implements Disposable {
  readonly #options: RestOptions;
  #timer: NodeJS.Timeout | undefined;
  /** Whether something happened since the timer was set. */
  #stirred = false;

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
      if (this.#stirred || this.#options.isBusy()) this.#wait();
      else {
        this.#options.begun();
        this.#pause();
      }
    }, REST_MS).unref();
  }

  #pause(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#stirred) this.#wait();
    }, EVERY_MS).unref();
  }
}
