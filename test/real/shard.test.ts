import t from 'tap';

import { hashOf } from '../../src/relabel/hashmod.ts';
import { isInShard } from '../../src/relabel/shard.ts';
import { podFixtures } from './bodies.ts';
import { startFleet } from './fleet.ts';
import { startGateway } from './gateway.ts';
import { GLOBAL, lastDifferences, NOT_OWN, startPair } from './pair.ts';
import { findPrometheus, PROMETHEUS_MISSING, startPrometheus } from './prometheus.ts';
import { eventually } from './server.ts';
import { differences, values } from './stored.ts';

const programs = findPrometheus();
const skip = programs.length === 0 ? PROMETHEUS_MISSING : false;
const SHARDS = [0, 1, 2, 3];

await t.test("the shards are those of a real Prometheus' hashmod", { skip }, async (t) => {
  const addresses = Array.from({ length: 200 }, (_, i) => `127.9.${i % 7}.${i + 1}:1`);
  const jobs = SHARDS.map((shard) => ({
    job_name: `shard-${shard}`,
    scrape_interval: '1h',
    static_configs: [{ targets: addresses }],
    relabel_configs: [
      { source_labels: ['__address__'], action: 'hashmod', modulus: 4, target_label: '__tmp' },
      { source_labels: ['__tmp'], action: 'keep', regex: String(shard) },
    ],
  }));
  for (const program of programs) {
    await using prometheus = await startPrometheus(program, { scrape_configs: jobs });
    const targets = await eventually('all targets are there', async () => {
      const found = await prometheus.targets();
      return found.length === addresses.length ? found : undefined;
    });
    for (const index of SHARDS) {
      t.same(
        targets
          .filter(({ scrapePool }) => scrapePool === `shard-${index}`)
          .map(({ labels }) => labels['instance'] ?? '')
          .sort(),
        addresses.filter((address) => isInShard(hashOf(address), { index, count: 4 })).sort(),
        `${program.version}, ${index}/4`,
      );
    }
  }
});

await t.test(
  'a Prometheus stores the same from four shards of two gateways as from the pods',
  { skip },
  async (t) => {
    await using running = new AsyncDisposableStack();
    const fleet = running.use(await startFleet(podFixtures(Date.now())));
    const jobs = [
      {
        job_name: 'kubevirt-prometheus-metrics',
        scheme: 'https',
        honor_labels: true,
        tls_config: { insecure_skip_verify: true },
        file_sd_configs: [{ files: [await fleet.writeTargets('pods', fleet.members)] }],
      },
    ];
    const config = await fleet.writeConfig('jobs.yml', { global: GLOBAL, scrape_configs: jobs });
    const [one, two] = await Promise.all(
      ['0/2', '1/2'].map(async (shard) => running.use(await startGateway(config, [`--shard=${shard}`]))),
    );
    const reader = {
      static_configs: [one!, two!].flatMap(({ address }) =>
        ['0/2', '1/2'].map((shard) => ({ targets: [address], labels: { __param_shard: shard } })),
      ),
      relabel_configs: [
        { source_labels: ['__address__', '__param_shard'], separator: ' ', target_label: 'instance' },
      ],
    };
    const [program] = programs;
    const pair = running.use(await startPair(program!, jobs, one!, { reader }));
    await eventually('every pod is up in both', async (reason) => {
      const [direct, through] = await Promise.all([
        values(pair.direct, `up{${NOT_OWN}}`),
        values(pair.through, `up{${NOT_OWN}}`),
      ]);
      reason(`${direct.size} direct, ${through.size} through\n${pair.through.output()}`);
      return direct.size === fleet.members.length && differences(direct, through).length === 0
        ? true
        : undefined;
    });
    const all = `{__name__=~"[^s].+|s[^c].+",${NOT_OWN}}`;
    t.same(
      await lastDifferences(async () =>
        differences(await values(pair.direct, all), await values(pair.through, all)),
      ),
      [],
      'labels and values',
    );
    const own = await pair.through.query('up{job="the-gateway"}');
    t.equal(own.length, 4, 'each shard has its own up');
    t.ok(own.every(({ samples }) => samples[0]?.[1] === '1'));
  },
);
