import { Byte } from './bytes.ts';

/** The next byte but NUL: in a comment Prometheus' lexers pass over NUL bytes, except where a token begins. */
export function afterByte(buffer: Uint8Array, at: number): number {
  do at++;
  while (buffer[at] === Byte.nul);
  return at;
}

/** Where what follows these letters begins, or -1 when they are not at `at`. */
export function afterLetters(buffer: Uint8Array, at: number, letters: readonly number[]): number {
  for (const c of letters) {
    if (buffer[at] !== c) return -1;
    at = afterByte(buffer, at);
  }
  return at;
}
