import type { Logger } from '../log/logger.ts';
import type { Answer, NamedDuplicates } from '../round/answer.ts';
import type { Round } from '../round/scraper.ts';
import type { Telemetry } from './telemetry.ts';

/** The samples of a family have to be read for it, and what is found changes seldom. */
const LOOK_EVERY_MS = 30_000;

/**
 * Finds series that two targets have, of which a reader stores the first only. Looks after an answer has been written, and not after every
 * one: it takes time that no caller should wait for.
 */
export class DuplicateCheck {
  readonly #telemetry: Telemetry;
  readonly #log: Logger;
  #lastLook = Number.NEGATIVE_INFINITY;
  #said = '';

  constructor({ telemetry, log }: { readonly telemetry: Telemetry; readonly log: Logger }) {
    this.#telemetry = telemetry;
    this.#log = log;
  }

  /** To be called with an answer that has been written and is still held; undefined is one in which no two targets can have the same series. */
  async look(answer: Answer | undefined, round: Round): Promise<void> {
    if (answer?.mayHaveDuplicates !== true) {
      this.#telemetry.duplicatesFound(0);
      this.#said = '';
      return;
    }
    const now = performance.now();
    if (now - this.#lastLook < LOOK_EVERY_MS) return;
    this.#lastLook = now;
    try {
      const found = await answer.duplicates();
      this.#telemetry.duplicatesFound(found.count);
      this.#say(found, round);
    } catch (error) {
      // A thread that ended is told of elsewhere.
      this.#log.debug('series of several targets were not looked for', { error: error as Error });
    }
  }

  #say({ count, named }: NamedDuplicates, { entries }: Round): void {
    const urlOf = (id: number | undefined): string =>
      entries.find(({ target }) => target.id === id)?.target.target.url ?? 'the report series';
    const lines = named.map(({ series, first, other }) => ({
      series: series.slice(0, 300),
      first: urlOf(first),
      other: urlOf(other),
    }));
    const saying = JSON.stringify([count, lines]);
    if (count === 0 || saying === this.#said) return;
    this.#said = saying;
    for (const line of lines)
      this.#log.warn('a series is exposed by two targets; readers store the first one only', {
        ...line,
        total: count,
      });
  }
}
