import { RE2JS, RE2JSSyntaxException } from 're2js';
import type { Matcher } from 're2js';

/**
 * Compiles an RE2 expression as Prometheus 3 does: anchored at both ends, with `.` matching a newline too.
 * @throws RE2JSSyntaxException when it is not RE2
 */
export function compileRegex(source: string): RE2JS {
  return RE2JS.compile(`^(?s:${source})$`);
}

/** What is wrong with an expression, without the anchors around it. */
export function describeRegexError(error: unknown): string {
  if (error instanceof RE2JSSyntaxException) return error.error;
  return error instanceof Error ? error.message : String(error);
}

/** A match with what its template needs. */
export interface Match {
  /** Text of the numbered group; `undefined` where there is no such group or it took no part in the match. */
  group(index: number): string | undefined;
  /** Text of the named group; `undefined` likewise. */
  named(name: string): string | undefined;
}

/** The match of a compiled expression with the whole of `text`, if there is one. */
export function matchRegex(regex: RE2JS, text: string): Match | undefined {
  const matcher: Matcher = regex.matcher(text);
  if (!matcher.find()) return undefined;
  const count = matcher.groupCount();
  const groups = regex.namedGroups();
  const group = (index: number) => (index <= count ? (matcher.group(index) ?? undefined) : undefined);
  return {
    group,
    named: (name) => (Object.hasOwn(groups, name) ? group(groups[name] ?? -1) : undefined),
  };
}

/**
 * Expands `$1`, `${1}`, `$name`, `${name}` and `$$` by the rules of Go's `Regexp.Expand`: a name without braces is as long
 * as possible (`$1x` is the group named `1x`), a group that does not exist is empty, and a `$` that begins nothing stays.
 */
export function expandTemplate(template: string, match: Match): string {
  return template.replace(REFERENCE, (_whole, bare?: string, braced?: string) => {
    const name = bare ?? braced;
    if (name === undefined) return '$';
    return (isGroupNumber(name) ? match.group(Number(name)) : match.named(name)) ?? '';
  });
}

const REFERENCE = /\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu;

function isGroupNumber(name: string): boolean {
  return /^(?:0|[1-9][0-9]{0,8})$/.test(name);
}
