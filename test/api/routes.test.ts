import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { kubevirtConfig } from '../../src/config/kubevirt.ts';
import { formatConfig } from '../../src/config/format-config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { startKubernetesApi } from '../../simulator/kubernetes-api.ts';
import type { Pod } from '../../simulator/pod.ts';
import { startPlainPod, startPods } from '../round/fixture.ts';
import { get, gzip, startTestGateway, type Got } from '../serve/fixture.ts';

interface ActiveTarget {
  readonly [field: string]: unknown;
  readonly scrapeUrl: string;
  readonly lastScrape: string;
  readonly lastScrapeDuration: number;
}

interface Targets {
  readonly activeTargets: readonly ActiveTarget[];
  readonly droppedTargets: readonly { readonly discoveredLabels: object; readonly scrapePool: string }[];
  readonly droppedTargetCounts: Readonly<Record<string, number>> | null;
}

function dataOf({ status, headers, text }: Got): unknown {
  const body = JSON.parse(text) as { readonly status: string; readonly data: unknown };
  if (status !== 200 || headers['content-type'] !== 'application/json' || body.status !== 'success')
    throw new Error(`${status} ${headers['content-type']}: ${text}`);
  return body.data;
}

const CONFIG = `scrape_configs:
- job_name: z
  tls_config: { key: very private, cert: c }
  scrape_interval: 90s
  params: { m: [a, b] }
  static_configs: [{ targets: ['PODS'], labels: { pod: '<script>' } }]
  relabel_configs:
  - { source_labels: [__address__], regex: '10\\.0\\..*', action: drop }
- job_name: a
  static_configs: [{ targets: ['127.0.0.9:1', '10.0.0.3:1'] }]
  relabel_configs:
  - { source_labels: [__address__], regex: '10\\.0\\..*', action: drop }
- job_name: none
`;

