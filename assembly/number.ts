// What a canonical sample value may look like is told by line-shape.ts of the reader; this must say the same.
const MAX_DIGITS: u32 = 300;
const MAX_TIMESTAMP_DIGITS: u32 = 18;

function isDigit(c: u32): bool {
  return c - 0x30 < 10;
}

/** Where the line ends, behind its newline, whose value begins at `at`; 0 when that is not in canonical form. Reads up to 15 bytes more. */
export function lineEnd(at: u32, timestamps: bool): u32 {
  const bytes = v128.load(at);
  const newline = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0x0a)));
  if (newline != 0) {
    const length = ctz(newline);
    const digits = i8x16.bitmask(i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(10)));
    // The bytes that are no digits.
    let others = ~digits & ((1 << length) - 1);
    if (others == 0) return length == 0 ? 0 : at + length + 1;
    if (isExponentAt(at + length - 4, others >> max(length - 4, 0)) && length > 4)
      others &= ~(3 << (length - 4));
    // Digits with one point behind the first of them.
    if (
      (others & (others - 1)) == 0 &&
      (others & 1) == 0 &&
      (others == 0 || load<u8>(at + ctz(others)) == 0x2e)
    )
      return at + length + 1;
  }
  return anyLineEnd(at, timestamps);
}

/** Whether `e`, a sign and two digits stand there; `others` says which of them are no digits. */
function isExponentAt(at: u32, others: u32): bool {
  const sign: u32 = load<u8>(at + 1);
  return others == 3 && load<u8>(at) == 0x65 && (sign == 0x2d || sign == 0x2b);
}

function anyLineEnd(at: u32, timestamps: bool): u32 {
  const start = at;
  let c: u32 = load<u8>(at);
  if (c == 0x2d || c == 0x2b) c = load<u8>(++at);
  if (isDigit(c)) {
    do c = load<u8>(++at);
    while (isDigit(c));
    if (c == 0x2e) {
      do c = load<u8>(++at);
      while (isDigit(c));
    }
    if (at - start > MAX_DIGITS) return 0;
    if (c == 0x65) {
      c = load<u8>(++at);
      if (c == 0x2d || c == 0x2b) c = load<u8>(++at);
      const exponent = at;
      while (isDigit(c)) c = load<u8>(++at);
      if (at == exponent || at - exponent > 2 || exponent - start > 100) return 0;
    }
  } else if (c == 0x4e) {
    if (at != start || load<u8>(at + 1) != 0x61 || load<u8>(at + 2) != 0x4e) return 0;
    c = load<u8>((at += 3));
  } else if (c == 0x49) {
    if (at == start || load<u8>(at + 1) != 0x6e || load<u8>(at + 2) != 0x66) return 0;
    c = load<u8>((at += 3));
  } else return 0;
  if (c == 0x0a) return at + 1;
  return c == 0x20 && timestamps ? timestampEnd(at + 1) : 0;
}

function timestampEnd(at: u32): u32 {
  const start = at;
  let c: u32 = load<u8>(at);
  while (isDigit(c)) c = load<u8>(++at);
  const digits = at - start;
  if (c != 0x0a || digits == 0 || digits > MAX_TIMESTAMP_DIGITS) return 0;
  return load<u8>(start) == 0x30 && digits > 1 ? 0 : at + 1;
}

/** Whether the label value `[at, end)` is surely a number. */
export function isPlainNumber(at: u32, end: u32): bool {
  const length = end - at;
  if (length == 4 && load<u32>(at) == 0x666e492b) return true;
  let points: u32 = 0;
  for (let i = at; i < end; i++) {
    const c: u32 = load<u8>(i);
    if (c == 0x2e) points++;
    else if (c == 0x65) return points <= 1 && i - at > points && isExponent(i + 1, end);
    else if (!isDigit(c)) return false;
  }
  return points <= 1 && length > points;
}

/** A sign and two digits, so that the number is in range. */
function isExponent(at: u32, end: u32): bool {
  const sign: u32 = load<u8>(at);
  return (
    end - at == 3 && (sign == 0x2d || sign == 0x2b) && isDigit(load<u8>(at + 1)) && isDigit(load<u8>(at + 2))
  );
}
