// Made by `npm run train:codes`; not to be edited.

/** Lengths of the codes of literals, the end of a block and match lengths; one hexadecimal digit each. */
const LITERALS =
  'ffffffffffafffffffffffffffffffff8f6ffbfffff6865a4444444444bff8fffececfffdbffdfefdffdcdfffffffff8f77775aa87b887778a77678a9bfbf8ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffbdfbba9cd9aab999b597aabcbff666';
/** The same for distances. */
const DISTANCES = 'ccccccccccccccb312b67bb54bbbbb';

export const LITERAL_LENGTHS: readonly number[] = numbers(LITERALS);
export const DISTANCE_LENGTHS: readonly number[] = numbers(DISTANCES);

function numbers(digits: string): number[] {
  return Array.from(digits, (digit) => Number.parseInt(digit, 16));
}
