import t from 'tap';
import { FAILURE_REASONS } from '../../src/scrape/failure.ts';
import { codeIn, codeOf, readDocument, table } from './markdown.ts';
import { importsOf, sourceFolders } from './program.ts';

const document = readDocument('ARCHITECTURE.md');

t.test('every folder of the sources has its paragraph, and no other', async (t) => {
  const described = document.sections
    .map(({ title }) => /^`src\/([\w-]+)\/`$/.exec(title)?.[1])
    .filter((folder) => folder !== undefined);
  t.same(described.toSorted(), sourceFolders());
  for (const { title, prose } of document.sections)
    if (title.startsWith('`src/')) t.match(prose, /\w/, `${title} says something`);
});

t.test('folders import what is listed, and nothing else', async (t) => {
  const rows = table(document, 'The folders', 'folder');
  t.same(rows.map((row) => codeOf(row['folder'])).sort(), sourceFolders());
  for (const row of rows) {
    const folder = codeOf(row['folder']);
    t.same(codeIn(row['imports'] ?? '').sort(), importsOf(folder), folder);
  }
});

t.test('the picture has every reason of a failure', async (t) => {
  const picture = document.blocks.find(({ language }) => language === 'text')?.text ?? '';
  for (const reason of Object.keys(FAILURE_REASONS)) t.match(picture, new RegExp(`\\b${reason}\\b`), reason);
});
