import type { Logger } from '../log/logger.ts';
import type { ConflictList, Conflicts } from '../merge/conflicts.ts';

/** Families that a line names. */
const NAMED = 10;

/** Logs what targets disagree on: a line when it changes, none while it stays. */
export class ConflictLog {
  readonly #log: Logger;
  readonly #said: Map<string, string> = new Map();

  constructor(log: Logger) {
    this.#log = log;
  }

  answered({ types, helps }: Conflicts): void {
    this.#say('targets disagree on the type of metric families; the one that most declare is written', types);
    this.#say('targets disagree on the HELP of metric families; the one that most have is written', helps);
  }

  #say(message: string, { count, names }: ConflictList): void {
    const families = names
      .slice(0, NAMED)
      .map((name) => name.slice(0, 100))
      .join(',');
    const saying = `${count} ${families}`;
    if (saying === (this.#said.get(message) ?? '0 ')) return;
    this.#said.set(message, saying);
    if (count > 0) this.#log.warn(message, { count, families });
  }
}
