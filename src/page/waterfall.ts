import type { FailureReason } from '../scrape/failure.ts';
import type { PastEntry, PastRound } from '../round/last-round.ts';

/** Where the time of a scrape went, in the order in which it goes. */
export const PHASES = {
  wait: ['Wait', 'until the connection took the request: its turn, a worker, name, TCP, TLS'],
  first: ['First byte', 'until the head of the answer was there: the pod was working'],
  transfer: ['Transfer', 'until the body had come whole'],
  scan: ['Scan', 'until what was left of the body had been read'],
  late: ['Not in', 'no complete answer when the caller had to have one'],
} as const;
export type Phase = keyof typeof PHASES;

/** One target in the last round; its times are in seconds from the round's beginning. */
export interface Bar {
  readonly key: string;
  readonly up: boolean;
  /** Why it was not up in that round. */
  readonly reason: FailureReason | undefined;
  /** The first begins at 0 or later; none is before the round. */
  readonly phases: readonly { readonly phase: Phase; readonly from: number; readonly to: number }[];
  /** When it was in, or given up. */
  readonly end: number;
  readonly deadline: number;
  /** How long before the round its scrape began, if it did. */
  readonly joined: number;
}

/** The bars of a round, the slowest first: those that were not in, then those that were. */
export function barsOf(round: PastRound): Bar[] {
  return round.entries
    .map((entry) => barOf(entry, round.begunAt))
    .sort((a, b) => Number(isLate(b)) - Number(isLate(a)) || b.end - a.end);
}

function isLate({ phases }: Bar): boolean {
  return phases[0]?.phase === 'late';
}

function barOf({ target, outcome, startedAt, timeoutMs }: PastEntry, begunAt: number): Bar {
  const begin = (startedAt - begunAt) / 1000;
  const deadline = timeoutMs / 1000;
  const { timings } = outcome;
  if (timings === undefined) {
    // How far it has come is not known of one that was given up at the deadline.
    const end = Math.min(outcome.durationSeconds, deadline);
    const phases = end > 0 ? [{ phase: 'late' as const, from: 0, to: end }] : [];
    return {
      key: target.target.key,
      up: outcome.up,
      reason: outcome.reason,
      phases,
      end,
      deadline,
      joined: Math.max(0, -begin),
    };
  }
  const end = begin + outcome.durationSeconds;
  const ends: readonly (readonly [Phase, number | undefined])[] = [
    ['wait', timings.connectedSeconds],
    ['first', timings.firstByteSeconds],
    ['transfer', timings.lastByteSeconds],
    ['scan', undefined],
  ];
  const phases: { phase: Phase; from: number; to: number }[] = [];
  let from = 0;
  for (const [phase, seconds] of ends) {
    const to = Math.min(Math.max(seconds === undefined ? end : begin + seconds, from), Math.max(end, 0));
    if (to > from) phases.push({ phase, from, to });
    from = to;
    // What comes after the phase in which it ended never began.
    if (seconds === undefined) break;
  }
  return {
    key: target.target.key,
    up: outcome.up,
    reason: outcome.reason,
    phases,
    end: Math.max(end, 0),
    deadline,
    joined: Math.max(0, -begin),
  };
}

/** The time axis of a waterfall. */
export interface Axis {
  /** Seconds at its right end. */
  readonly max: number;
  readonly ticks: readonly number[];
  /** The last deadline, and whether the axis reaches it. */
  readonly deadline: number;
  readonly hasDeadline: boolean;
  /** Where a time is, from 0 to 1. */
  at(seconds: number): number;
}

/**
 * An axis for these bars. Where all are in long before the deadline it ends soon after the last, since nothing could be seen of them otherwise.
 */
export function axisOf(bars: readonly Bar[], scale: 'linear' | 'root'): Axis {
  const last = bars.reduce((latest, bar) => Math.max(latest, bar.end), 0.001);
  const deadline = bars.reduce((latest, bar) => Math.max(latest, bar.deadline), 0);
  const hasDeadline = deadline > 0 && last > deadline / 4;
  const max = hasDeadline ? Math.max(last, deadline) * 1.02 : last * 1.08;
  const shape = scale === 'root' ? Math.sqrt : (value: number) => value;
  const at = (seconds: number): number => shape(Math.min(1, Math.max(0, seconds / max)));
  return { max, ticks: ticksOf(max, at), deadline, hasDeadline, at };
}

/** Round times that are not too near to each other, 0 first. */
function ticksOf(max: number, at: (seconds: number) => number): number[] {
  const ticks = [0];
  const exponent = Math.floor(Math.log10(max));
  const round: number[] = [];
  for (let e = exponent - 3; e <= exponent; e++)
    for (const digit of [1, 2, 3, 4, 5, 6, 8]) round.push(digit * 10 ** e);
  const step = [...round, 10 ** (exponent + 1)].find((one) => max / one <= 6) ?? max;
  const wanted = at(max / 4) > 0.3 ? round : Array.from({ length: 8 }, (_, i) => (i + 1) * step);
  for (const time of wanted) {
    if (at(time) - at(ticks.at(-1)!) > 0.11 && at(time) < 0.95 && time < max)
      ticks.push(Number(time.toPrecision(6)));
  }
  return ticks;
}