t.test('what is known of targets', async (t) => {
  await using pods = await startPods(2);
  // Within a scrape pool the targets come by their URLs.
  const [good, bad] = pods.toSorted((a, b) => (a.url < b.url ? -1 : 1)) as [Pod, Pod];
  await bad.behave({ kind: 'status', status: 503 });
  const [first, second] = [good, bad].map(({ port }) => `127.0.0.1:${port}`);
  const config = CONFIG.replace("'PODS'", [first, second, '10.0.0.1:1', '10.0.0.2'].join(', '));
  await using gateway = await startTestGateway(config);
  const targets = async (query = ''): Promise<Targets> =>
    dataOf(await get(`${gateway.url}/api/v1/targets${query}`)) as Targets;

  await t.test('before anybody has asked for them', async (t) => {
    const { activeTargets } = await targets();
    t.same(
      activeTargets.map(({ health, lastScrape, lastScrapeDuration, lastError }) => [
        health,
        lastScrape,
        lastScrapeDuration,
        lastError,
      ]),
      Array.from({ length: 3 }, () => ['unknown', '0001-01-01T00:00:00Z', 0, '']),
    );
    t.same([good.requests.count, bad.requests.count], [0, 0], 'nothing is scraped for it');
  });

  await t.test('afterwards', async (t) => {
    const before = Date.now();
    await get(`${gateway.url}/metrics`);
    const found = await targets();
    t.same(Object.keys(found), ['activeTargets', 'droppedTargets', 'droppedTargetCounts']);
    t.match(
      found.activeTargets.map(({ scrapePool, health, lastError }) => [scrapePool, health, lastError]),
      [
        ['a', 'down', /127\.0\.0\.9/],
        ['z', 'up', /^$/],
        ['z', 'down', /^server returned HTTP status 503/],
      ],
      'by the names of their pools',
    );
    const { lastScrape, lastScrapeDuration, ...up } = found.activeTargets[1]!;
    t.same(up, {
      discoveredLabels: {
        __address__: first,
        __metrics_path__: '/metrics',
        __param_m: 'a',
        __scheme__: 'http',
        __scrape_interval__: '1m30s',
        __scrape_timeout__: '10s',
        job: 'z',
        pod: '<script>',
      },
      labels: { instance: first, job: 'z', pod: '<script>' },
      scrapePool: 'z',
      scrapeUrl: `http://${first}/metrics?m=a&m=b`,
      globalUrl: `http://${hostname()}:${good.port}/metrics?m=a&m=b`,
      lastError: '',
      health: 'up',
      scrapeInterval: '1m30s',
      scrapeTimeout: '10s',
    });
    t.match(lastScrape, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    t.ok(before <= Date.parse(lastScrape) && Date.parse(lastScrape) <= Date.now());
    t.ok(lastScrapeDuration > 0 && lastScrapeDuration < 60);
    t.same(
      found.droppedTargets.map(({ scrapePool }) => scrapePool),
      ['a', 'z', 'z'],
    );
    t.match(found.droppedTargets[0], { discoveredLabels: { __address__: '10.0.0.3:1', job: 'a' } });
    t.same(found.droppedTargetCounts, { a: 1, none: 0, z: 2 });
    const { text } = await get(`${gateway.url}/api/v1/targets`);
    t.notMatch(text, '<script>', 'nothing that could be taken for markup');
  });

  await t.test('a part of it', async (t) => {
    const counts = { a: 1, none: 0, z: 2 };
    const cases: [query: string, active: number, dropped: number, counts: object | null][] = [
      ['?state=any', 3, 3, counts],
      ['?state=', 3, 3, counts],
      ['?state=ACTIVE', 3, 0, null],
      ['?state=dropped', 0, 3, counts],
      ['?state=other', 0, 0, null],
      ['?scrapePool=z', 2, 2, counts],
      ['?scrapePool=z&state=active&scrapePool=a', 2, 0, null],
      ['?scrapePool=nowhere', 0, 0, counts],
    ];
    for (const [query, active, dropped, want] of cases) {
      const found = await targets(query);
      t.same(
        [found.activeTargets.length, found.droppedTargets.length, found.droppedTargetCounts],
        [active, dropped, want],
        query,
      );
    }
  });

  await t.test('the status of the program', async (t) => {
    const status = async (path: string): Promise<unknown> =>
      dataOf(await get(`${gateway.url}/api/v1/${path}`));
    t.same(await status('scrape_pools'), { scrapePools: ['a', 'none', 'z'] });
    const { yaml } = (await status('status/config')) as { yaml: string };
    t.equal(yaml, formatConfig(loadConfig(config, { fileName: 'test.yml', baseDir: '/' })));
    t.match(yaml, 'key: <secret>');
    t.notMatch(yaml, 'very private');
    t.match(await status('status/flags'), { 'web.listen-address': '127.0.0.1:0', 'log.level': 'info' });
    t.same(await status('status/buildinfo'), {
      version: '1.2.3',
      revision: '',
      branch: '',
      buildUser: '',
      buildDate: '',
      goVersion: '',
    });
    t.match(await status('status/runtimeinfo'), {
      hostname: hostname(),
      startTime: /^\d{4}-.*Z$/,
      reloadConfigSuccess: true,
    });
  });

  await t.test('headers', async (t) => {
    const path = `${gateway.url}/api/v1/scrape_pools`;
    t.match(await get(path), {
      headers: { vary: 'Origin, Accept-Encoding', 'access-control-allow-origin': undefined },
    });
    t.match(await get(path, { origin: 'http://example.org', ...gzip }), {
      headers: { 'access-control-allow-origin': '*', 'content-encoding': 'gzip' },
      text: '{"status":"success","data":{"scrapePools":["a","none","z"]}}',
    });
    const preflight = await fetch(path, { method: 'OPTIONS', headers: { origin: 'http://example.org' } });
    t.equal(preflight.status, 204);
    t.equal(preflight.headers.get('access-control-allow-methods'), 'GET, POST, OPTIONS');
    t.match(await get(`${gateway.url}/metrics`, { origin: 'http://example.org' }), {
      headers: { 'access-control-allow-origin': undefined },
    });
    for (const unknown of ['query', 'targets/', 'status', 'alerts'])
      t.match(await get(`${gateway.url}/api/v1/${unknown}`), { status: 404, text: '404 page not found\n' });
  });
});

t.test('labels that are discovered anew are shown at once', async (t) => {
  await using pod = await startPlainPod();
  const file = join(t.testdir({}), 'targets.json');
  const write = (note: string): void =>
    writeFileSync(file, JSON.stringify([{ targets: [`127.0.0.1:${pod.port}`], labels: { __note: note } }]));
  write('old');
  await using gateway = await startTestGateway(
    `scrape_configs: [{ job_name: j, file_sd_configs: [{ files: ['${file}'] }] }]`,
  );
  await get(`${gateway.url}/metrics`);
  write('new');
  const labels = async (): Promise<{ health: string; discoveredLabels: { __note: string } }[]> => {
    const { activeTargets } = dataOf(await get(`${gateway.url}/api/v1/targets`)) as {
      activeTargets: { health: string; discoveredLabels: { __note: string } }[];
    };
    return activeTargets;
  };
  let found = await labels();
  for (let tries = 0; tries < 2000 && found[0]?.discoveredLabels.__note === 'old'; tries++)
    found = await labels();
  t.match(found, [{ health: 'up', discoveredLabels: { __note: 'new' } }], 'it is the same target');
});

t.test('while the targets are not known', async (t) => {
  await using api = await startKubernetesApi();
  api.fault({ status: 500 });
  const kubeconfig = join(t.testdir({}), 'kubeconfig');
  writeFileSync(kubeconfig, api.kubeconfig());
  await using gateway = await startTestGateway(kubevirtConfig([]), [`--kubeconfig=${kubeconfig}`]);
  t.match(await get(`${gateway.url}/api/v1/targets`), { status: 503, text: /^Not ready: waiting/ });
  t.match(await get(`${gateway.url}/api/v1/status/config`), { status: 200 });
});
