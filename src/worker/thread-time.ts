/**
 * Shares a thread's time between pieces of work that take long. Each asks now and then whether it may go on. When all
 * together have taken their time, the event loop goes round once before the next piece goes on, first come, first served.
 */
export class ThreadTime {
  readonly #turnMs: number;
  readonly #waiting: (() => void)[] = [];
  #turnEnd = 0;

  /** `turnMs` is how long the event loop may be kept from its other work, about. */
  constructor(turnMs: number) {
    this.#turnMs = turnMs;
  }

  /** To be awaited before a piece of work begins; undefined when it may begin at once. */
  begin(): Promise<void> | undefined {
    return this.#waiting.length > 0 ? this.#wait() : this.pause();
  }

  /** To be awaited in the middle of a piece of work; undefined when it may go on at once. */
  pause(): Promise<void> | undefined {
    const now = performance.now();
    if (this.#turnEnd === 0) {
      this.#turnEnd = now + this.#turnMs;
      setImmediate(() => this.#round());
    }
    return now < this.#turnEnd ? undefined : this.#wait();
  }

  /** Runs steps to their end. */
  async run<T>(steps: Generator<unknown, T, void>): Promise<T> {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      const pause = this.pause();
      if (pause !== undefined) await pause;
    }
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The event loop has gone round. */
  #round(): void {
    const next = this.#waiting.shift();
    this.#turnEnd = next === undefined ? 0 : performance.now() + this.#turnMs;
    if (next === undefined) return;
    setImmediate(() => this.#round());
    next();
  }
}
