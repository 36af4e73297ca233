const KEPT = 200;

/** Cuts the gateway's log into lines, keeps the last of them, and hands out those of level error. */
export class GatewayLog {
  readonly #onError: (line: string) => void;
  readonly #last: string[] = [];
  #rest = '';

  constructor(onError: (line: string) => void) {
    this.#onError = onError;
  }

  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      this.#last.push(line);
      // What does not come from its logger is Node's own: a warning, or the stack of what ended it.
      if (/\blevel=error\b/i.test(line) || !/\blevel=/.test(line)) this.#onError(line);
    }
    this.#last.splice(0, this.#last.length - KEPT);
  }

  get lines(): readonly string[] {
    return this.#last;
  }
}
