import { errorText } from './error-text.ts';
import type { Field } from './logger.ts';

const RESERVED: ReadonlySet<string> = new Set(['time', 'level', 'msg']);

/** One line of `key=value` pairs with its newline, quoted as Go's slog does it. */
export function logfmtLine(
  time: Date,
  level: string,
  message: string,
  fields: Record<string, Field>,
): string {
  let line = `time=${time.toISOString()} level=${level.toUpperCase()} msg=${quoteIfNeeded(message)}`;
  for (const [key, value] of shownFields(fields))
    line += ` ${quoteIfNeeded(key)}=${quoteIfNeeded(String(value))}`;
  return `${line}\n`;
}

/** The same pairs as one line of JSON with its newline. Numbers and booleans keep their type where JSON has it. */
export function jsonLine(time: Date, level: string, message: string, fields: Record<string, Field>): string {
  const pairs: [string, unknown][] = [
    ['time', time.toISOString()],
    ['level', level.toUpperCase()],
    ['msg', message],
  ];
  for (const [key, value] of shownFields(fields)) {
    pairs.push([key, typeof value === 'number' && !Number.isFinite(value) ? String(value) : value]);
  }
  // Escaped by hand beyond what JSON asks for: some readers split lines at these too.
  const json = JSON.stringify(Object.fromEntries(pairs)).replace(LINE_BREAKS, unicodeEscape);
  return `${json}\n`;
}

function* shownFields(fields: Record<string, Field>): Generator<[string, string | number | boolean]> {
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    yield [RESERVED.has(key) ? `${key}_` : key, value instanceof Error ? errorText(value) : value];
  }
}

const LINE_BREAKS = /[\u0085\u2028\u2029]/g;

// Everything that would end a value, a line or a terminal's patience: white space, control and format characters,
// lone surrogates, quotes and the equals sign. With the u flag a paired surrogate is one letter and not \p{Cs}.
const NEEDS_QUOTES = /["=\s\p{C}\p{Z}]/u;
const NEEDS_ESCAPE = /["\\]|(?! )[\s\p{C}\p{Z}]/gu;

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function quoteIfNeeded(text: string): string {
  if (text !== '' && !NEEDS_QUOTES.test(text)) return text;
  return `"${text.replace(NEEDS_ESCAPE, (char) => SHORT_ESCAPES[char] ?? unicodeEscape(char))}"`;
}

function unicodeEscape(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}
