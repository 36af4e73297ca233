/** Aborts when it was not set anew in time. */
export class Watchdog implements Disposable {
  readonly #controller = new AbortController();
  #timer: Timer | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  set(ms: number, reason: string): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = new Timer(ms, () => {
      this.#controller.abort(new Error(reason));
    });
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }
}

/** Calls something once, unless it is disposed of before. */
export class Timer implements Disposable {
  readonly #timeout: NodeJS.Timeout;

  constructor(ms: number, done: () => void) {
    this.#timeout = setTimeout(done, ms);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timeout);
  }
}

/** Resolves after a time, or when the signal is aborted. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
