import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { Document, Node, Pair, Scalar, YAMLError } from 'yaml';
import { ConfigError } from './config-error.ts';
import { durationMs } from './duration.ts';
import { sizeBytes } from './size.ts';
import { unknownField } from './unknown-field.ts';

/** The fields that a YAML mapping may have. */
export interface FieldTable {
  /** What the mapping is, for messages: `scrape config`. */
  readonly of: string;
  /** Where it stands, for messages: `in an entry of scrape_configs`. */
  readonly place: string;
  readonly supported: readonly string[];
  /** Fields that Prometheus has and this program refuses by name. */
  readonly notYet: readonly string[];
}

interface Source {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  readonly fileName: string;
}

/**
 * The root value of a YAML text, read by the rules of YAML 1.1 as Prometheus does (`yes` is true).
 * @throws ConfigError for text that is not YAML, a key given twice, a tag, and more than one document
 */
export function readYaml(text: string, fileName: string): YamlValue {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    version: '1.1',
    prettyErrors: false,
    merge: true,
  });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem) {
    const { line, col } = lines.linePos(problem.pos[0]);
    throw new ConfigError({ fileName, line, column: col }, describeProblem(problem, text), {
      cause: problem,
    });
  }
  refuseCycles(document, fileName);
  return new YamlValue({ document, lines, fileName }, document.contents, undefined);
}

function describeProblem({ code, message, pos }: YAMLError, text: string): string {
  if (code === 'MULTIPLE_DOCS') return 'the file holds more than one YAML document';
  if (code === 'DUPLICATE_KEY') {
    const key = /^[\w.[\]-]+/.exec(text.slice(pos[0], pos[0] + 100))?.[0];
    return key === undefined ? 'a key is given twice' : `"${key}" is given twice`;
  }
  return message;
}

/** An anchor that holds an alias to itself would never end. */
function refuseCycles(document: Document.Parsed, fileName: string): void {
  visit(document, {
    Alias(_key, alias, path) {
      const anchored = alias.resolve(document);
      if (anchored && path.includes(anchored)) {
        throw new ConfigError({ fileName }, `anchor "${alias.source}" contains itself`);
      }
    },
  });
}

/** A value in a YAML text that knows where it stands. Every reading method throws a ConfigError when the value is of another kind. */
export class YamlValue {
  readonly #source: Source;
  readonly #node: Node | null;
  /** The key in front of it, which names it in messages and places it when it is empty. */
  readonly #key: Scalar | undefined;
  readonly #isItem: boolean;

  constructor(source: Source, node: Node | null, key: Scalar | undefined, isItem = false) {
    this.#source = source;
    this.#node = isAlias(node) ? (node.resolve(source.document) ?? null) : node;
    this.#key = key;
    this.#isItem = isItem;
  }

  /** Whether there is nothing: an empty value, `~` or `null`. */
  get isNull(): boolean {
    return this.#node === null || (isScalar(this.#node) && this.#node.value === null);
  }

  get #name(): string {
    if (!this.#key) return 'this value';
    return this.#isItem ? `an entry of "${scalarText(this.#key)}"` : `"${scalarText(this.#key)}"`;
  }

  /** Throws a ConfigError with this value's place. */
  fail(message: string, options?: ErrorOptions): never {
    throw new ConfigError(
      this.#place(this.isNull && !this.#isItem ? (this.#key ?? this.#node) : this.#node),
      message,
      options,
    );
  }

  /** The text of a scalar as written (without quotes), whatever its YAML type: `1` is "1". */
  string(): string {
    if (this.isNull) this.fail(`${this.#name} has no value`);
    if (!isScalar(this.#node)) this.fail(`${this.#name} must be a single value`);
    return scalarText(this.#node);
  }

  /** The same, with nothing read as empty text. */
  stringOrEmpty(): string {
    return this.isNull ? '' : this.string();
  }

  boolean(): boolean {
    const text = this.string();
    if (isScalar(this.#node) && typeof this.#node.value === 'boolean') return this.#node.value;
    return this.fail(`${this.#name} must be true or false, not "${text}"`);
  }

  /** A whole number that is not negative. */
  wholeNumber(): number {
    const text = this.string();
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    // YAML 1.1 would take 1:30 for 90; Prometheus does not.
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || text.includes(':')) {
      this.fail(`${this.#name} must be a whole number, not "${text}"`);
    }
    if (!Number.isSafeInteger(value)) this.fail(`${this.#name} must be at most ${Number.MAX_SAFE_INTEGER}`);
    return value;
  }

  /** Milliseconds of a duration in Prometheus' syntax. */
  durationMs(): number {
    return this.#read(durationMs);
  }

  /** Bytes of a size in Prometheus' syntax; may be negative. */
  sizeBytes(): number {
    return this.#read(sizeBytes);
  }

  #read<T>(interpret: (text: string) => T): T {
    const text = this.string();
    try {
      return interpret(text);
    } catch (cause) {
      return this.fail(`${this.#name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }

  /** The items of a sequence; nothing is the same as an empty one. */
  items(): YamlValue[] {
    if (this.isNull) return [];
    if (!isSeq(this.#node)) this.fail(`${this.#name} must be a list`);
    return this.#node.items.map((item) => new YamlValue(this.#source, item as Node | null, this.#key, true));
  }

  strings(): string[] {
    return this.items().map((item) => item.string());
  }

  /** The pairs of a mapping with free keys, merge keys (`<<`) resolved; nothing is the same as an empty one. */
  entries(): Map<string, YamlValue> {
    const entries = new Map<string, YamlValue>();
    if (this.isNull) return entries;
    if (!isMap(this.#node)) this.fail(`${this.#name} must be a mapping of keys to values`);
    const merged: YamlValue[] = [];
    for (const pair of this.#node.items) {
      const key = this.#keyOf(pair);
      const value = new YamlValue(this.#source, pair.value as Node | null, key);
      if (key.source === '<<' && key.type === 'PLAIN') merged.push(value);
      else entries.set(scalarText(key), value);
    }
    for (const value of merged) value.#mergeInto(entries);
    return entries;
  }

  #mergeInto(entries: Map<string, YamlValue>): void {
    const mappings = isSeq(this.#node) ? this.items() : [this];
    for (const mapping of mappings) {
      for (const [name, value] of mapping.entries()) if (!entries.has(name)) entries.set(name, value);
    }
  }

  /** The pairs of a mapping whose keys must be in the table. */
  fields(table: FieldTable): Map<string, YamlValue> {
    const fields = this.entries();
    for (const [name, value] of fields) {
      if (!table.supported.includes(name)) value.#failAtKey(unknownField(name, table));
    }
    return fields;
  }

  /** Throws a ConfigError with the place of the key in front of this value. */
  #failAtKey(message: string): never {
    throw new ConfigError(this.#place(this.#key ?? this.#node), message);
  }

  #keyOf(pair: Pair): Scalar {
    const key = isAlias(pair.key) ? pair.key.resolve(this.#source.document) : pair.key;
    if (!isScalar(key)) this.fail(`${this.#name} has a key that is not a single value`);
    return key;
  }

  #place(node: Node | null | undefined) {
    const { fileName, lines } = this.#source;
    if (!node?.range) return { fileName };
    const { line, col } = lines.linePos(node.range[0]);
    return { fileName, line, column: col };
  }
}

function scalarText(scalar: Scalar): string {
  return scalar.source ?? String(scalar.value);
}
