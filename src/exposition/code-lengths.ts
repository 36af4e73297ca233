// Made by `npm run train:codes`; not to be edited.

/** Lengths of the codes of literals, the end of a block and match lengths; one hexadecimal digit each. */
const LITERALS =
  'ffffffffffafffffffffffffffffffff8f6ffbfffff6875a4444444444aff8fffdcdcffedbffefefdffebdfffffffff9f77775aa87b987778a67678a9bfaf8ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffbffbbaadddcbb989b5a7ccecbff657';
/** The same for distances. */
const DISTANCES = 'bbbbbbbbbbbbbba214a46aa54aaaaa';

export const LITERAL_LENGTHS: readonly number[] = numbers(LITERALS);
export const DISTANCE_LENGTHS: readonly number[] = numbers(DISTANCES);

function numbers(digits: string): number[] {
  return Array.from(digits, (digit) => Number.parseInt(digit, 16));
}
