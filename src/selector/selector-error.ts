/**
 * A selector that Prometheus would refuse. The message is Prometheus' own, with line and column (in bytes of UTF-8, from 1)
 * of the piece that is wrong: `1:5: parse error: unexpected identifier "bar"`.
 */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

/** The error for what begins at `index` (in UTF-16 units) of `text`. */
export function selectorErrorAt(text: string, index: number, problem: string): SelectorError {
  if (text === '') return new SelectorError(`unknown position: parse error: ${problem}`);
  const before = text.slice(0, index);
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = before.split('\n').length;
  const column = Buffer.byteLength(before.slice(lineStart)) + 1;
  return new SelectorError(`${line}:${column}: parse error: ${problem}`);
}
