import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { readDocument, table } from '../docs/markdown.ts';
import { chart, render, skip } from './helm.ts';
import { readValues } from './values.ts';

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
}

const schema = JSON.parse(readFileSync(path.join(chart, 'values.schema.json'), 'utf8')) as Schema & {
  readonly definitions: Readonly<Record<string, Schema>>;
};

function resolve(node: Schema): Schema {
  const name = node.$ref?.slice('#/definitions/'.length);
  if (name === undefined) return node;
  const found = schema.definitions[name];
  if (found === undefined) throw new Error(`the schema has no definition ${name}`);
  return found;
}

t.test('the table of values is the file of values', async (t) => {
  const documented = table(readDocument('helm/README.md'), 'Values', 'value').map((row) => ({
    name: row['value']?.replaceAll('`', ''),
    default: row['default'],
    meaning: row['meaning'],
  }));
  t.same(documented, readValues());
});

t.test('the schema knows each value, and no other', async (t) => {
  const names = readValues().map(({ name }) => name);
  const known: string[] = [];
  function walk(node: Schema, above: readonly string[]): void {
    t.equal(node.additionalProperties, false, `${above.join('.')}: a name that is mistyped is refused`);
    for (const [key, child] of Object.entries(node.properties ?? {})) {
      const name = [...above, key];
      // helm's own, for charts that have this one in them.
      if (name.join('.') === 'global') continue;
      if (names.includes(name.join('.'))) known.push(name.join('.'));
      else walk(resolve(child), name);
    }
  }
  walk(schema, []);
  t.same(known.toSorted(), names.toSorted());
});

t.test('what the document writes as values can be rendered', { skip }, async (t) => {
  const blocks = readDocument('helm/README.md').blocks.filter(({ language }) => language === 'yaml');
  t.ok(blocks.length > 3, `${blocks.length} blocks`);
  for (const { text } of blocks) t.doesNotThrow(() => render(parse(text) as object), text);
});
