import { LENGTH_SYMBOLS } from '../src/exposition/deflate-codes.ts';

const LENGTH_CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END = 256;

/** How often each symbol comes. */
export interface SymbolCounts {
  readonly literals: number[];
  readonly distances: number[];
}

/** Adds to `counts` the symbols of deflate blocks that are stored or have codes of their own (RFC 1951). */
export function countSymbols(blocks: Uint8Array, counts: SymbolCounts): void {
  let position = 0;
  const bits = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++, position++)
      value |= ((blocks[position >> 3]! >> (position & 7)) & 1) << i;
    return value;
  };
  const symbolOf = (codes: ReadonlyMap<number, number>): number => {
    let code = 1;
    for (let length = 1; length <= 15; length++) {
      code = (code << 1) | bits(1);
      const symbol = codes.get(code);
      if (symbol !== undefined) return symbol;
    }
    throw new Error(`no code at bit ${position}`);
  };
  while (position < blocks.length * 8) {
    bits(1);
    const type = bits(2);
    if (type === 0) {
      position = (position + 7) & ~7;
      const length = bits(16);
      position += 16 + length * 8;
      continue;
    }
    if (type !== 2) throw new Error(`a block of type ${type} at bit ${position}`);
    const [literals, distances] = readCodes(bits, symbolOf);
    for (let symbol = 0; symbol !== END;) {
      symbol = symbolOf(literals);
      counts.literals[symbol]!++;
      if (symbol <= END) continue;
      bits(LENGTH_SYMBOLS[symbol - END - 1]!.extra);
      const distance = symbolOf(distances);
      counts.distances[distance]!++;
      bits(distance > 3 ? (distance >> 1) - 1 : 0);
    }
  }
}

type Codes = ReadonlyMap<number, number>;

function readCodes(bits: (count: number) => number, symbolOf: (codes: Codes) => number): [Codes, Codes] {
  const literals = bits(5) + 257;
  const distances = bits(5) + 1;
  const listed = bits(4) + 4;
  const codeLengths = Array.from({ length: 19 }, () => 0);
  for (const symbol of LENGTH_CODE_ORDER.slice(0, listed)) codeLengths[symbol] = bits(3);
  const codes = codesOf(codeLengths);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = symbolOf(codes);
    if (symbol < 16) lengths.push(symbol);
    else {
      const value = symbol === 16 ? lengths.at(-1)! : 0;
      const count = symbol === 16 ? bits(2) + 3 : symbol === 17 ? bits(3) + 3 : bits(7) + 11;
      for (let i = 0; i < count; i++) lengths.push(value);
    }
  }
  return [codesOf(lengths.slice(0, literals)), codesOf(lengths.slice(literals))];
}

/** Symbols by their code with a 1 before it. */
function codesOf(lengths: readonly number[]): Codes {
  const codes = new Map<number, number>();
  for (let length = 1, code = 0; length <= 15; length++, code <<= 1) {
    for (const [symbol, one] of lengths.entries())
      if (one === length) codes.set((1 << length) | code++, symbol);
  }
  return codes;
}
