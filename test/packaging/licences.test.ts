import path from 'node:path';
import t from 'tap';
import { collectLicences, formatLicences } from '../../scripts/licences.ts';

function packageJson(name: string, license?: string): string {
  return JSON.stringify({ name, version: '1.2.3', license });
}

t.test('the licences of bundled packages are collected', async (t) => {
  const root = t.testdir({
    src: { 'main.ts': '' },
    node_modules: {
      plain: { 'package.json': packageJson('plain', 'MIT'), LICENSE: 'plain text' },
      bare: { 'package.json': packageJson('bare', 'ISC') },
      '@scope': {
        inner: { 'package.json': packageJson('@scope/inner', 'Apache-2.0'), 'LICENSE.md': 'a', NOTICE: 'b' },
      },
      outer: {
        'package.json': packageJson('outer', 'MIT'),
        'license.txt': 'outer text',
        node_modules: { plain: { 'package.json': packageJson('plain', 'MIT'), LICENSE: 'plain text' } },
      },
      silent: { 'package.json': packageJson('silent') },
    },
  });
  const files = [
    'src/main.ts',
    'node_modules/plain/index.js',
    'node_modules/plain/lib/a.js',
    'node_modules/bare/index.js',
    'node_modules/@scope/inner/index.js',
    'node_modules/outer/index.js',
    'node_modules/outer/node_modules/plain/index.js',
  ];
  const licences = await collectLicences(root, files);
  t.same(licences, [
    { name: '@scope/inner', version: '1.2.3', id: 'Apache-2.0', text: 'a\n\nb' },
    { name: 'bare', version: '1.2.3', id: 'ISC' },
    { name: 'outer', version: '1.2.3', id: 'MIT', text: 'outer text' },
    { name: 'plain', version: '1.2.3', id: 'MIT', text: 'plain text' },
  ]);
  const text = formatLicences(licences);
  for (const wanted of ['@scope/inner 1.2.3 (Apache-2.0)', 'states its licence as ISC', 'outer text'])
    t.match(text, wanted);
  await t.rejects(collectLicences(root, [path.join('node_modules', 'silent', 'index.js')]), {
    message: /silent@1\.2\.3 states no licence/,
  });
});
