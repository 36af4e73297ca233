import { join } from 'node:path';
import t from 'tap';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadConfig, readConfigFile } from '../../src/config/load-config.ts';
import { BAD_CASES, GOOD_CASES, job } from './cases.ts';

const OPTIONS = { fileName: 'test.yml', baseDir: '/base' };

function valueAt(root: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], root);
}

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

t.test('configurations that are taken', async (t) => {
  for (const { yaml, want, why } of GOOD_CASES) {
    const config = loadConfig(yaml, OPTIONS);
    for (const [path, value] of Object.entries(want))
      t.strictSame(valueAt(config, path), value, `${why}: ${path}`);
  }
});

t.test('configurations that are refused, with their place', async (t) => {
  for (const { yaml, want, why } of BAD_CASES) {
    const error = errorOf(() => loadConfig(yaml, OPTIONS));
    t.ok(error instanceof ConfigError, `${why}: refused`);
    const message = error instanceof ConfigError ? error.message : '';
    const place = /^\d/.test(want) ? 'test.yml:' : 'test.yml: ';
    t.ok(message.startsWith(`${place}${want}`), `${why}: ${message}`);
    t.notMatch(message, /[\r\n]/, `${why}: one line`);
  }
});

t.test('the result is frozen all through', async (t) => {
  const config = loadConfig(
    job('static_configs: [ { targets: [a], labels: { b: c } } ]', 'params: { d: [e] }'),
    OPTIONS,
  );
  const isFrozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(isFrozen));
  t.ok(isFrozen(config));
});

t.test('files', async (t) => {
  const dir = t.testdir({
    'good.yml': job('file_sd_configs: [ { files: [targets.json] } ]'),
    'bad.yml': 'scrape_configs:\n  - job_nam: a\n',
    'bytes.yml': Buffer.from([0x61, 0x3a, 0x20, 0xff]),
  });
  const good = readConfigFile(join(dir, 'good.yml'));
  t.strictSame(
    good.scrapeConfigs[0]?.fileSdConfigs[0]?.files,
    [join(dir, 'targets.json')],
    'paths count from the file',
  );
  const cases: [name: string, want: RegExp][] = [
    ['bad.yml', /bad\.yml:2:5: unknown field "job_nam" in a scrape config; did you mean "job_name"\?$/],
    ['bytes.yml', /bytes\.yml: the text is not UTF-8/],
    ['none.yml', /none\.yml: there is no such file; give --config\.file/],
    ['.', /: this is a folder; give --config\.file/],
  ];
  for (const [name, want] of cases) {
    const error = errorOf(() => readConfigFile(join(dir, name)));
    t.match(error, { name: 'ConfigError', message: want }, name);
  }
});
