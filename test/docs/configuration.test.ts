import t from 'tap';
import * as known from '../../src/config/known-fields.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { RELABEL_ACTIONS } from '../../src/relabel/relabel.ts';
import { askPromtool } from '../config/promtool.ts';
import { PROMTOOL_MISSING } from '../promtool.ts';
import { codeIn, codeOf, DOCUMENTS, readDocument, section, table } from './markdown.ts';

const document = readDocument('docs/configuration.md');
const tables = Object.values(known);

t.test('supported fields are those that are read', async (t) => {
  for (const { of, supported } of tables) {
    const documented = table(document, of, 'field').map((row) => codeOf(row['field']));
    t.same(documented.toSorted(), supported.toSorted(), of);
  }
});

t.test('fields that are refused by name are those that are listed', async (t) => {
  const rows = table(document, 'Fields that are refused by name', 'of a');
  t.same(
    rows.map((row) => [row['of a'], codeIn(row['fields'] ?? '')]),
    tables
      .filter(({ notYet }) => notYet.length > 0)
      .map(({ of, notYet }) => [of, [...new Set(notYet)].toSorted()]),
  );
});

t.test('relabel actions are those that exist', async (t) => {
  const row = table(document, 'relabel rule', 'field').find((one) => codeOf(one['field']) === 'action');
  t.same(codeIn(row?.['notes'] ?? '').toSorted(), RELABEL_ACTIONS.toSorted());
});

t.test('the message that is shown is the one that is given', async (t) => {
  const text = 'scrape_configs:\n  - job_name: a\n\n    basic_auth: {}\n';
  const shown = codeIn(section(document, 'Configuration').prose).find((code) => code.includes('basic_auth'));
  t.throws(() => loadConfig(text, { fileName: 'gateway.yml', baseDir: '/' }), {
    message: shown ?? 'a message',
  });
});

const examples = DOCUMENTS.flatMap((file) =>
  readDocument(file)
    .blocks.filter(({ language, text }) => language === 'yaml' && text.includes('scrape_configs:'))
    .map(({ text }) => ({ file, text })),
);

t.test('configurations that are shown can be loaded', async (t) => {
  t.ok(examples.length > 2);
  // What asks /sd is for Prometheus alone.
  for (const { file, text } of examples.filter((example) => !example.text.includes('http_sd_configs')))
    t.doesNotThrow(() => loadConfig(text, { fileName: file, baseDir: '/' }), `${file}:\n${text}`);
});

t.test('and promtool takes them', { skip: PROMTOOL_MISSING }, async (t) => {
  // Debian's promtool is built without discovery in Kubernetes.
  const texts = examples.map(({ text }) => text).filter((text) => !text.includes('kubernetes_sd_configs'));
  for (const [i, verdict] of askPromtool(t.testdir(), texts).entries())
    t.equal(verdict, undefined, texts[i] ?? '');
});
