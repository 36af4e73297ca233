import { Lexer } from './lexer.ts';
import type { Token } from './lexer.ts';
import { selectorErrorAt, SelectorError } from './selector-error.ts';
import { goQuote } from './go-quote.ts';
import { MatchCostError, MatchLimits } from './match-limits.ts';
import { compilePattern } from './value-matcher.ts';
import type { ValueMatcher } from './value-matcher.ts';

export { MatchCostError, MatchLimits, SelectorError };

export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** One condition on a label. The metric's name is the label `__name__`. */
export interface Matcher {
  readonly name: string;
  readonly op: MatchOperator;
  readonly value: string;
}

/** Conditions that all must hold, in the order of Prometheus' own reader. A plain value that can cross threads. */
export type Selector = readonly Matcher[];

/** A condition whose pattern is compiled. */
export interface CompiledMatcher extends Matcher {
  readonly fits: ValueMatcher;
}

const METRIC_NAME = '__name__';

/**
 * Reads an instant vector selector as `match[]` takes it and holds it to PromQL's two rules: a metric's name is given once, and
 * at least one matcher does not match the empty string. Throws `SelectorError`.
 *
 * Prometheus' API applies these rules to queries and to `/api/v1/series`; its `/federate` applies neither, see `readMatchers`.
 */
export function readSelector(text: string): Selector {
  const { matchers, metricName, start } = readVectorSelector(text, new MatchLimits());
  if (metricName !== undefined) {
    const second = matchers.find((matcher) => matcher !== metricName && matcher.name === METRIC_NAME);
    if (second === undefined) return matchers;
    const names = `${goQuote(metricName.value)} or ${goQuote(second.value)}`;
    throw selectorErrorAt(text, start, `metric name must not be set twice: ${names}`);
  }
  if (matchers.some((matcher) => !compileMatcher(matcher)(''))) return matchers;
  throw new SelectorError('match[] must contain at least one non-empty matcher');
}

/**
 * Reads an instant vector selector exactly as Prometheus' `/federate` reads `match[]` (promql/parser `ParseMetricSelector`, in the
 * syntax of Prometheus 3 with quoted names): `{}` selects nothing, `{a=~".*"}` everything, and two names only what fits both. Throws
 * `SelectorError`. `limits` are those of all selectors of a question.
 */
export function readMatchers(text: string, limits: MatchLimits = new MatchLimits()): Selector {
  return readVectorSelector(text, limits).matchers;
}

/**
 * The matchers of a selector with their patterns compiled, what costs least first; they belong to one thread. A series is selected when all
 * fit, a label that it has not being the empty string. A selector without matchers selects nothing, as Prometheus looks no series up for it.
 * What they may take together is in `limits`; a match that takes more throws a MatchCostError.
 */
export function compileSelector(
  selector: Selector,
  limits: MatchLimits = new MatchLimits(),
): readonly CompiledMatcher[] {
  return selector
    .map((matcher) => ({ ...matcher, fits: compileMatcher(matcher, limits) }))
    .sort((a, b) => a.op.length - b.op.length || Number(b.op === '!=') - Number(a.op === '!='));
}

interface VectorSelector {
  readonly matchers: Selector;
  /** The one among the matchers that stood before the braces. */
  readonly metricName?: Matcher;
  /** Where it begins in the text. */
  readonly start: number;
}

function readVectorSelector(text: string, limits: MatchLimits): VectorSelector {
  const lexer = new Lexer(text);
  const first = lexer.next();
  if (first.kind !== 'name' && first.kind !== '{') throw unexpected(text, first);
  const { start } = first;
  if (first.kind === '{') {
    const matchers = readBraces(text, lexer, limits);
    readEnd(text, lexer.next());
    return { matchers, start };
  }
  const metricName: Matcher = { name: METRIC_NAME, op: '=', value: first.value };
  const second = lexer.next();
  if (second.kind !== '{') {
    readEnd(text, second);
    return { matchers: [metricName], metricName, start };
  }
  const matchers = readBraces(text, lexer, limits);
  readEnd(text, lexer.next());
  return { matchers: [...matchers, metricName], metricName, start };
}

function readEnd(text: string, token: Token): void {
  if (token.kind !== 'end') throw unexpected(text, token);
}

/** Reads up to the closing brace; the opening one has been read. */
function readBraces(text: string, lexer: Lexer, limits: MatchLimits): Matcher[] {
  const matchers: Matcher[] = [];
  for (let token = lexer.next(); token.kind !== '}'; token = lexer.next()) {
    if (token.kind !== 'name' && token.kind !== 'string') throw unexpected(text, token, 'identifier or "}"');
    const { matcher, following } = readMatcher(text, lexer, token, limits);
    matchers.push(matcher);
    if (following.kind === '}') break;
    if (following.kind !== ',') throw unexpected(text, following, '"," or "}"');
  }
  return matchers;
}

function readMatcher(
  text: string,
  lexer: Lexer,
  label: Token,
  limits: MatchLimits,
): { matcher: Matcher; following: Token } {
  const operator = lexer.next();
  if (!isMatchOperator(operator.kind)) {
    if (label.kind === 'name') throw unexpected(text, operator, 'label matching operator');
    // A string alone is the metric's name.
    return { matcher: { name: METRIC_NAME, op: '=', value: label.value }, following: operator };
  }
  const value = lexer.next();
  if (value.kind !== 'string') throw unexpected(text, value, 'string');
  const matcher: Matcher = { name: label.value, op: operator.kind, value: value.value };
  try {
    compileMatcher(matcher, limits);
  } catch (cause) {
    throw selectorErrorAt(text, label.start, (cause as Error).message);
  }
  return { matcher, following: lexer.next() };
}

function isMatchOperator(kind: Token['kind']): kind is MatchOperator {
  return kind === '=' || kind === '!=' || kind === '=~' || kind === '!~';
}

function unexpected(text: string, token: Token, expected?: string): SelectorError {
  const context = expected === undefined ? '' : ` in label matching, expected ${expected}`;
  return selectorErrorAt(text, token.start, `unexpected ${token.name}${context}`);
}

function compileMatcher({ op, value }: Matcher, limits?: MatchLimits): ValueMatcher {
  switch (op) {
    case '=':
      return (candidate) => candidate === value;
    case '!=':
      return (candidate) => candidate !== value;
    case '=~':
      return compilePattern(value, limits);
    case '!~': {
      const fits = compilePattern(value, limits);
      return (candidate) => !fits(candidate);
    }
  }
}
