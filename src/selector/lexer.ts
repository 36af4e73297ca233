import { goQuote, goQuoteRune } from './go-quote.ts';
import { selectorErrorAt } from './selector-error.ts';
import { readStringLiteral } from './string-literal.ts';

/** One token of a selector. `value` is the text as written, for strings what it stands for; `name` is how errors call it. */
export interface Token {
  readonly kind: 'name' | 'string' | '{' | '}' | ',' | '=' | '!=' | '=~' | '!~' | 'other' | 'end';
  readonly value: string;
  readonly name: string;
  /** Where it begins in the text, in UTF-16 units. */
  readonly start: number;
}

/** Keywords of PromQL that cannot be a metric's name, by the way Prometheus calls them in errors. */
const RESERVED: ReadonlyMap<string, string> = new Map([
  ['atan2', '<op:atan2>'],
  ['bool', '<bool>'],
  ['group_left', '<group_left>'],
  ['group_right', '<group_right>'],
  ['ignoring', '<ignoring>'],
  ['on', '<on>'],
]);

/** Keywords that can be one, so that only errors about the token behind them differ. */
const AGGREGATORS = [
  'avg',
  'bottomk',
  'count',
  'count_values',
  'group',
  'limit_ratio',
  'limitk',
  'max',
  'min',
].concat(['quantile', 'stddev', 'stdvar', 'sum', 'topk']);
const OPERATORS = ['and', 'or', 'unless'];
const MODIFIERS = [
  'anchored',
  'by',
  'end',
  'max_of',
  'min_of',
  'offset',
  'range',
  'smoothed',
  'start',
  'step',
  'without',
];
const KEYWORD_NAMES: ReadonlyMap<string, string> = new Map([
  ...AGGREGATORS.map((word) => [word, 'aggr'] as const),
  ...OPERATORS.map((word) => [word, 'op'] as const),
  ...MODIFIERS.map((word) => [word, ''] as const),
]);

