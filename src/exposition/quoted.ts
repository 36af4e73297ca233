import { Byte } from './bytes.ts';
import { LineProblem } from './line-problem.ts';

/**
 * Where the token of a quoted label value ends, or -1 when the buffer ends first. `at` is the opening quote.
 * Prometheus' lexer passes over NUL bytes inside a label value and takes those behind the closing quote with it.
 */
export function endOfQuoted(buffer: Uint8Array, at: number, limit: number): number {
  const skipNul = (i: number): number => {
    while (buffer[i] === Byte.nul && i < limit) i++;
    return i;
  };
  let i = skipNul(at + 1);
  while (i < limit) {
    const c = buffer[i];
    if (c === Byte.quote) return skipNul(i + 1);
    if (c === Byte.backslash) {
      i = skipNul(i + 1);
      if (buffer[i] === Byte.newline)
        throw new LineProblem('a backslash before a raw newline in a label value');
    }
    i = skipNul(i + 1);
  }
  return -1;
}
