import t from 'tap';
import type { Test } from 'tap';

import { FAILING, NEWCOMER, podFixtures } from './bodies.ts';
import { ABOUT_SCRAPING, both, compareFamilies, compareSamples, labelsAlone } from './compare.ts';
import { exporterPrograms } from './exporter.ts';
import { startFleet } from './fleet.ts';
import { startGateway } from './gateway.ts';
import { scrapeConfigs } from './jobs.ts';
import { GLOBAL, lastDifferences, NOT_OWN, settled, startPair } from './pair.ts';
import type { Pair } from './pair.ts';
import { findPrometheus, PROMETHEUS_MISSING } from './prometheus.ts';
import { differences, REPORT_NAMES, values } from './stored.ts';

const programs = findPrometheus();
/** A pod hangs in every round: so half of the reader's two seconds are left for the answer, however busy the machine. */
const MAX_TIMEOUT = ['--scrape.max-timeout=1s'];

const skip = programs.length === 0 ? PROMETHEUS_MISSING : false;

await t.test('what is stored through the gateway is what is stored directly', { skip }, async (t) => {
  await using running = new AsyncDisposableStack();
  const fixtures = podFixtures(Date.now());
  const exporters = exporterPrograms();
  for (const { name, missing } of exporters)
    if (missing !== undefined) await t.test(`${name} as a pod`, { skip: missing }, () => undefined);
  const found = exporters.filter((exporter) => exporter.missing === undefined);
  const fleet = running.use(await startFleet([...fixtures, ...FAILING, NEWCOMER], found));
  const real = fleet.members.filter((member) => member.pod === undefined);
  const known = fleet.members.filter((member) => member.pod !== undefined && member.name !== NEWCOMER.name);
  await fleet.writeTargets('pods', known);
  await fleet.writeTargets('real', real);
  const jobs = scrapeConfigs(fleet);
  const configFile = await fleet.writeConfig('jobs.yml', { global: GLOBAL, scrape_configs: jobs });
  const gateway = running.use(await startGateway(configFile, MAX_TIMEOUT));
  const pairs = await Promise.all(programs.map((program) => startPair(program, jobs, gateway)));
  for (const pair of pairs) running.use(pair);

  const before = { up: [...fixtures, ...real].map(nameOf), down: FAILING.map(nameOf) };
  for (const pair of pairs)
    await t.test(`Prometheus ${pair.direct.program.version}`, async (t) => {
      await settled(pair, before);
      await compareSamples(t, pair);
      await compareReports(t, pair);
      await compareFamilies(t, pair, found.length > 0 ? 300 : undefined);
      await compareReal(t, pair, real.map(nameOf).join('|'));
    });

  const breaks = 'virt-operator-collisions';
  const goes = 'virt-operator-spelling';
  await fleet.writeTargets('pods', [
    ...known.filter((member) => member.name !== goes),
    ...fleet.members.filter((member) => member.name === NEWCOMER.name),
  ]);
  await fleet.members.find((member) => member.name === breaks)?.pod?.behave({ kind: 'status', status: 500 });
  const after = {
    up: [...before.up.filter((name) => name !== goes && name !== breaks), NEWCOMER.name],
    down: [...before.down, breaks],
  };
  for (const pair of pairs)
    await t.test(`Prometheus ${pair.direct.program.version}: one breaks, one goes, one comes`, async (t) => {
      await settled(pair, after);
      await compareSamples(t, pair);
      await compareReports(t, pair);
    });
});

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

async function compareReports(t: Test, pair: Pair): Promise<void> {
  await t.test('report series, of pods that are up and of pods that are down', async (t) => {
    for (const name of REPORT_NAMES)
      t.same(
        await lastDifferences(() => both(pair, labelsAlone, `${name}{${NOT_OWN}}`)),
        [],
        `${name}: labels`,
      );
    t.same(await lastDifferences(() => both(pair, values, `up{${NOT_OWN}}`)), [], 'up: values');
    for (const name of ['scrape_samples_scraped', 'scrape_samples_post_metric_relabeling']) {
      // Of a body that is refused Prometheus counts what came before the bad line, although it stores nothing of it.
      t.same(await lastDifferences(() => both(pair, values, `${name}{${NOT_OWN}}`)), [], `${name}: values`);
    }
  });

  await t.test('a reason for every pod that is down, and for no other', async (t) => {
    async function reasons(): Promise<readonly string[]> {
      const down = await values(pair.direct, `count without () (up{${NOT_OWN}} == 0)`);
      return differences(down, await values(pair.through, 'sum without (reason) (scrape_failure_reason)'));
    }
    t.same(await lastDifferences(reasons), []);
  });
}

async function compareReal(t: Test, pair: Pair, realPods: string): Promise<void> {
  await t.test(
    'real client_golang servers',
    { skip: realPods === '' ? 'none was found' : false },
    async (t) => {
      const everything = `{__name__=~".+",__name__!~"${ABOUT_SCRAPING}",pod=~"${realPods}"}`;
      t.ok((await values(pair.direct, everything)).size > 200);
      t.same(await lastDifferences(() => both(pair, labelsAlone, everything)), [], 'the same series');
      const constant = `{__name__=~".*_info|node_memory_MemTotal_bytes|node_boot_time_seconds|process_start_time_seconds|process_max_fds|etcd_server_id",pod=~"${realPods}"}`;
      t.ok((await values(pair.direct, constant)).size >= 4);
      t.same(
        await lastDifferences(() => both(pair, values, constant)),
        [],
        'the same values where they are constant',
      );
    },
  );
}