const SPACE_OR_COMMENT = /(?:[ \t\r\n]|#[^\r\n]*)+/y;
const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y;
const WORD = /[A-Za-z_:][A-Za-z0-9_:]*/y;
const DURATION = /(?:[0-9]+(?:ms|[smhdwy]))+(?![A-Za-z0-9_])/y;
const NUMBER =
  /(?:0[xX][0-9A-Fa-f]*|(?:[0-9](?:_?[0-9])*\.?(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)(?:[eE][+-]?[0-9]+)?)(?![A-Za-z0-9_.])/y;
const NUMBER_LIKE = /[0-9._]+/y;
const OPERATOR = /==|!=|<=|>=|<\/|>\/|[-+*/%^<>@]/y;

/**
 * Cuts a selector into tokens as Prometheus 3's lexer does (promql/parser/lex.go), on demand: an error in the text counts
 * only when the reader gets there. Throws `SelectorError`.
 */
export class Lexer {
  readonly #text: string;
  #index = 0;
  #inBraces = false;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next token; at the end `end`, again and again. */
  next(): Token {
    this.#take(SPACE_OR_COMMENT);
    const start = this.#index;
    const character = this.#characterAt(start);
    if (character === '"' || character === "'" || character === '`') return this.#string(start);
    return this.#inBraces ? this.#insideBraces(start, character) : this.#outside(start, character);
  }

  #insideBraces(start: number, character: string): Token {
    if (character === '') throw this.#error(start, 'unexpected end of input inside braces');
    const identifier = this.#take(IDENTIFIER);
    if (identifier !== undefined) return nameToken(identifier, start);
    const next = this.#characterAt(start + 1);
    switch (character) {
      case ',':
        return this.#symbol(',', start);
      case '}':
        this.#inBraces = false;
        return this.#symbol('}', start);
      case '=':
        return next === '~' ? this.#symbol('=~', start) : this.#symbol('=', start);
      case '!':
        if (next === '~') return this.#symbol('!~', start);
        if (next === '=') return this.#symbol('!=', start);
        throw this.#error(start, `unexpected character after '!' inside braces: ${goQuoteRune(next)}`);
      case '{':
        throw this.#error(start, `unexpected left brace '{'`);
      default:
        throw this.#error(start, `unexpected character inside braces: ${goQuoteRune(character)}`);
    }
  }

  #outside(start: number, character: string): Token {
    if (character === '') return { kind: 'end', value: '', name: 'end of input', start };
    const word = this.#take(WORD);
    if (word !== undefined) return wordToken(word, start);
    if (character === '{') this.#inBraces = true;
    if (character === '{' || character === ',') return this.#symbol(character, start);
    const next = this.#characterAt(start + 1);
    if (character === '=' && next === '~') throw this.#error(start, `unexpected character after '=': '~'`);
    if (character === '!' && next !== '=') {
      throw this.#error(start, `unexpected character after '!': ${goQuoteRune(next)}`);
    }
    if (character === ')') throw this.#error(start + 1, `unexpected right parenthesis ')'`);
    if (character === ']') throw this.#error(start, `unexpected right bracket ']'`);
    if (/[0-9]/.test(character) || (character === '.' && /[0-9]/.test(next))) return this.#number(start);
    const operator = this.#take(OPERATOR);
    if (operator !== undefined) return { kind: 'other', value: operator, name: `<op:${operator}>`, start };
    if ('=(['.includes(character))
      return { kind: 'other', value: character, name: goQuote(character), start };
    throw this.#error(start, `unexpected character: ${goQuoteRune(character)}`);
  }

  #number(start: number): Token {
    // A selector holds neither: they are told apart only for the error.
    const duration = this.#take(DURATION);
    if (duration !== undefined)
      return { kind: 'other', value: duration, name: `duration ${shortQuote(duration)}`, start };
    const number = this.#take(NUMBER);
    if (number !== undefined)
      return { kind: 'other', value: number, name: `number ${shortQuote(number)}`, start };
    throw this.#error(start, `bad number or duration syntax: ${goQuote(this.#take(NUMBER_LIKE) ?? '')}`);
  }

  #string(start: number): Token {
    try {
      const { value, end } = readStringLiteral(this.#text, start);
      this.#index = end;
      return { kind: 'string', value, name: `string ${shortQuote(this.#text.slice(start, end))}`, start };
    } catch (cause) {
      throw this.#error(start, (cause as Error).message);
    }
  }

  #symbol(kind: '{' | '}' | ',' | '=' | '!=' | '=~' | '!~', start: number): Token {
    this.#index = start + kind.length;
    const isOperator = kind.length === 2;
    return { kind, value: kind, name: isOperator ? `<op:${kind}>` : goQuote(kind), start };
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#index;
    const taken = pattern.exec(this.#text)?.[0];
    this.#index += taken?.length ?? 0;
    return taken;
  }

  #characterAt(index: number): string {
    const code = this.#text.codePointAt(index);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  #error(index: number, problem: string): Error {
    return selectorErrorAt(this.#text, index, problem);
  }
}

function nameToken(value: string, start: number): Token {
  const kind = value.includes(':') ? 'metric identifier' : 'identifier';
  return { kind: 'name', value, name: `${kind} ${goQuote(value)}`, start };
}

function wordToken(value: string, start: number): Token {
  const word = value.toLowerCase();
  if (word === 'inf' || word === 'nan')
    return { kind: 'other', value, name: `number ${goQuote(value)}`, start };
  const reserved = RESERVED.get(word);
  if (reserved !== undefined) return { kind: 'other', value, name: reserved.replace(word, value), start };
  const group = KEYWORD_NAMES.get(word);
  if (group === undefined) return nameToken(value, start);
  return { kind: 'name', value, name: group === '' ? `<${value}>` : `<${group}:${value}>`, start };
}

/** Go's `%.10q...` for what is longer than ten bytes. */
function shortQuote(text: string): string {
  if (Buffer.byteLength(text) <= 10) return goQuote(text);
  return `${goQuote(Array.from(text).slice(0, 10).join(''))}...`;
}
