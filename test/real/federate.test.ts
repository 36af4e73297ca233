import t from 'tap';

import { podFixtures, TIMESTAMPED } from './bodies.ts';
import { startFleet } from './fleet.ts';
import { startGateway } from './gateway.ts';
import { GLOBAL, lastDifferences, NOT_OWN, settled, startPair } from './pair.ts';
import type { Pair } from './pair.ts';
import { findPrometheus, PROMETHEUS_MISSING } from './prometheus.ts';
import type { Prometheus } from './prometheus.ts';
import { differences, samples, values } from './stored.ts';
import type { Stored } from './stored.ts';

const programs = findPrometheus();
const skip = programs.length === 0 ? PROMETHEUS_MISSING : false;

/** The quoted form of Prometheus 3, with what says the same in every version. */
const QUOTED = [
  ['{"kubevirt_vmi_info"}', 'kubevirt_vmi_info'],
  ['{"namespace"="team-a","name"!=""}', '{namespace="team-a",name!=""}'],
] as const;

/** The classic two, then one for what has no job, one across families, a tenant's, and one that matches nothing. */
const MATCHES = [
  '{__name__=~"kubevirt_.*"}',
  'up',
  'own{job=""}',
  '{le="+Inf",pod!~"virt-controller-.*"}',
  'value{n!~".*inf.*"}',
  '{namespace="team-a"}',
  '{__name__="nowhere"}',
];

await t.test(
  'a Prometheus that federates from the gateway stores what matches, and nothing else',
  { skip },
  async (t) => {
    await using running = new AsyncDisposableStack();
    const fixtures = podFixtures(Date.now());
    const fleet = running.use(await startFleet(fixtures));
    const jobs = [
      {
        job_name: 'kubevirt-prometheus-metrics',
        scheme: 'https',
        honor_labels: true,
        tls_config: { insecure_skip_verify: true },
        file_sd_configs: [{ files: [await fleet.writeTargets('pods', fleet.members)] }],
      },
    ];
    const gateway = running.use(
      await startGateway(await fleet.writeConfig('jobs.yml', { global: GLOBAL, scrape_configs: jobs })),
    );
    const reader = {
      metrics_path: '/federate',
      params: { 'match[]': [...MATCHES, ...QUOTED.map(([match]) => match)] },
    };
    const pairs = await Promise.all(programs.map((program) => startPair(program, jobs, gateway, { reader })));
    for (const pair of pairs) running.use(pair);

    for (const pair of pairs)
      await t.test(`Prometheus ${pair.direct.program.version}`, async (t) => {
        await settled(pair, { up: fixtures.map(({ name }) => name), down: [] });
        const stored = await expected(pair.direct, values);
        t.ok(stored.size > 40, `${stored.size} series match`);
        t.ok(
          [...stored.keys()].some((key) => key.includes('namespace="team-a"')),
          'of a tenant too',
        );
        t.same(
          await lastDifferences(() => compare(pair, values, '{__name__=~".+",')),
          [],
          'labels and values',
        );
        const timestamped = `{__name__=~"${TIMESTAMPED}",`;
        t.same(await lastDifferences(() => compare(pair, samples, timestamped)), [], 'explicit timestamps');
      });
  },
);

type Read = (prometheus: Prometheus, selector: string) => Promise<Stored>;

/** What `matches` select of what was scraped directly. */
async function expected(direct: Prometheus, read: Read): Promise<Stored> {
  const matched = await Promise.all(
    [...MATCHES, ...QUOTED.map(([, same]) => same)].map((match) => read(direct, match)),
  );
  return new Map(matched.flatMap((one) => [...one]));
}

async function compare({ direct, through }: Pair, read: Read, selector: string): Promise<readonly string[]> {
  const wanted = await expected(direct, read);
  const got = await read(through, `${selector}${NOT_OWN}}`);
  const all = await read(direct, `${selector}${NOT_OWN}}`);
  return differences(new Map([...all].filter(([key]) => wanted.has(key))), got);
}
