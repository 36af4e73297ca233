/**
 * Lower case as Go's `strings.ToLower`: code point by code point with Unicode's simple mappings, so that the length in
 * code points stays and a final sigma is like any other.
 */
export function toLowerCase(text: string): string {
  return mapCodePoints(text, (char) => {
    // The only code point whose full lower case is longer than its simple one.
    if (char === '\u0130') return 'i';
    return char.toLowerCase();
  });
}

/** Upper case as Go's `strings.ToUpper`, likewise: `ß` stays `ß`. */
export function toUpperCase(text: string): string {
  return mapCodePoints(text, (char) => {
    const upper = char.toUpperCase();
    return isOneCodePoint(upper) ? upper : simpleUpperCase(char);
  });
}

function mapCodePoints(text: string, map: (char: string) => string): string {
  let result = '';
  for (const char of text) result += map(char);
  return result;
}

function isOneCodePoint(text: string): boolean {
  return text.length === String.fromCodePoint(text.codePointAt(0) ?? 0).length;
}

/** For a code point whose full upper case has several: Greek letters with iota subscript have a simple one, the rest none. */
function simpleUpperCase(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code >= 0x1f80 && code <= 0x1faf && (code & 8) === 0) return String.fromCodePoint(code + 8);
  if (code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3) return String.fromCodePoint(code + 9);
  return char;
}
