import type { RoundEntry } from './round.ts';
import type { OwnedTarget } from './scrape.ts';

/** How far back rounds are remembered. */
export const HISTORY_MINUTES = 360;

/** What rounds were like in one minute. */
export interface PastMinute {
  /** Minutes since the epoch. */
  readonly minute: number;
  readonly rounds: number;
  /** How long the longest of them took until its targets were in or the deadline had come. */
  readonly seconds: number;
  /** The fewest targets that were up after one of them. */
  readonly up: number;
  /** The most targets that there were. */
  readonly targets: number;
}

/** The rounds of the last hours, in one small object for each minute that had any. */
export class RoundHistory {
  /** A ring, by the minute. */
  readonly #minutes: PastMinute[] = [];

  /**
   * To be called when a round has ended; times are in milliseconds since the epoch. `targets` are all there are: those that were not in
   * the round stand as after their last scrape.
   */
  ended(
    { begunAt, endedAt }: { readonly begunAt: number; readonly endedAt: number },
    entries: readonly RoundEntry[],
    targets: readonly OwnedTarget[],
  ): void {
    const stood = new Map(entries.map(({ target, outcome }) => [target, outcome.up]));
    const up = targets.filter((target) => stood.get(target) ?? target.last?.outcome.up ?? false).length;
    this.#add({
      minute: Math.floor(endedAt / 60_000),
      rounds: 1,
      seconds: (endedAt - begunAt) / 1000,
      up,
      targets: targets.length,
    });
  }

  /** Those of the last hours, the oldest first. */
  list(now: number): PastMinute[] {
    const oldest = Math.floor(now / 60_000) - HISTORY_MINUTES;
    return this.#minutes
      .filter((one) => one !== undefined && one.minute > oldest)
      .sort((a, b) => a.minute - b.minute);
  }

  #add(round: PastMinute): void {
    const at = round.minute % HISTORY_MINUTES;
    const before = this.#minutes[at];
    this.#minutes[at] =
      before?.minute === round.minute
        ? {
            minute: round.minute,
            rounds: before.rounds + 1,
            seconds: Math.max(before.seconds, round.seconds),
            up: Math.min(before.up, round.up),
            targets: Math.max(before.targets, round.targets),
          }
        : round;
  }
}
