import t from 'tap';
import { FAILURE_REASONS } from '../../src/scrape/failure.ts';
import { codeIn, codeOf, DOCUMENTS, readDocument, table } from './markdown.ts';
import { telemetryFamilies } from './program.ts';

const PREFIX = 'kubevirt_metrics_gateway_';
const families = await telemetryFamilies();
const own = families.filter(({ name }) => name.startsWith(PREFIX));

t.test('metrics are those of the registry, with type, labels and help', async (t) => {
  const documented = table(readDocument('docs/telemetry.md'), 'Telemetry', 'metric').map((row) => ({
    name: codeOf(row['metric']),
    help: row['meaning'],
    type: row['type'],
    labels: codeIn(row['labels'] ?? '').sort(),
  }));
  t.same(documented.map(({ name }) => name).sort(), own.map(({ name }) => name).sort());
  for (const row of documented) {
    t.same(
      row,
      own.find(({ name }) => name === row.name),
      row.name,
    );
  }
});

t.test('all others are of the process or of Node.js', async (t) => {
  const others = families.filter((family) => !own.includes(family));
  t.same(
    others.filter(({ name }) => !/^(?:process|nodejs)_/.test(name)),
    [],
  );
});

t.test('metrics that are named anywhere exist', async (t) => {
  const names = new Set(own.map(({ name }) => name));
  for (const file of DOCUMENTS) {
    const { prose, blocks } = readDocument(file);
    const text = [prose, ...blocks.map((block) => block.text)].join('\n');
    for (const [name] of text.matchAll(/\bkubevirt_metrics_gateway_\w*\w/g))
      if (name !== PREFIX) t.ok(names.has(name), `${name} in ${file}`);
  }
});

t.test('the picture of ARCHITECTURE.md names metrics that exist', async (t) => {
  const picture = readDocument('ARCHITECTURE.md').blocks.find(({ language }) => language === 'text');
  const shown = [...(picture?.text ?? '').matchAll(/\b([a-z]+_[a-z_]+)\b(?:\{(\w+)[=}])?/g)];
  const byName = new Map(own.map((family) => [family.name, family]));
  let found = 0;
  for (const [, name = '', label] of shown) {
    // A reason stands in a column of its own.
    if (name in FAILURE_REASONS || name === 'caller_left' || name === 'cut_off') continue;
    found++;
    const family = byName.get(PREFIX + name);
    t.ok(family, name);
    if (label !== undefined) t.ok(family?.labels.includes(label), `label ${label} of ${name}`);
  }
  t.ok(found > 5, `${found} metrics`);
});
