import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { FLAG_TABLE } from '../../src/cli/flag-table.ts';
import type { FlagDefinition } from '../../src/cli/flag-table.ts';
import { readFlags } from '../../src/cli/flags.ts';
import { helpOf } from '../../src/cli/help-text.ts';
import { REPORT_FAMILIES } from '../../src/merge/report.ts';
import { FAILURE_REASONS } from '../../src/scrape/failure.ts';
import { codeIn, codeOf, commandsOf, readDocument, root, section, table } from './markdown.ts';
import { servedPaths } from './program.ts';

const readme = readDocument('README.md');

t.test('the first screen has the two commands, and whom it is for', async (t) => {
  const screen = readFileSync(path.join(root, 'README.md'), 'utf8').split('\n').slice(0, 32).join('\n');
  for (const part of ['npm ci && npm run demo', 'npm ci && npm test', 'It is for people'])
    t.ok(screen.includes(part), part);
});

t.test('flags are those of the program, with their defaults and their help', async (t) => {
  const documented = table(readme, 'Flags', 'flag').map((row) => [
    codeOf(row['flag']),
    codeOf(row['default']),
    row['meaning'],
  ]);
  const flags: readonly FlagDefinition[] = FLAG_TABLE;
  t.same(
    documented,
    flags.map((flag) => [`--${flag.name}`, flag.default ?? '', helpOf(flag)]),
  );
});

t.test('the chart takes each flag, and no other name', async (t) => {
  const schema = JSON.parse(readFileSync(path.join(root, 'helm/values.schema.json'), 'utf8')) as {
    properties: { flags: { properties: Record<string, object> } };
  };
  t.same(
    Object.keys(schema.properties.flags.properties),
    FLAG_TABLE.map(({ name }) => name),
  );
});

t.test('paths are those that the server answers', async (t) => {
  const tables = [
    table(readme, 'What it serves', 'path'),
    table(readDocument('docs/api.md'), 'The API', 'path'),
  ];
  const documented = tables.flat().map((row) => codeOf(row['path']));
  t.same(documented.toSorted(), (await servedPaths()).toSorted());
});

t.test('report series are those that an answer has', async (t) => {
  const documented = table(readme, 'Failures', 'series').map((row) => codeOf(row['series']));
  t.same(documented.toSorted(), REPORT_FAMILIES.map(({ name }) => name).toSorted());
});

t.test('reasons of failures are those that a scrape can have, with what they mean', async (t) => {
  const documented = table(readme, 'Failures', '`reason`').map((row) => [
    codeOf(row['`reason`']),
    row['meaning'],
  ]);
  t.same(documented, Object.entries(FAILURE_REASONS));
});

t.test('values of the chart exist, and have the defaults that are told', async (t) => {
  const values = parse(readFileSync(path.join(root, 'helm/values.yaml'), 'utf8')) as unknown;
  const at = (name: string): unknown =>
    name
      .split('.')
      .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], values);
  for (const row of table(readme, 'With Helm', 'value')) {
    const name = codeOf(row['value']);
    t.not(at(name), undefined, name);
    const [told] = codeIn(row['default'] ?? '');
    if (told !== undefined) t.equal(at(name), told, `default of ${name}`);
  }
  for (const command of commandsOf(readme).filter((one) => one.startsWith('helm ')))
    for (const [, name = ''] of command.matchAll(/--set ([\w.]+)=/g)) t.not(at(name), undefined, name);
});

t.test('commands that start the gateway have flags that can be read', async (t) => {
  let found = 0;
  for (const command of commandsOf(readme)) {
    const args = /^(?:npm start --|node bin\/kubevirt-metrics-gateway\.js) (.*)$/.exec(command)?.[1];
    if (args === undefined) continue;
    found++;
    t.doesNotThrow(() => readFlags(args.replaceAll('"', '').split(' ')), command);
  }
  t.ok(found > 2, `${found} commands`);
});

t.test('the rights are those that the chart grants', async (t) => {
  const block = readme.blocks.find(({ text }) => text.startsWith('rules:'));
  const { rules } = parse(block?.text ?? '') as {
    rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
  };
  const role = readFileSync(path.join(root, 'helm/templates/role.yaml'), 'utf8');
  const granted = parse(/^rules:\n(?: .*\n)+/m.exec(role)?.[0] ?? '') as { rules: typeof rules };
  t.same(
    rules.map(({ apiGroups, resources }) => ({ apiGroups, resources })),
    granted.rules.map(({ apiGroups, resources }) => ({ apiGroups, resources })),
  );
  for (const verb of rules.flatMap(({ verbs }) => verbs))
    t.ok(
      granted.rules.every(({ verbs }) => verbs.includes(verb)),
      verb,
    );
});

t.test('the contents lead to sections', async (t) => {
  const titles = [...(/^Contents: .*(?:\n.+)*/m.exec(readme.prose)?.[0] ?? '').matchAll(/\[([^\]]+)\]/g)];
  t.ok(titles.length > 0);
  for (const [, title = ''] of titles) t.ok(section(readme, title), title);
});
