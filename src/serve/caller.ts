import type { IncomingHttpHeaders } from 'node:http';

/** What one caller's request says of how to answer it. */
export interface Caller {
  /** Milliseconds of `X-Prometheus-Scrape-Timeout-Seconds`; undefined when it is absent or no positive number. */
  readonly timeoutMs: number | undefined;
  readonly gzip: boolean;
}

export function readCaller(headers: IncomingHttpHeaders): Caller {
  const seconds = Number(headers['x-prometheus-scrape-timeout-seconds'] ?? Number.NaN);
  return {
    timeoutMs: seconds > 0 && Number.isFinite(seconds) ? seconds * 1000 : undefined,
    gzip: acceptsGzip(headers['accept-encoding'] ?? ''),
  };
}

/** RFC 9110, 12.5.3: gzip by name or by `*`, with a weight above 0; the name stands before the star. */
export function acceptsGzip(header: string): boolean {
  const weights = new Map<string, number>();
  for (const item of header.split(',')) {
    const [coding, ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    weights.set(coding!, weight === undefined ? 1 : Number(weight.slice(2)));
  }
  return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0;
}

/** Least time that is kept back for writing the answer; of a longer timeout a part, since a busy machine can take as much as that. */
const MIN_ALLOWANCE_MS = 250;
const ALLOWANCE_PART = 1 / 20;
const MAX_ALLOWANCE_MS = 1000;
/** The same while it is not known how long answers take: the first of a process take several times as long as later ones. */
const FIRST_ALLOWANCE_PART = 1 / 5;
const MAX_FIRST_ALLOWANCE_MS = 3000;

/** Answers of a view that are remembered. */
const RECORDS = 3;

/** How long the callers of each view have to wait for its last bytes; tells how much of a timeout is left for the targets. */
export class WriteTimes {
  readonly #last: Map<string, number[]> = new Map();

  /** To be called when an answer of that view was written whole. */
  record(view: string, milliseconds: number): void {
    const before = this.#last.get(view) ?? [];
    this.#last.set(view, [milliseconds, ...before].slice(0, RECORDS));
  }

  /** To be called when a caller of that view left before it was written whole, which takes more than that. */
  lost(view: string, milliseconds: number): void {
    if (milliseconds > this.#least(view)) this.#last.set(view, [milliseconds]);
  }

  /**
   * Milliseconds that targets have, of a timeout: less a twentieth of it, which is 250 ms at least and a second at most, or one and a half
   * times what the quickest of the view's last three answers took to write where that is more; and never less than half. Before the first answer
   * it is less a fifth, of three seconds at most.
   */
  budget(view: string, timeoutMs: number): number {
    const [part, most] = this.#last.has(view)
      ? [ALLOWANCE_PART, MAX_ALLOWANCE_MS]
      : [FIRST_ALLOWANCE_PART, MAX_FIRST_ALLOWANCE_MS];
    const usual = Math.min(most, Math.max(MIN_ALLOWANCE_MS, timeoutMs * part));
    const allowance = Math.max(usual, this.#least(view) * 1.5);
    return Math.max(timeoutMs - allowance, timeoutMs / 2);
  }

  /** The least of them: one caller who reads slowly takes no time from the others. */
  #least(view: string): number {
    return Math.min(...(this.#last.get(view) ?? [0]));
  }
}
