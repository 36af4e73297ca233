// 64 bits of a byte string that tell whether it is the one of before. Each word goes through a one-to-one mixing of its lane, so strings of one length that
// differ in a single word never have the same; for others it would take chance.

/** The multipliers of SplitMix64. */
const FIRST: u64 = (u64(0xbf58476d) << 32) | u64(0x1ce4e5b9);
const SECOND: u64 = (u64(0x94d049bb) << 32) | u64(0x133111eb);
/** So many bytes go to the four lanes at once. */
const STRIDE: u32 = 32;

let seed: u64 = 0;
let high: u32 = 0;

/** Makes fingerprints such as nobody else's. */
export function setSeed(low: u32, high: u32): void {
  seed = (u64(high) << 32) | u64(low);
}

function mixed(x: u64): u64 {
  x *= FIRST;
  x ^= x >> 32;
  x *= SECOND;
  return x ^ (x >> 29);
}

/** The lower half of the fingerprint of `[at, at + length)`; the upper one is `fingerprintHigh`. Reads up to 7 bytes more. */
export function fingerprint(at: u32, length: u32): u32 {
  let a = mixed(seed ^ u64(length));
  let b = mixed(a);
  let c = mixed(b);
  let d = mixed(c);
  for (; length >= STRIDE; length -= STRIDE, at += STRIDE) {
    a = mixed(a ^ load<u64>(at));
    b = mixed(b ^ load<u64>(at, 8));
    c = mixed(c ^ load<u64>(at, 16));
    d = mixed(d ^ load<u64>(at, 24));
  }
  for (; length >= 8; length -= 8, at += 8) a = mixed(a ^ load<u64>(at));
  if (length > 0) b = mixed(b ^ (load<u64>(at) & ((1 << u64(length << 3)) - 1)));
  // Each lane is mixed once more before the next comes to it: the same change of the last words of two would cancel out else.
  const all = mixed(mixed(mixed(mixed(a) ^ b) ^ c) ^ d);
  high = u32(all >> 32);
  return u32(all);
}

/** The upper half of the last fingerprint. */
export function fingerprintHigh(): u32 {
  return high;
}
