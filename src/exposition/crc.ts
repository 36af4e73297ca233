const POLYNOMIAL = 0xedb88320;

/** Product of two polynomials over GF(2) modulo the CRC-32 polynomial, bits reflected. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 0x80000000; bit !== 0; bit >>>= 1) {
    if (a & bit) product ^= b;
    b = b & 1 ? (b >>> 1) ^ POLYNOMIAL : b >>> 1;
  }
  return product >>> 0;
}

/** `powers[i]` is x^(2^i) modulo the polynomial. Its period is 2^32 - 1, so 32 entries serve every exponent. */
const powers: Uint32Array = (() => {
  const table = new Uint32Array(32);
  let power = 0x40000000;
  for (let i = 0; i < table.length; i++) {
    table[i] = power;
    power = multiply(power, power);
  }
  return table;
})();

/** Shifts of so many bytes, and of so many times as many; 0 for those that were not asked for yet. No shift is 0. */
const PAGE = 4096;
const byteShifts = new Uint32Array(PAGE);
const pageShifts = new Uint32Array(PAGE);

/** x^(8 * length) modulo the polynomial: the factor by which a CRC moves when `length` bytes follow. */
export function crcShift(length: number): number {
  if (length >= PAGE * PAGE) return shiftOf(length);
  const bytes = length % PAGE;
  const pages = (length - bytes) / PAGE;
  const shift = (byteShifts[bytes] ||= shiftOf(bytes));
  return pages === 0 ? shift : multiply(shift, (pageShifts[pages] ||= shiftOf(pages * PAGE)));
}

function shiftOf(length: number): number {
  let shift = 0x80000000;
  // Starts at 2^3, since a byte has eight bits.
  for (let i = 3; length > 0; i = (i + 1) & 31, length = Math.floor(length / 2)) {
    if (length % 2 === 1) shift = multiply(powers[i]!, shift);
  }
  return shift;
}

/**
 * CRC-32 of two byte strings one after the other, from the CRC of each and the length of the second.
 * Same result as `crc32_combine` of zlib.
 */
export function combineCrc(first: number, second: number, secondLength: number): number {
  return (multiply(crcShift(secondLength), first) ^ second) >>> 0;
}
