import t from 'tap';
import { formatConfig } from '../../src/config/format-config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { GOOD_CASES, job } from './cases.ts';
import { NASTY_CONFIG } from './nasty-config.ts';

const OPTIONS = { fileName: 'test.yml', baseDir: '/base' };

t.test('what is written loads again to an equal configuration', async (t) => {
  const cases = [{ yaml: NASTY_CONFIG, why: 'texts that need quotes' }, ...GOOD_CASES];
  for (const { yaml, why } of cases) {
    const config = loadConfig(yaml.replace('key: k', 'key: <secret>'), OPTIONS);
    // Another directory: paths are absolute by now.
    const again = loadConfig(formatConfig(config), { fileName: 'again.yml', baseDir: '/elsewhere' });
    t.strictSame(again, config, why);
  }
});

t.test('every default is shown', async (t) => {
  t.equal(
    formatConfig(
      loadConfig(job('scrape_interval: 90s', 'relabel_configs: [ { target_label: a } ]'), OPTIONS),
    ),
    `scrape_configs:
  - job_name: a
    honor_labels: false
    honor_timestamps: true
    scrape_interval: 1m30s
    scrape_timeout: 10s
    metrics_path: /metrics
    scheme: http
    enable_compression: true
    follow_redirects: true
    tls_config:
      insecure_skip_verify: false
    relabel_configs:
      - separator: ;
        regex: (.*)
        target_label: a
        replacement: $1
        action: replace
`,
  );
});

t.test('limits are shown where there are any, sizes in units', async (t) => {
  const lines = ['body_size_limit: 1537B', 'sample_limit: 0', 'label_limit: 1_000', 'target_limit: 1'];
  const text = formatConfig(loadConfig(job(...lines), OPTIONS));
  t.strictSame(text.match(/^ +\w+_limit: .*$/gm), [
    '    body_size_limit: 1KiB513B',
    '    label_limit: 1000',
    '    target_limit: 1',
  ]);
});

t.test('limits of the global section are shown with the scrape configs that have them', async (t) => {
  const text = formatConfig(
    loadConfig(`global: { sample_limit: 3, target_limit: 4 }\n${job('target_limit: 5')}`, OPTIONS),
  );
  t.strictSame(text.match(/^ +\w+_limit: .*$/gm), ['    sample_limit: 3', '    target_limit: 5']);
});

t.test('a size that lifts the global limit is shown', async (t) => {
  const lifted = `global: { body_size_limit: 10MB }\n${job('body_size_limit: -1B')}`;
  t.match(formatConfig(loadConfig(lifted, OPTIONS)), /^ {4}body_size_limit: -1B$/m);
});

t.test('an inline key is not shown, files and certificates are', async (t) => {
  const text = formatConfig(loadConfig(job('tls_config: { ca: CA, cert: CERT, key: hunter2 }'), OPTIONS));
  t.notMatch(text, /hunter2/);
  t.match(text, /^ {6}key: <secret>$/m);
  t.match(text, /^ {6}ca: CA$/m);
  t.match(text, /^ {6}cert: CERT$/m);
});
