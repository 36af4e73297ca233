import type { Target, TargetSet } from '../discovery/target.ts';
import type { Logger } from '../log/logger.ts';
import type { Outcome } from '../scrape/outcome.ts';

/** Logs what becomes of targets: a line when a target's state or reason changes, none while it stays. */
export class ScrapeLog {
  readonly #log: Logger;
  /** The reason of each target that failed last. */
  readonly #failing: Map<string, string> = new Map();
  /** Targets that turned out to be gateways. */
  readonly #gateways: Set<string> = new Set();

  constructor(log: Logger) {
    this.#log = log;
  }

  ended(target: Target, outcome: Outcome): void {
    const before = this.#failing.get(target.key);
    const { url, scrapePool } = target;
    const pod = target.labels.find(([name]) => name === 'pod')?.[1];
    const fields = { scrape_pool: scrapePool, target: url, pod };
    if (outcome.up && outcome.gateway !== undefined && !this.#gateways.has(target.key)) {
      this.#gateways.add(target.key);
      this.#log.warn('target is another gateway; none of its pods may be a target here as well', fields);
    }
    if (outcome.reason === undefined) {
      if (this.#failing.delete(target.key)) this.#log.info('target is up again', fields);
    } else if (outcome.reason !== before) {
      this.#failing.set(target.key, outcome.reason);
      this.#log.warn('target is down', { ...fields, reason: outcome.reason, error: outcome.error });
    }
  }

  /** Forgets targets that are gone. */
  setTargets({ targets }: TargetSet): void {
    const keys = new Set(targets.map((target) => target.key));
    for (const key of this.#failing.keys()) if (!keys.has(key)) this.#failing.delete(key);
    for (const key of this.#gateways) if (!keys.has(key)) this.#gateways.delete(key);
  }
}
