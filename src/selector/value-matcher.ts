import { RE2JS } from 're2js';
import { MatchLimits, shownPattern } from './match-limits.ts';

/** Answers whether a label's value fits. */
export type ValueMatcher = (value: string) => boolean;

/**
 * Selectors come from clients, so a pattern is held to what compiles in milliseconds. RE2 itself allows a pattern of a few
 * kilobytes to grow into millions of instructions (`a{1000}a{1000}…`). Literals and lists of literals are not bounded.
 */
export const MAX_PATTERN_LENGTH = 4096;
export const MAX_PROGRAM_SIZE = 5000;

/** Verdicts that a compiled pattern remembers: label values repeat from series to series and from scrape to scrape. */
const REMEMBERED_VALUES = 1024;

const METACHARACTERS = /[\\.+*?()|[\]{}^$]/;
const LITERAL_PIECE = String.raw`(?:[^\\.+*?()|[\]{}^$]|\\[\\.+*?()|[\]{}^$\-/_ ])`;
const LITERAL_LIST = new RegExp(String.raw`^(?:${LITERAL_PIECE}*\|)*${LITERAL_PIECE}*$`, 'u');
const GROUPED = /^\((?:\?:)?(.*)\)$/su;
const WITH_WILDCARDS = new RegExp(String.raw`^(\.[*+])?(${LITERAL_PIECE}*)(\.[*+])?$`, 'u');
// A quoted run, an escape, a class, a counted repetition, or one character.
const PIECES =
  /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\w+:\]|[^\]\\])*\]|\{\d+(?:,\d*)?\}|[\s\S]/gu;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Compiles the pattern of `=~` and `!~` as Prometheus 3 does: RE2, matching the whole value, `.` matching newlines as well.
 * Takes time linear in the value. Throws `Error` with Go's wording for what RE2 refuses, and for patterns that are too large; and a
 * MatchCostError, as what it gives does, when the patterns of a question take more than `limits` allow.
 */
export function compilePattern(pattern: string, limits: MatchLimits = new MatchLimits()): ValueMatcher {
  return literalMatcher(pattern) ?? wildcardMatcher(pattern) ?? remember(compileRe2(pattern, limits));
}

function literalMatcher(pattern: string): ValueMatcher | undefined {
  if (!METACHARACTERS.test(pattern)) return (value) => value === pattern;
  const list = GROUPED.exec(pattern)?.[1] ?? pattern;
  if (!LITERAL_LIST.test(list)) return undefined;
  const values = new Set(splitAlternatives(list).map(unescapeLiteral));
  return (value) => values.has(value);
}

function wildcardMatcher(pattern: string): ValueMatcher | undefined {
  const match = WITH_WILDCARDS.exec(pattern);
  if (match === null) return undefined;
  const [, before, escaped = '', after] = match;
  const literal = unescapeLiteral(escaped);
  // How much must stand on either side: `.+` asks for one character more than `.*`.
  const least = literal.length + (before === '.+' ? 1 : 0) + (after === '.+' ? 1 : 0);
  // Two characters can be one more or less in UTF-16: that is left to RE2.
  if (literal === '') return least > 1 ? undefined : (value) => value.length >= least;
  if (before === undefined) return (value) => value.length >= least && value.startsWith(literal);
  if (after === undefined) return (value) => value.length >= least && value.endsWith(literal);
  const from = before === '.+' ? 1 : 0;
  const room = after === '.+' ? 1 : 0;
  // The first place is as good as any later one for what follows it.
  return (value) => {
    const at = value.indexOf(literal, from);
    return at !== -1 && at + literal.length + room <= value.length;
  };
}

function compileRe2(pattern: string, limits: MatchLimits): ValueMatcher {
  if (pattern.length > MAX_PATTERN_LENGTH) throw tooLarge(pattern);
  const estimate = programEstimate(pattern);
  if (estimate > MAX_PROGRAM_SIZE) throw tooLarge(pattern);
  limits.compile(estimate);
  if (LONE_SURROGATE.test(pattern))
    throw new Error(`error parsing regexp: invalid UTF-8: \`${pattern.toWellFormed()}\``);
  const compiled = compileDotAll(pattern);
  const size = compiled.programSize();
  if (size > MAX_PROGRAM_SIZE) throw tooLarge(pattern);
  const matches = (value: string): boolean => compiled.testExact(value);
  return (value) => limits.run(pattern, size, value, matches);
}

function compileDotAll(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch (cause) {
    // re2js spells the flag into the pattern that it shows.
    throw new Error((cause as Error).message.replace('`(?s)', '`'), { cause });
  }
}

function tooLarge(pattern: string): Error {
  return new Error(
    `error parsing regexp: expression too large: \`${shownPattern(pattern)}\`; use a shorter pattern or several match[]`,
  );
}

/**
 * How many instructions the pattern comes to, roughly and without compiling it: one for each character, times the largest
 * count of the repetitions around it.
 */
function programEstimate(pattern: string): number {
  const groups: number[] = [];
  let total = 0;
  let last = 0;
  for (const [piece] of pattern.matchAll(PIECES)) {
    if (piece === '(') {
      groups.push(total);
      total = 0;
      last = 0;
    } else if (piece === ')') {
      last = total + 2;
      total = (groups.pop() ?? 0) + last;
    } else if (piece.length > 2 && piece.startsWith('{')) {
      const count = Math.max(...piece.slice(1, -1).split(',').map(Number), 1);
      total += last * (count - 1);
      last *= count;
    } else {
      last = piece.startsWith('\\Q') ? piece.length : 1;
      total += last;
    }
  }
  return groups.reduce((sum, group) => sum + group, total);
}

function remember(matches: ValueMatcher): ValueMatcher {
  const verdicts = new Map<string, boolean>();
  return (value) => {
    const known = verdicts.get(value);
    if (known !== undefined) return known;
    const verdict = matches(value);
    if (verdicts.size === REMEMBERED_VALUES) verdicts.clear();
    verdicts.set(value, verdict);
    return verdict;
  };
}

function splitAlternatives(list: string): string[] {
  const alternatives = [''];
  for (const [piece] of list.matchAll(/\\[\s\S]|[\s\S]/gu)) {
    if (piece === '|') alternatives.push('');
    else alternatives[alternatives.length - 1] += piece;
  }
  return alternatives;
}

function unescapeLiteral(escaped: string): string {
  return escaped.replaceAll(/\\([\s\S])/gu, '$1');
}
