/** A label value as the text format writes it between quotes: backslash, quote and newline are escaped. */
export function escapeLabelValue(value: string): string {
  return value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
}

/** A HELP text as the text format writes it: backslash and newline are escaped, quotes are not. */
export function escapeHelp(text: string): string {
  return text.replace(/[\\\n]/g, (c) => (c === '\n' ? '\\n' : '\\\\'));
}

/** The meaning of an escaped label value. Escapes other than `\\`, `\"` and `\n` stand for themselves, as Prometheus reads them. */
export function unescapeLabelValue(text: string): string {
  return text.replace(/\\[\\"n]/g, (c) => (c === '\\n' ? '\n' : c[1]!));
}

/** The meaning of an escaped HELP text. Escapes other than `\\` and `\n` stand for themselves, as Prometheus reads them. */
export function unescapeHelp(text: string): string {
  return text.replace(/\\[\\n]/g, (c) => (c === '\\n' ? '\n' : '\\'));
}
