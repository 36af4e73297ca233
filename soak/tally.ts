/** What happened so far, and what was wrong. */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #problems = new Map<string, number>();
  answers = 0;
  /** Healthy pods that were looked for in the answers, and their samples. */
  pods = 0;
  samples = 0;
  bytes = 0;

  count(what: string, times = 1): void {
    if (times > 0) this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
  }

  answer(pods: number, samples: number, bytes: number): void {
    this.answers += 1;
    this.pods += pods;
    this.samples += samples;
    this.bytes += bytes;
  }

  problem(text: string): void {
    this.#problems.set(text, (this.#problems.get(text) ?? 0) + 1);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  /** Sum of the counts whose names begin so. */
  sum(prefix: string): number {
    return [...this.#counts].reduce((sum, [what, count]) => (what.startsWith(prefix) ? sum + count : sum), 0);
  }

  get counts(): readonly string[] {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, count]) => `${count} ${what}`);
  }

  get failed(): number {
    return [...this.#problems.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Each different problem once, the most frequent first. */
  get problems(): readonly string[] {
    return [...this.#problems]
      .sort(([, a], [, b]) => b - a)
      .map(([text, count]) => (count > 1 ? `${text} (${count} times)` : text));
  }
}
