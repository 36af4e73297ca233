import t from 'tap';
import { loadConfig } from '../../src/config/load-config.ts';
import { createDiscovery } from '../../src/discovery/discovery.ts';
import { hosts, labelsOf, recordingLogger, startDiscovery, targetsWhen } from './fixture.ts';

t.test('static targets: sorted by job, then by URL and labels; the equal ones are one', async (t) => {
  const text = `scrape_configs:
- job_name: z-first
  static_configs:
  - targets: [b:1, a:1, a:1]
    labels: { x: "1" }
  - targets: [a:1]
    labels: { x: "1", __meta_y: other }
  - targets: [a:1]
    labels: { x: "2" }
- job_name: a-second
  static_configs:
  - targets: [a:1]
`;
  await using discovery = await startDiscovery(text);
  const { targets, version } = await targetsWhen(discovery);
  t.same(
    targets.map((target) => `${target.scrapePool} ${target.url} ${labelsOf(target)['x'] ?? ''}`).slice(2),
    ['z-first http://b:1/metrics 1', 'a-second http://a:1/metrics '],
  );
  t.equal(targets.length, 4);
  t.equal(version, 1);
  await using again = await startDiscovery(text);
  t.same((await targetsWhen(again)).targets, targets, 'the same over runs');
});

t.test('targets that cannot be scraped are logged, dropped ones are listed', async (t) => {
  const text = `scrape_configs:
- job_name: j
  relabel_configs:
  - { source_labels: [__address__], regex: "b:1", action: drop }
  - { source_labels: [__address__], regex: "c:1", target_label: __scrape_timeout__, replacement: 0s }
  - { regex: "__meta_(.+)", action: labelmap }
  static_configs:
  - targets: [b:1, c:1]
  - targets: [d:1]
    labels: { __meta_1x: y }
`;
  const log = recordingLogger();
  await using discovery = await startDiscovery(text, { log });
  const { targets, dropped } = await targetsWhen(discovery);
  t.same(hosts({ targets, dropped, version: 1 }), []);
  t.same(
    dropped.map(({ discoveredLabels }) => Object.fromEntries(discoveredLabels)['__address__']),
    ['b:1'],
  );
  t.same(
    log.lines.map(({ level, fields }) => [level, fields['error']]),
    [
      ['warn', 'j: 0: scrape timeout cannot be 0'],
      ['warn', 'j: 1: invalid label name "1x"'],
    ],
  );
});

t.test('no scrape configs: complete, without targets', async (t) => {
  await using discovery = await startDiscovery('');
  t.same((await targetsWhen(discovery)).targets, []);
});

t.test('before it is started', async (t) => {
  const text = 'scrape_configs:\n- job_name: j\n  static_configs:\n  - targets: [a:1]\n';
  const config = loadConfig(text, { fileName: 'test.yml', baseDir: '/' });
  await using discovery = createDiscovery({ config, log: recordingLogger() });
  t.equal(discovery.current, undefined);
  t.equal(discovery.waiting(), 'waiting for the discovery to start');
});

t.test('without a kubeconfig the start fails', async (t) => {
  const text = 'scrape_configs:\n- job_name: j\n  kubernetes_sd_configs:\n  - role: endpoints\n';
  const config = loadConfig(text, { fileName: 'test.yml', baseDir: '/' });
  await using discovery = createDiscovery({ config, log: recordingLogger(), env: {} });
  await t.rejects(discovery.start(), {
    name: 'KubeconfigError',
    message: /^no kubeconfig found; looked at /,
  });
});
