import type { Outcome } from '../scrape/outcome.ts';
import type { RoundEntry } from './round.ts';
import type { OwnedTarget } from './scrape.ts';

/** One target in a round of the past. */
export interface PastEntry {
  readonly target: OwnedTarget;
  /** How it stood in that round. */
  readonly outcome: Outcome;
  /** When its scrape began, in milliseconds since the epoch: before the round where that joined one under way, or one that had ended. */
  readonly startedAt: number;
  /** What the caller gave it, in milliseconds from the round's beginning. */
  readonly timeoutMs: number;
}

/** A round of the past; its times are in milliseconds since the epoch. */
export interface PastRound {
  readonly begunAt: number;
  /** When the last target was in, or the last deadline had come. */
  readonly endedAt: number;
  /** In the order of the targets. */
  readonly entries: readonly PastEntry[];
}

/** Remembers what the last round of `/metrics` was, without its expositions. */
export class LastRound {
  #past: PastRound | undefined;

  /** Undefined until there was one. */
  get past(): PastRound | undefined {
    return this.#past;
  }

  /** To be called when a round has ended that began at `begunAt`, in milliseconds since the epoch. */
  record(begunAt: number, entries: readonly RoundEntry[], timeoutMs: (target: OwnedTarget) => number): void {
    this.#past = {
      begunAt,
      endedAt: Date.now(),
      entries: entries.map(({ target, scrape, outcome }) => ({
        target,
        outcome,
        startedAt: scrape.outcome?.timings?.startedAt ?? scrape.startedAtMs,
        timeoutMs: timeoutMs(target),
      })),
    };
  }
}
