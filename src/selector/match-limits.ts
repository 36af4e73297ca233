/** Milliseconds that the patterns of one question may take in one thread, and at a stretch. Usual ones take one for a thousand values. */
const MOST_MS = 2000;
const MOST_MS_AT_A_STRETCH = 200;
/** Instructions times characters, for one value: some tenths of a second at worst, and they cannot be interrupted. */
const MOST_STEPS = 5_000_000;
/** Instructions that all patterns of one question may come to: they are compiled in the thread that answers everybody. */
const MOST_INSTRUCTIONS = 20_000;

/** What a caller's patterns ask for takes too long. The message is for the caller. */
export class MatchCostError extends Error {
  override readonly name = 'MatchCostError';
  readonly statusCode = 400;
}

/** Holds the patterns of one question to what they may take: they come from clients, and others wait for the same thread. */
export class MatchLimits {
  #left = MOST_MS;
  #leftNow = MOST_MS_AT_A_STRETCH;
  #instructions = MOST_INSTRUCTIONS;

  /** To be called before a pattern of about so many instructions is compiled. Throws MatchCostError. */
  compile(instructions: number): void {
    this.#instructions -= instructions;
    if (this.#instructions < 0)
      throw new MatchCostError('the patterns of all match[] together are too large');
  }

  /** To be called when another one asks the same question, for whom it is answered with the same patterns. */
  renew(): void {
    this.#left = MOST_MS;
  }

  /** To be called when other work had its turn. */
  begin(): void {
    this.#leftNow = MOST_MS_AT_A_STRETCH;
  }

  /** Runs a match of a pattern with so many instructions. Throws MatchCostError. */
  run(pattern: string, instructions: number, value: string, matches: (value: string) => boolean): boolean {
    if (instructions * value.length > MOST_STEPS)
      throw tooSlow(pattern, `a label value of ${value.length} characters is too long for it`);
    const start = performance.now();
    const verdict = matches(value);
    const took = performance.now() - start;
    this.#left -= took;
    this.#leftNow -= took;
    if (this.#left < 0 || this.#leftNow < 0) throw tooSlow(pattern, 'there are too many label values for it');
    return verdict;
  }
}

/** As much of a pattern as a message shows. */
export function shownPattern(pattern: string): string {
  return pattern.length > 60 ? `${pattern.slice(0, 60).toWellFormed()}…` : pattern;
}

function tooSlow(pattern: string, why: string): MatchCostError {
  return new MatchCostError(
    `match[]: the pattern \`${shownPattern(pattern)}\` takes too long: ${why}; use a simpler one, or select by name first`,
  );
}
