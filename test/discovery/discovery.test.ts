import t from 'tap';
import { loadConfig } from '../../src/config/load-config.ts';
import { createDiscovery } from '../../src/discovery/discovery.ts';
import { TargetBuilder } from '../../src/discovery/target-builder.ts';
import type { Labels } from '../../src/discovery/target.ts';
import { hashOf } from '../../src/relabel/hashmod.ts';
import { isInShard } from '../../src/relabel/shard.ts';
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

t.test(
  'a shard has its targets by the address as discovered, and of the others not even the dropped',
  async (t) => {
    const text = `scrape_configs:
- job_name: j
  relabel_configs:
  - { source_labels: [__address__], regex: "(.+):2", action: drop }
  - { target_label: __address__, replacement: "all:1" }
  - { source_labels: [which], target_label: instance }
  static_configs:
  - targets: [a:1, b:1, c:1, d:1, e:1, f:1, g:1, h:1, a:2, b:2, c:2, d:2]
`;
    const config = loadConfig(text, { fileName: 'test.yml', baseDir: '/' });
    const addressOf = ({ discoveredLabels }: { readonly discoveredLabels: Labels }): string =>
      Object.fromEntries(discoveredLabels)['__address__']!;
    const all = ['a:1', 'b:1', 'c:1', 'd:1', 'e:1', 'f:1', 'g:1', 'h:1', 'a:2', 'b:2', 'c:2', 'd:2'];
    for (let index = 0; index < 3; index++) {
      const shard = { index, count: 3 };
      const own = all.filter((address) => isInShard(hashOf(address), shard));
      const builder = new TargetBuilder(recordingLogger(), shard);
      const [scrapeConfig] = config.scrapeConfigs;
      const pools = [
        {
          config: scrapeConfig!,
          groups: [
            {
              source: '0',
              labels: {},
              targets: all.map((__address__) => ({ __address__, which: __address__ })),
            },
          ],
        },
      ];
      const { targets, dropped } = builder.build(pools, undefined);
      t.same(targets.map(addressOf).sort(), own.filter((address) => address.endsWith(':1')).sort());
      t.same(dropped.map(addressOf).sort(), own.filter((address) => address.endsWith(':2')).sort());
      t.equal(builder.elsewhere, all.length - own.length);
      const again = builder.build(pools, undefined);
      t.same(again.targets, targets, 'again');
      t.equal(builder.elsewhere, all.length - own.length);
    }
  },
);
