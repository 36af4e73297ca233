/** A seeded source of numbers: the same seed gives the same sequence on every machine. */
export interface Random {
  /** At least 0, less than 1. */
  next(): number;
  /** A whole number from `low` up to and including `high`. */
  whole(low: number, high: number): number;
  pick<T>(from: readonly T[]): T;
  /** So many lower-case letters and digits, as in the names that Kubernetes makes up. */
  suffix(length: number): string;
}

/** Marsaglia's xorshift32 over a mixed seed. */
export function createRandom(seed: number): Random {
  let state = mix(seed, 0x9e3779b9) | 1;
  function next(): number {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  }
  function whole(low: number, high: number): number {
    return low + Math.floor(next() * (high - low + 1));
  }
  return {
    next,
    whole,
    pick<T>(from: readonly T[]): T {
      if (from.length === 0) throw new Error('random: nothing to pick from, the list is empty');
      return from[whole(0, from.length - 1)] as T;
    },
    suffix(length) {
      // Kubernetes leaves out vowels and what looks like them.
      const letters = 'bcdfghjklmnpqrstvwxz2456789';
      return Array.from({ length }, () => letters[whole(0, letters.length - 1)]).join('');
    },
  };
}

/** Two numbers into one of 32 bits, with every bit of both spread (the finaliser of MurmurHash3). */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x85ebca6b, 0xcc9e2d51) ^ Math.imul(b + 0x27d4eb2f, 0x1b873593);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A seed from a name (FNV-1a). */
export function seedOf(name: string): number {
  let h = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) h = Math.imul(h ^ name.charCodeAt(at), 0x01000193);
  return h >>> 0;
}
