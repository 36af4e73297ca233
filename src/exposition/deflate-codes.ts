/** Lengths in bits of the codes of a deflate block; 0 for a symbol that has none. */
export interface CodeLengths {
  /** Of the bytes 0 to 255, the end of the block, and the 29 match lengths. */
  readonly literals: readonly number[];
  /** Of the 30 distances. */
  readonly distances: readonly number[];
}

/** The order in which a block's head has the lengths of the codes for lengths (RFC 1951, 3.2.7). */
const LENGTH_CODE_ORDER: readonly number[] = [
  16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];
const MOST_CODE_BITS = 15;
const MOST_LENGTH_CODE_BITS = 7;
const LITERAL_SYMBOLS = 286;
const DISTANCE_SYMBOLS = 30;
const FIRST_LENGTH_SYMBOL = 257;
/** The shortest match of each length symbol, and its extra bits (RFC 1951, 3.2.5). */
export const LENGTH_SYMBOLS: readonly { readonly least: number; readonly extra: number }[] = (() => {
  const symbols = [];
  for (let least = 3, i = 0; i < 28; i++) {
    const extra = i < 8 ? 0 : (i >> 2) - 1;
    symbols.push({ least, extra });
    least += 1 << extra;
  }
  return [...symbols, { least: 258, extra: 0 }];
})();

/** Lengths of codes that are best for symbols that come that often; those that never come have none. */
export function bestLengths(frequencies: readonly number[], most: number = MOST_CODE_BITS): number[] {
  // Package-merge: the cheapest 2n - 2 of coins and packages of coins; a symbol's code is as long as it has coins among them.
  const coins = frequencies
    .map((weight, symbol) => ({ weight, symbols: [symbol] }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => a.weight - b.weight);
  const lengths = frequencies.map(() => 0);
  if (coins.length === 1) lengths[coins[0]!.symbols[0]!] = 1;
  if (coins.length < 2) return lengths;
  let packages: typeof coins = [];
  for (let bit = 0; bit < most; bit++) {
    const merged = [...coins, ...packages].sort((a, b) => a.weight - b.weight);
    packages = [];
    for (let i = 0; i + 1 < merged.length; i += 2) {
      const [a, b] = [merged[i]!, merged[i + 1]!];
      packages.push({ weight: a.weight + b.weight, symbols: [...a.symbols, ...b.symbols] });
    }
  }
  for (const { symbols } of packages.slice(0, coins.length - 1))
    for (const symbol of symbols) lengths[symbol]!++;
  return lengths;
}

/** The codes that follow from their lengths (RFC 1951, 3.2.2), as numbers whose lowest bit comes first in the stream. */
export function codesOf(lengths: readonly number[]): number[] {
  const next: number[] = [];
  for (let bits = 1, code = 0; bits <= MOST_CODE_BITS; bits++) {
    next[bits] = code;
    code = (code + lengths.filter((length) => length === bits).length) << 1;
  }
  return lengths.map((length) => (length === 0 ? 0 : reversed(next[length]!++, length)));
}

function reversed(code: number, length: number): number {
  let bits = 0;
  for (let i = 0; i < length; i++) bits |= ((code >> i) & 1) << (length - 1 - i);
  return bits;
}

/** Bits in the order of a deflate stream. */
class Bits {
  readonly bytes: number[] = [];
  count = 0;

  add(value: number, bits: number): void {
    for (let i = 0; i < bits; i++) {
      const at = this.count >> 3;
      this.bytes[at] = (this.bytes[at] ?? 0) | (((value >> i) & 1) << (this.count & 7));
      this.count++;
    }
  }
}

/** The head of a block with codes of its own that is not the last one (RFC 1951, 3.2.7). */
export function blockHead({ literals, distances }: CodeLengths): {
  readonly bytes: Uint8Array;
  readonly bits: number;
} {
  const symbols = repeats([...literals, ...distances]);
  const frequencies = Array.from(
    { length: 19 },
    (_, i) => symbols.filter(({ symbol }) => symbol === i).length,
  );
  const lengths = bestLengths(frequencies, MOST_LENGTH_CODE_BITS);
  const codes = codesOf(lengths);
  let listed = LENGTH_CODE_ORDER.length;
  while (lengths[LENGTH_CODE_ORDER[listed - 1]!] === 0) listed--;
  const bits = new Bits();
  bits.add(0, 1);
  bits.add(2, 2);
  bits.add(literals.length - FIRST_LENGTH_SYMBOL, 5);
  bits.add(distances.length - 1, 5);
  bits.add(listed - 4, 4);
  for (const symbol of LENGTH_CODE_ORDER.slice(0, listed)) bits.add(lengths[symbol]!, 3);
  for (const { symbol, extra, extraBits } of symbols) {
    bits.add(codes[symbol]!, lengths[symbol]!);
    bits.add(extra, extraBits);
  }
  return { bytes: Uint8Array.from(bits.bytes), bits: bits.count };
}

/** Lengths one after the other, with those that repeat in short. */
function repeats(lengths: readonly number[]): { symbol: number; extra: number; extraBits: number }[] {
  const symbols = [];
  for (let i = 0; i < lengths.length;) {
    const length = lengths[i]!;
    let run = 1;
    while (lengths[i + run] === length) run++;
    const before = i > 0 && lengths[i - 1] === length;
    if (length === 0 && run >= 3) {
      run = Math.min(run, 138);
      symbols.push(
        run < 11
          ? { symbol: 17, extra: run - 3, extraBits: 3 }
          : { symbol: 18, extra: run - 11, extraBits: 7 },
      );
    } else if (before && run >= 3) {
      run = Math.min(run, 6);
      symbols.push({ symbol: 16, extra: run - 3, extraBits: 2 });
    } else {
      run = 1;
      symbols.push({ symbol: length, extra: 0, extraBits: 0 });
    }
    i += run;
  }
  return symbols;
}

/** A code with how many bits it has in the upper 8 bits: the form that the line coder reads. */
function packed(code: number, bits: number): number {
  return (code | (bits << 24)) >>> 0;
}

/** Everything that the line coder needs to write blocks with these codes: see assembly/bit-writer.ts for its layout. */
export function codeTables(lengths: CodeLengths): Uint32Array {
  const literalCodes = codesOf(lengths.literals);
  const distanceCodes = codesOf(lengths.distances);
  const literals = literalCodes.slice(0, 257).map((code, i) => packed(code, lengths.literals[i]!));
  const matches = Array.from({ length: 259 }, () => 0);
  for (const [i, { least, extra }] of LENGTH_SYMBOLS.entries()) {
    const symbol = FIRST_LENGTH_SYMBOL + i;
    const bits = lengths.literals[symbol]!;
    for (let more = 0; more < 1 << extra && least + more <= 258; more++)
      matches[least + more] = packed(literalCodes[symbol]! | (more << bits), bits + extra);
  }
  const distances = distanceCodes.map((code, i) => packed(code, lengths.distances[i]!));
  const head = blockHead(lengths);
  const words = new Uint32Array(Math.ceil(head.bytes.length / 4));
  new Uint8Array(words.buffer).set(head.bytes);
  return Uint32Array.from([...literals, ...matches, ...distances, head.bits, ...words]);
}

/** Symbols in all. */
export const SYMBOLS = { literals: LITERAL_SYMBOLS, distances: DISTANCE_SYMBOLS } as const;
