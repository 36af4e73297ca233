import { BLOCKS, BLOCKS_BYTES, CODES, PAIRS } from './memory';

// A code is a number: its bits, the first one lowest, and in the upper 8 bits how many they are.
/** Codes of the literals 0 to 255, and of the end of a block. */
export const LITERALS: u32 = CODES;
/** Codes of the lengths 0 to 258 with their extra bits; the first three are unused. */
export const LENGTHS: u32 = LITERALS + 257 * 4;
/** Codes of the distance symbols, without their extra bits. */
export const DISTANCES: u32 = LENGTHS + 259 * 4;
/** How many bits the head of a block has, and those bits. */
export const HEAD_BITS: u32 = DISTANCES + 30 * 4;
export const HEAD: u32 = HEAD_BITS + 4;
export const HEAD_BYTES: u32 = 512;

const MOST_LENGTH: u32 = 258;
/** A shorter match takes more bits than its bytes. */
export const LEAST_LENGTH: u32 = 5;
export const MOST_DISTANCE: u32 = 32768;

/** For two printable characters, the first one lowest, the codes of both as one; 0 where those take more than 24 bits. */
export function pairCodes(): void {
  for (let a: u32 = 0x20; a < 0x7f; a++) {
    for (let b: u32 = 0x20; b < 0x7f; b++) {
      const first = load<u32>(LITERALS + (a << 2));
      const second = load<u32>(LITERALS + (b << 2));
      const bits = (first >> 24) + (second >> 24);
      const both = (first & 0xffffff) | ((second & 0xffffff) << (first >> 24));
      store<u32>(PAIRS + ((a | (b << 8)) << 2), bits > 24 ? 0 : both | (bits << 24));
    }
  }
}

let at: u32 = BLOCKS;
let bits: u64 = 0;
let count: u64 = 0;

let savedAt: u32 = 0;
let savedBits: u64 = 0;
let savedCount: u64 = 0;

/** Remembers where the stream is. */
export function mark(): void {
  savedAt = at;
  savedBits = bits;
  savedCount = count;
}

/** Takes back what came since `mark`. */
export function rewind(): void {
  at = savedAt;
  bits = savedBits;
  count = savedCount;
}

export function position(): u32 {
  return at;
}

/** Goes to a byte position; only between blocks. */
export function setPosition(position: u32): void {
  at = position;
}

/** Free bytes. */
export function room(): u32 {
  return BLOCKS + BLOCKS_BYTES - at;
}

function flush(): void {
  store<u64>(at, bits);
  at += u32(count >> 3);
  bits >>= count & ~7;
  count &= 7;
}

function put(code: u32): void {
  bits |= u64(code & 0xffffff) << count;
  count += code >> 24;
}

/** Begins a block. */
export function begin(): void {
  bits = 0;
  count = 0;
  let left = load<u32>(HEAD_BITS);
  let from = HEAD;
  for (; left >= 8; left -= 8) store<u8>(at++, load<u8>(from++));
  bits = load<u8>(from) & ((1 << left) - 1);
  count = left;
}

/** Ends the block, and the stream on a byte boundary: an empty stored block, as zlib's sync flush has it. */
export function finish(): void {
  put(load<u32>(LITERALS + 256 * 4));
  count += 3;
  flush();
  if (count > 0) {
    at++;
    bits = 0;
    count = 0;
  }
  store<u32>(at, 0xffff0000);
  at += 4;
}

/** The byte `c` as it is. */
export function literal(c: u32): void {
  put(load<u32>(LITERALS + (c << 2)));
  flush();
}

/** `length` bytes as they are. */
export function literals(from: u32, length: u32): void {
  const end = from + length;
  let b = bits;
  let n = count;
  let to = at;
  while (from < end) {
    const c: u32 = load<u8>(from++);
    const code = load<u32>(LITERALS + (c << 2));
    b |= u64(code & 0xffffff) << n;
    n += code >> 24;
    if (n > 32) {
      store<u64>(to, b);
      to += u32(n >> 3);
      b >>= n & ~7;
      n &= 7;
    }
  }
  bits = b;
  count = n;
  at = to;
  flush();
}

