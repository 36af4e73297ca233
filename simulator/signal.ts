import { mix } from './random.ts';

// Values are functions of a seed and the time, not state: they can be asked for at any moment, in any order,
// and come out the same.

/** What grows with `rate` a second on average, faster and slower in turns, never down. 0 at second 0. */
export function growth(seed: number, rate: number, seconds: number): number {
  if (seconds <= 0) return 0;
  const { phase, frequency } = wave(seed);
  // The integral of 1 + 0.6 sin: its slope is 0.4 at least.
  return rate * (seconds + (0.6 / frequency) * (Math.cos(phase) - Math.cos(frequency * seconds + phase)));
}

/** `growth` in whole units, as counters of bytes and requests are. */
export function count(seed: number, rate: number, seconds: number): number {
  return Math.floor(growth(seed, rate, seconds));
}

/** `growth` in microseconds, as counters of time are. */
export function elapsed(seed: number, rate: number, seconds: number): number {
  return Math.floor(growth(seed, rate, seconds) * 1e6) / 1e6;
}

/** What moves around `middle` by at most the part `swing` of it. */
export function level(seed: number, middle: number, swing: number, seconds: number): number {
  const { phase, frequency } = wave(seed);
  return middle * (1 + swing * Math.sin(frequency * seconds + phase));
}

function wave(seed: number): { phase: number; frequency: number } {
  const bits = mix(seed, 1);
  // Periods between one and nine minutes.
  return {
    phase: ((bits & 0xffff) / 0xffff) * 2 * Math.PI,
    frequency: (2 * Math.PI) / (60 + (bits >>> 16) / 136),
  };
}
