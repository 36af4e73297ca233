/** How many bytes at `a` and `b` are equal, at most `most`. Reads up to 16 bytes more. */
export function commonLength(a: u32, b: u32, most: u32): u32 {
  let n: u32 = 0;
  while (n < most) {
    const equal = i8x16.bitmask(i8x16.eq(v128.load(a + n), v128.load(b + n)));
    if (equal != 0xffff) {
      n += ctz(~equal);
      break;
    }
    n += 16;
  }
  return min(n, most);
}

/** Copies `length` bytes, and up to 15 more. */
export function copy(to: u32, from: u32, length: u32): void {
  let n: u32 = 0;
  do {
    v128.store(to + n, v128.load(from + n));
    n += 16;
  } while (n < length);
}

/** Where the first quote, backslash, newline or NUL at or after `at` is. There must be one. */
export function plainEnd(at: u32): u32 {
  while (true) {
    const bytes = v128.load(at);
    const found = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
        v128.or(i8x16.eq(bytes, i8x16.splat(0x0a)), i8x16.eq(bytes, i8x16.splat(0))),
      ),
    );
    if (found != 0) return at + ctz(found);
    at += 16;
  }
}

/** Where the label value at `at` ends that is in canonical form: its closing quote. 0 when it is not. */
export function valueEnd(at: u32): u32 {
  while (true) {
    at = plainEnd(at);
    const c = load<u8>(at);
    if (c == 0x22) return at;
    if (c != 0x5c) return 0;
    const escaped = load<u8>(at + 1);
    if (escaped != 0x5c && escaped != 0x22 && escaped != 0x6e) return 0;
    at += 2;
  }
}