/** The distance whose code was asked for last, with its bits. */
let known: u32 = 0;
let distanceBits: u64 = 0;
let distanceCount: u64 = 0;

function setDistance(distance: u32): void {
  if (distance == known) return;
  known = distance;
  const x = distance - 1;
  let symbol = x;
  let extra: u32 = 0;
  let extraBits: u64 = 0;
  if (x >= 4) {
    extraBits = 30 - clz(x);
    symbol = ((u32(extraBits) + 1) << 1) + ((x >> u32(extraBits)) & 1);
    extra = x & ((1 << u32(extraBits)) - 1);
  }
  const code = load<u32>(DISTANCES + (symbol << 2));
  const codeBits: u64 = code >> 24;
  distanceBits = u64(code & 0xffffff) | (u64(extra) << codeBits);
  distanceCount = codeBits + extraBits;
}

/** `length` bytes, which stand at `from` and also `distance` bytes before that in what was written so far. */
export function run(from: u32, length: u32, distance: u32): void {
  if (length < LEAST_LENGTH || distance > MOST_DISTANCE) {
    literals(from, length);
    return;
  }
  setDistance(distance);
  while (length > 0) {
    let piece = min(length, MOST_LENGTH);
    // What is left must be long enough for a match.
    if (length - piece < 3 && length > piece) piece = length - 3;
    put(load<u32>(LENGTHS + (piece << 2)));
    bits |= distanceBits << count;
    count += distanceCount;
    flush();
    length -= piece;
  }
}

/**
 * Twice a run and bytes as they are, as `run` and `literals` do. A run must be long enough for a match and its distance short enough; the second may
 * have no bytes. What the stream is in the middle of stays in locals from one to the next: that is 3 % of the time that a body takes.
 */
export function line(
  length: u32,
  distance: u32,
  from: u32,
  fromLength: u32,
  secondLength: u32,
  secondDistance: u32,
  secondFrom: u32,
  secondFromLength: u32,
): void {
  let b = bits;
  let n = count;
  let to = at;
  while (true) {
    setDistance(distance);
    const dBits = distanceBits;
    const dCount = distanceCount;
    while (length > 0) {
      let piece = min(length, MOST_LENGTH);
      if (length - piece < 3 && length > piece) piece = length - 3;
      const code = load<u32>(LENGTHS + (piece << 2));
      b |= u64(code & 0xffffff) << n;
      n += code >> 24;
      b |= dBits << n;
      n += dCount;
      store<u64>(to, b);
      to += u32(n >> 3);
      b >>= n & ~7;
      n &= 7;
      length -= piece;
    }
    const end = from + fromLength;
    while (from + 4 <= end) {
      const four = load<u32>(from);
      const code = load<u32>(PAIRS + ((four & 0xffff) << 2));
      const next = load<u32>(PAIRS + ((four >> 16) << 2));
      if (code == 0 || next == 0) break;
      b |= u64(code & 0xffffff) << n;
      n += code >> 24;
      b |= u64(next & 0xffffff) << n;
      n += next >> 24;
      store<u64>(to, b);
      to += u32(n >> 3);
      b >>= n & ~7;
      n &= 7;
      from += 4;
    }
    while (from < end) {
      const code = load<u32>(LITERALS + (u32(load<u8>(from++)) << 2));
      b |= u64(code & 0xffffff) << n;
      n += code >> 24;
      if (n > 32) {
        store<u64>(to, b);
        to += u32(n >> 3);
        b >>= n & ~7;
        n &= 7;
      }
    }
    store<u64>(to, b);
    to += u32(n >> 3);
    b >>= n & ~7;
    n &= 7;
    if (secondLength == 0) break;
    length = secondLength;
    distance = secondDistance;
    from = secondFrom;
    fromLength = secondFromLength;
    secondLength = 0;
  }
  bits = b;
  count = n;
  at = to;
}
