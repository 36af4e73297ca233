import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isMap, isScalar, parseDocument, stringify } from 'yaml';
import type { YAMLMap } from 'yaml';
import { root } from './repository.ts';

/** A value of the chart as its table tells it. */
export interface DocumentedValue {
  /** Its path, with dots. */
  readonly name: string;
  /** As Markdown: YAML between backquotes, or where to look when it is longer than a line of a table. */
  readonly default: string;
  /** The comment above it. */
  readonly meaning: string;
}

/**
 * The chart's values in the order of the file. One with a comment of its own is one row, whatever is in it; of one without, the values
 * below are.
 * @throws Error naming a value that has no comment
 */
export function readValues(): DocumentedValue[] {
  const document = parseDocument(readFileSync(path.join(root, 'helm/values.yaml'), 'utf8'));
  if (!isMap(document.contents)) throw new Error('helm/values.yaml is not a map');
  return readMap(document.contents, []);
}

function readMap(map: YAMLMap, above: readonly string[]): DocumentedValue[] {
  return map.items.flatMap((pair, index) => {
    const key = isScalar(pair.key) ? pair.key : undefined;
    const name = [...above, String(key?.value)];
    // The comment above the first key of a map is the map's.
    const comment = key?.commentBefore ?? (index === 0 && above.length > 0 ? map.commentBefore : undefined);
    if (comment) {
      const meaning = comment.split('\n').map((line) => line.trim());
      return [{ name: name.join('.'), default: formatDefault(pair.value), meaning: meaning.join(' ') }];
    }
    if (isMap(pair.value)) return readMap(pair.value, name);
    throw new Error(`helm/values.yaml: ${name.join('.')} has no comment that says what it means`);
  });
}

function formatDefault(value: unknown): string {
  if (isMap(value) && value.items.length > 0) return '[values.yaml](values.yaml)';
  return `\`${stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, singleQuote: true }).trim()}\``;
}
