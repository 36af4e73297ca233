const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

// Letters, marks, numbers, punctuation, symbols and the ASCII space: what Go's strconv.IsPrint takes.
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** `text` as Go's `%q` writes a string. */
export function goQuote(text: string): string {
  return `"${escape(text, '"')}"`;
}

/** One character as Go's `%q` writes a rune. The end of the input, `''`, is U+FFFD there. */
export function goQuoteRune(character: string): string {
  return `'${escape(character === '' ? '\uFFFD' : character, "'")}'`;
}

/** One character as Go's `%#U` writes a rune: `U+0071 'q'`. */
export function goCodePoint(character: string): string {
  const code = (character.codePointAt(0) ?? 0xfffd).toString(16).toUpperCase().padStart(4, '0');
  return PRINTABLE.test(character) ? `U+${code} '${character}'` : `U+${code}`;
}

function escape(text: string, quote: string): string {
  let escaped = '';
  for (const character of text) {
    if (character === quote) escaped += `\\${quote}`;
    else escaped += NAMED_ESCAPES[character] ?? (PRINTABLE.test(character) ? character : numeric(character));
  }
  return escaped;
}

function numeric(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}
