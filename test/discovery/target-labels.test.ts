import t from 'tap';
import type { ScrapeConfig } from '../../src/config/scrape-config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { populateLabels } from '../../src/discovery/target-labels.ts';

function scrapeConfig(yaml = ''): ScrapeConfig {
  const text = `scrape_configs:\n- job_name: job\n${yaml.replaceAll(/^/gm, '  ')}`;
  return loadConfig(text, { fileName: 'test.yml', baseDir: '/' }).scrapeConfigs[0]!;
}

const relabelTo = (target: string, replacement: string): string =>
  `relabel_configs:\n- target_label: ${target}\n  replacement: ${JSON.stringify(replacement)}\n`;

t.test('labels and URL of a target', async (t) => {
  const cases: {
    why: string;
    yaml?: string;
    group?: Record<string, string>;
    target: Record<string, string>;
    url: string;
    labels: Record<string, string>;
  }[] = [
    {
      why: 'defaults',
      target: { __address__: 'a:9100' },
      url: 'http://a:9100/metrics',
      labels: { instance: 'a:9100', job: 'job' },
    },
    {
      why: 'http gets port 80, in the instance label too',
      target: { __address__: 'a' },
      url: 'http://a:80/metrics',
      labels: { instance: 'a:80', job: 'job' },
    },
    {
      why: 'https gets port 443',
      yaml: 'scheme: https',
      target: { __address__: '[::1]' },
      url: 'https://[::1]:443/metrics',
      labels: { instance: '[::1]:443', job: 'job' },
    },
    {
      why: 'an address that no port makes valid stays as it is',
      target: { __address__: '::1' },
      url: 'http://::1/metrics',
      labels: { instance: '::1', job: 'job' },
    },
    {
      why: 'a target wins over its group, the group over the scrape config',
      group: { job: 'group', a: 'group', b: 'group' },
      target: { __address__: 'a:1', a: 'target' },
      url: 'http://a:1/metrics',
      labels: { a: 'target', b: 'group', instance: 'a:1', job: 'group' },
    },
    {
      why: 'labels with an empty value are none; an empty job is the default',
      target: { __address__: 'a:1', job: '', x: '' },
      url: 'http://a:1/metrics',
      labels: { instance: 'a:1', job: 'job' },
    },
    {
      why: 'an instance label that is there stays',
      target: { __address__: 'a', instance: 'mine' },
      url: 'http://a:80/metrics',
      labels: { instance: 'mine', job: 'job' },
    },
    {
      why: 'discovered scheme and path win over the config',
      target: { __address__: 'a', __scheme__: 'https', __metrics_path__: '/other' },
      url: 'https://a:443/other',
      labels: { instance: 'a:443', job: 'job' },
    },
    {
      why: 'params, sorted and escaped as Go does it; all values of the config are sent',
      yaml: "params:\n  z: ['~*', '2']\n  'a b': [x y]\n  none: []",
      target: { __address__: 'a:1' },
      url: 'http://a:1/metrics?a+b=x+y&z=~%2A&z=2',
      labels: { instance: 'a:1', job: 'job' },
    },
    {
      why: 'a relabelled param replaces the first value only, a new one is added',
      yaml: `params:\n  module: [one, two]\nrelabel_configs:\n- target_label: __param_module\n  replacement: changed\n- target_label: __param_new\n  replacement: "1"`,
      target: { __address__: 'a:1' },
      url: 'http://a:1/metrics?module=changed&module=two&new=1',
      labels: { instance: 'a:1', job: 'job' },
    },
    {
      why: "the config's params win over a discovered one",
      yaml: 'params:\n  module: [config]',
      target: { __address__: 'a:1', __param_module: 'discovered' },
      url: 'http://a:1/metrics?module=config',
      labels: { instance: 'a:1', job: 'job' },
    },
    {
      why: 'a path is escaped, and gets its slash',
      target: { __address__: 'a:1', __metrics_path__: 'x y/(1)?a=b;c,$&+:@%' },
      url: 'http://a:1/x%20y/%281%29%3Fa=b;c,$&+:@%25',
      labels: { instance: 'a:1', job: 'job' },
    },
    {
      why: 'the address may come from relabelling; meta and hidden labels go away',
      yaml: relabelTo('__address__', 'made:1'),
      target: { __meta_x: '1', __tmp: '2', y: '3' },
      url: 'http://made:1/metrics',
      labels: { instance: 'made:1', job: 'job', y: '3' },
    },
  ];
  for (const { why, yaml, group = {}, target, url, labels } of cases) {
    const { target: made, error } = populateLabels(target, group, scrapeConfig(yaml));
    t.equal(error, undefined, why);
    t.equal(made?.url, url, why);
    t.same(Object.fromEntries(made?.labels ?? []), labels, why);
  }
});

t.test('refused', async (t) => {
  const cases = [
    { target: {}, want: 'no address' },
    { target: { __address__: 'http://a:1' }, want: '"http://a:1" is not a valid hostname' },
    { target: { __address__: 'a', __scheme__: 'ftp' }, want: 'invalid scheme: "ftp"' },
    {
      target: { __address__: 'a:1', __scrape_timeout__: '2m' },
      want: 'scrape timeout cannot be greater than scrape interval ("2m" > "1m")',
    },
    { target: { __address__: 'a:1', __scrape_timeout__: '0' }, want: 'scrape timeout cannot be 0' },
    { target: { __address__: 'a:1', __scrape_interval__: '0s' }, want: 'scrape interval cannot be 0' },
    { target: { __address__: 'a:1', __scrape_interval__: 'soon' }, want: /^error parsing scrape interval: / },
    { target: { __address__: 'a:1', x: '\ud800' }, want: /^invalid label value for "x"/ },
  ];
  for (const { target, want } of cases) {
    const outcome = populateLabels(target, {}, scrapeConfig());
    t.match(outcome.error, want, JSON.stringify(target));
    t.same(Object.keys(outcome), ['error'], 'nothing else');
  }
});

t.test('timeout after relabelling', async (t) => {
  const config = scrapeConfig(relabelTo('__scrape_timeout__', '2s500ms'));
  t.equal(populateLabels({ __address__: 'a:1' }, {}, config).target?.scrapeTimeoutMs, 2500);
});

t.test('dropped', async (t) => {
  const config = scrapeConfig('relabel_configs:\n- source_labels: [x]\n  regex: "1"\n  action: keep');
  const { dropped, target } = populateLabels({ __address__: 'a:1', x: '2' }, {}, config);
  t.equal(target, undefined);
  t.equal(dropped?.scrapePool, 'job');
  t.same(dropped?.discoveredLabels, [
    ['__address__', 'a:1'],
    ['__metrics_path__', '/metrics'],
    ['__scheme__', 'http'],
    ['__scrape_interval__', '1m'],
    ['__scrape_timeout__', '10s'],
    ['job', 'job'],
    ['x', '2'],
  ]);
});

t.test('key', async (t) => {
  const config = scrapeConfig();
  const key = (target: Record<string, string>): string => populateLabels(target, {}, config).target!.key;
  const base = key({ __address__: 'a:1', x: '1' });
  t.equal(
    key({ x: '1', __address__: 'a:1', __meta_y: '1' }),
    base,
    'neither order nor what is not kept matters',
  );
  t.not(key({ __address__: 'a:1', x: '2' }), base, 'labels do');
  t.not(key({ __address__: 'a:2', instance: 'a:1', x: '1' }), base, 'the URL does');
});
