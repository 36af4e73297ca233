import { MISSING } from './inside.ts';
import t from 'tap';
import { request } from 'undici';
import { stringify } from 'yaml';
import { findPrometheus, PROMETHEUS_MISSING, startPrometheus } from '../real/prometheus.ts';
import { eventually } from '../real/server.ts';
import { startTestGateway } from '../serve/fixture.ts';
import { startCluster } from './cluster.ts';
import { podAddress } from './namespace.ts';
import { oddObjects } from './odd-objects.ts';

const [program] = findPrometheus();
const skip = MISSING || (program === undefined ? PROMETHEUS_MISSING : false);

interface FoundTarget {
  readonly discoveredLabels: Readonly<Record<string, string>>;
}

/** How a Prometheus 3 reads histograms, which the gateway does not decide. */
const OF_HISTOGRAMS = /^__(always_scrape_classic|convert_classic|scrape_native)_histograms/;

/** The labels that each target was found with, in one spelling, by scrape pool, sorted. */
async function found(url: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const answer = await request(`${url}/api/v1/targets?state=any`);
  const text = await answer.body.text();
  // The gateway's discovery may not be complete yet.
  if (answer.statusCode === 503) return new Map();
  const { data } = JSON.parse(text) as {
    data: { activeTargets: FoundTarget[]; droppedTargets: FoundTarget[] };
  };
  const all = [...data.activeTargets, ...data.droppedTargets];
  const byPool = Map.groupBy(all, ({ discoveredLabels }) => discoveredLabels['job'] ?? '');
  return new Map(
    [...byPool].map(([pool, targets]) => [
      pool,
      targets
        .map(({ discoveredLabels }) =>
          Object.keys(discoveredLabels)
            .filter((name) => !OF_HISTOGRAMS.test(name))
            .sort()
            .map((name) => `${name}=${JSON.stringify(discoveredLabels[name])}`)
            .join('\n'),
        )
        .sort(),
    ]),
  );
}

t.test('each role finds what Prometheus finds', { skip }, async (t) => {
  await using cluster = await startCluster();
  for (const object of oddObjects()) await cluster.admin.apply(object);
  await cluster.admin.ask('DELETE', '/api/v1/namespaces/odd/pods/owned');
  const jobs: [name: string, sd: object, targets: number][] = [
    ['endpoints', { role: 'endpoints' }, 25],
    ['endpointslice', { role: 'endpointslice' }, 20],
    ['pod', { role: 'pod' }, 20],
    [
      'selected',
      {
        role: 'endpoints',
        namespaces: { names: ['odd', 'nonexistent'] },
        selectors: [
          { role: 'endpoints', field: 'metadata.name=web' },
          { role: 'pod', label: 'app.kubernetes.io/name' },
          { role: 'service', label: 'a_b!=2' },
        ],
      },
      10,
    ],
    ['labelled', { role: 'pod', selectors: [{ role: 'pod', label: 'app.kubernetes.io/name=web' }] }, 1],
  ];
  const config = {
    global: { scrape_interval: '1m', scrape_timeout: '1s' },
    scrape_configs: jobs.map(([job_name, sd]) => ({
      job_name,
      // Targets of two slices with the same address would else be one: which one is not said.
      relabel_configs: [{ source_labels: ['__meta_kubernetes_endpointslice_name'], target_label: 'slice' }],
      kubernetes_sd_configs: [{ ...sd, kubeconfig_file: cluster.kubeconfig }],
    })),
  };
  await using gateway = await startTestGateway(stringify(config));
  await using prometheus = await startPrometheus(program!, config);
  for (const [name, , targets] of jobs)
    await t.test(name, async (t) => {
      const want = await eventually('Prometheus has targets', async () =>
        (await found(prometheus.url)).get(name),
      );
      const got = await eventually('the gateway has targets', async () =>
        (await found(gateway.url)).get(name),
      );
      t.ok(want.length >= targets, `${want.length} targets`);
      const missing = want.filter((one) => !got.includes(one));
      const more = got.filter((one) => !want.includes(one));
      for (const [n, one] of missing.entries()) t.equal(more[n], one);
      t.same(more.slice(missing.length), []);
      t.equal(got.length, want.length);
    });

  await t.test('an address in two slices is one target', async (t) => {
    const { scrape_configs } = config;
    const slices = scrape_configs.filter(({ job_name }) => job_name === 'endpointslice');
    const text = stringify({
      ...config,
      scrape_configs: slices.map((job) => ({ ...job, relabel_configs: [] })),
    });
    await using gateway = await startTestGateway(text);
    const targets = await eventually('there are targets', async () =>
      (await found(gateway.url)).get('endpointslice'),
    );
    const address = `__address__="${podAddress(11)}:8443"`;
    t.equal(targets.filter((one) => one.includes(address)).length, 1);
  });
});
