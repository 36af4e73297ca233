import { goCodePoint } from './go-quote.ts';

/** A string literal that was read: its value, and the index behind its closing quote. */
export interface StringLiteral {
  readonly value: string;
  readonly end: number;
}

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  a: 0x07,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  v: 0x0b,
  '\\': 0x5c,
};

/** Digits, base and largest value of the escapes that hold a number. `\x` and octal ones are bytes, not characters. */
const NUMERIC_ESCAPES: Readonly<Record<string, { digits: number; max: number }>> = {
  x: { digits: 2, max: 0xff },
  u: { digits: 4, max: 0x10ffff },
  U: { digits: 8, max: 0x10ffff },
};

/**
 * Reads PromQL's string literal whose opening quote, one of `"`, `'` and `` ` ``, is at `start`. Throws `Error` with Prometheus'
 * wording (promql/parser/lex.go, util/strutil/quote.go).
 *
 * Byte escapes may spell what is not UTF-8. Such a byte becomes the lone surrogate U+DC00 + byte, so that the value stays
 * distinct and equals no label value, which is UTF-8 always.
 */
export function readStringLiteral(text: string, start: number): StringLiteral {
  return text[start] === '`' ? readRaw(text, start) : readEscaped(text, start);
}

function readRaw(text: string, start: number): StringLiteral {
  const close = text.indexOf('`', start + 1);
  const value = text.slice(start + 1, close === -1 ? undefined : close);
  // Go decodes what is not UTF-8 to U+FFFD, and Prometheus takes any U+FFFD for that.
  if (value.includes('\uFFFD')) throw new Error('invalid UTF-8 rune');
  if (close === -1) throw new Error('unterminated raw string');
  return { value, end: close + 1 };
}

function readEscaped(text: string, start: number): StringLiteral {
  const quote = text[start];
  const bytes: number[] = [];
  let hasByteEscapes = false;
  let value = '';
  let index = start + 1;
  for (;;) {
    const character = text[index];
    if (character === undefined || character === '\n') throw new Error('unterminated quoted string');
    if (character === '\uFFFD') throw new Error('invalid UTF-8 rune');
    if (character === quote) break;
    if (character !== '\\') {
      value += character;
      index++;
      continue;
    }
    const escape = readEscape(text, index + 1, quote ?? '"');
    index = escape.end;
    if (escape.isByte && escape.code >= 0x80) {
      // Bytes join only among themselves and with what stands beside them, so the text so far is kept as bytes too.
      hasByteEscapes = true;
      bytes.push(...Buffer.from(value), escape.code);
      value = '';
    } else value += String.fromCodePoint(escape.code);
  }
  if (hasByteEscapes) value = decodeBytes(Buffer.from([...bytes, ...Buffer.from(value)]));
  return { value, end: index + 1 };
}

function readEscape(
  text: string,
  index: number,
  quote: string,
): { code: number; end: number; isByte: boolean } {
  const character = characterAt(text, index);
  if (character === '') throw new Error('escape sequence not terminated');
  if (character === quote) return { code: quote.charCodeAt(0), end: index + 1, isByte: false };
  const simple = SIMPLE_ESCAPES[character];
  if (simple !== undefined) return { code: simple, end: index + 1, isByte: false };
  if (character >= '0' && character <= '7') {
    return { ...readNumber(text, index, { digits: 3, max: 0xff }, 8), isByte: true };
  }
  const form = NUMERIC_ESCAPES[character];
  if (form === undefined) throw new Error(`unknown escape sequence ${goCodePoint(character)}`);
  return { ...readNumber(text, index + 1, form, 16), isByte: character === 'x' };
}

function readNumber(
  text: string,
  start: number,
  form: { digits: number; max: number },
  base: number,
): { code: number; end: number } {
  let code = 0;
  const end = start + form.digits;
  for (let index = start; index < end; index++) {
    const character = characterAt(text, index);
    if (character === '') throw new Error('escape sequence not terminated');
    const digit = /^[0-9A-Fa-f]$/.test(character) ? Number.parseInt(character, 16) : 16;
    if (digit >= base) throw new Error(`illegal character ${goCodePoint(character)} in escape sequence`);
    code = code * base + digit;
  }
  if (code > form.max || (code >= 0xd800 && code < 0xe000)) {
    throw new Error('escape sequence is an invalid Unicode code point');
  }
  return { code, end };
}

function characterAt(text: string, index: number): string {
  const code = text.codePointAt(index);
  return code === undefined ? '' : String.fromCodePoint(code);
}

/** UTF-8 to a string, each byte that is no part of a character kept as a lone surrogate. */
function decodeBytes(bytes: Buffer): string {
  let decoded = '';
  let index = 0;
  while (index < bytes.length) {
    const length = utf8Length(bytes, index);
    decoded +=
      length === 0
        ? String.fromCharCode(0xdc00 + (bytes[index] ?? 0))
        : bytes.toString('utf8', index, index + length);
    index += length || 1;
  }
  return decoded;
}

/** Bytes of the well-formed character at `index`, 0 when there is none. */
function utf8Length(bytes: Buffer, index: number): number {
  const lead = bytes[index] ?? 0;
  const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length < 2) return length;
  const decoded = bytes.toString('utf8', index, index + length);
  return Buffer.byteLength(decoded) === length && !decoded.includes('\uFFFD') ? length : 0;
}
