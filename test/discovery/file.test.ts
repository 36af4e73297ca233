import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import {
  hosts,
  labelsOf,
  recordingLogger,
  startDiscovery,
  targetsWhen,
  temporaryFolder,
  until,
} from './fixture.ts';

const config = (...files: string[]): string => `scrape_configs:
- job_name: files
  relabel_configs:
  - { source_labels: [__meta_filepath], target_label: file }
  file_sd_configs:
  - files: ${JSON.stringify(files)}
`;

const group = (...targets: string[]): string => JSON.stringify([{ targets, labels: { a: 'b' } }]);

t.test('files are read again when they change', async (t) => {
  await using folder = await temporaryFolder();
  const first = join(folder.path, 'first.json');
  const second = join(folder.path, 'second.json');
  await writeFile(first, group('127.0.0.1:1', '127.0.0.1:2'));
  await writeFile(join(folder.path, 'other.txt'), 'of no concern');
  const log = recordingLogger();
  await using discovery = await startDiscovery(config(join(folder.path, '*.json')), { log });
  const begin = await targetsWhen(discovery);
  t.same(hosts(begin), ['127.0.0.1:1', '127.0.0.1:2']);
  t.same(labelsOf(begin.targets[0]), { a: 'b', file: first, instance: '127.0.0.1:1', job: 'files' });
  const of = (...wanted: string[]) =>
    targetsWhen(discovery, (set) => JSON.stringify(hosts(set)) === JSON.stringify(wanted));

  await writeFile(first, group('127.0.0.1:3'));
  t.ok(await of('127.0.0.1:3'), 'changed in place');
  await writeFile(`${first}.new`, group('127.0.0.1:4'));
  await rename(`${first}.new`, first);
  t.ok(await of('127.0.0.1:4'), 'replaced');
  await writeFile(second, group('127.0.0.1:5'));
  t.ok(await of('127.0.0.1:4', '127.0.0.1:5'), 'a new file');

  await writeFile(second, '[{"targets": [');
  await until(() => discovery.state()[0]?.lastError !== undefined);
  t.same(
    hosts(discovery.current),
    ['127.0.0.1:4', '127.0.0.1:5'],
    'a broken file keeps its last good groups',
  );
  t.match(
    // On a busy machine the first one may have been read while it was empty.
    log.lines.filter(({ level, fields }) => level === 'error' && fields['file'] === second),
    [{ fields: { scrape_pool: 'files' } }],
  );

  await writeFile(first, group('127.0.0.1:6'));
  t.ok(await of('127.0.0.1:5', '127.0.0.1:6'), 'the others go on');
  await rm(second);
  t.ok(await of('127.0.0.1:6'), 'a file that is gone takes its groups along, broken or not');
  t.equal(discovery.state()[0]?.lastError, undefined);
});

t.test('a file and a folder that come later', async (t) => {
  await using folder = await temporaryFolder();
  const later = join(folder.path, 'later');
  const file = join(later, 'targets.yml');
  const pattern = join(folder.path, '*.json');
  const text = `${config(file, pattern)}    refresh_interval: 50ms\n`;
  const log = recordingLogger();
  await using discovery = await startDiscovery(text, { log });
  const missing = (): unknown[] =>
    log.lines.flatMap(({ level, message, fields }) =>
      level === 'warn' && message.startsWith('no file') ? [fields['pattern']] : [],
    );
  t.same(hosts(await targetsWhen(discovery)), [], 'no file is no target');
  t.same(missing(), [file, pattern], 'and is told');
  await mkdir(later);
  await writeFile(file, '- targets: ["127.0.0.1:1"]\n');
  t.same(hosts(await targetsWhen(discovery, ({ targets }) => targets.length > 0)), ['127.0.0.1:1']);
  t.same(missing(), [file, pattern], 'once');
  await rm(file);
  await targetsWhen(discovery, ({ targets }) => targets.length === 0);
  t.same(missing(), [file, pattern, file], 'and again when it has been there');
});

t.test('a folder that is made anew', async (t) => {
  await using folder = await temporaryFolder();
  const inner = join(folder.path, 'inner');
  const file = join(inner, 'a.json');
  await mkdir(inner);
  await writeFile(file, group('127.0.0.1:1'));
  const text = config(file).replace('files: [', 'refresh_interval: 100ms\n    files: [');
  await using discovery = await startDiscovery(text);
  const of = (wanted: string) => targetsWhen(discovery, (set) => hosts(set).join() === wanted);
  t.ok(await of('127.0.0.1:1'));
  await rm(inner, { recursive: true });
  await mkdir(inner);
  await writeFile(file, group('127.0.0.1:2'));
  t.ok(await of('127.0.0.1:2'), 'by the interval');
  await writeFile(file, group('127.0.0.1:3'));
  t.ok(await of('127.0.0.1:3'));
});
