import t from 'tap';
import type { Test } from 'tap';

import { DECIDED_OTHERWISE_IN_3, FAILING, NEWCOMER, podFixtures, TIMESTAMPED } from './bodies.ts';
import { exporterPrograms } from './exporter.ts';
import { startFleet } from './fleet.ts';
import { startGateway } from './gateway.ts';
import { scrapeConfigs } from './jobs.ts';
import { GLOBAL, lastDifferences, NOT_OWN, settled, startPair } from './pair.ts';
import type { Pair } from './pair.ts';
import { findPrometheus, PROMETHEUS_MISSING } from './prometheus.ts';
import type { Prometheus } from './prometheus.ts';
import { described, differences, namesOnly, REPORT_NAMES, samples, spell, values } from './stored.ts';
import type { Stored } from './stored.ts';

const programs = findPrometheus();
/** A pod hangs in every round: so half of the reader's two seconds are left for the answer, however busy the machine. */
const MAX_TIMEOUT = ['--scrape.max-timeout=1s'];

const ABOUT_SCRAPING = [...REPORT_NAMES, 'scrape_series_added', 'scrape_failure_reason'].join('|');

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
      await compareFamilies(t, pair);
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

async function both(
  pair: Pair,
  read: (prometheus: Prometheus, selector: string) => Promise<Stored>,
  selector: string,
): Promise<readonly string[]> {
  const [direct, through] = await Promise.all([read(pair.direct, selector), read(pair.through, selector)]);
  return differences(direct, through);
}

async function labelsAlone(prometheus: Prometheus, selector: string): Promise<Stored> {
  return namesOnly(await values(prometheus, selector));
}

async function compareSamples(t: Test, pair: Pair): Promise<void> {
  await t.test('labels and values of all that has no timestamp of its own', async (t) => {
    const elsewhere = [ABOUT_SCRAPING, TIMESTAMPED];
    if (!pair.direct.program.version.startsWith('2.')) elsewhere.push(DECIDED_OTHERWISE_IN_3);
    const selector = `{__name__=~".+",__name__!~"${elsewhere.join('|')}",pod!~"real-.*",${NOT_OWN}}`;
    t.ok((await values(pair.direct, selector)).size > 200, 'there is something to compare');
    t.same(await lastDifferences(() => both(pair, values, selector)), []);
  });

  await t.test('every sample that has a timestamp of its own, with it', async (t) => {
    const selector = `{__name__=~"${TIMESTAMPED}",job!="honor-timestamps-false"}`;
    const stored = await samples(pair.direct, selector);
    t.ok(
      [...stored.values()].some((line) => line.split(' ').length === 10),
      'ten samples of one series arrived in one body',
    );
    t.same(await lastDifferences(() => both(pair, samples, selector)), []);
  });

  await t.test('honor_timestamps: false', async (t) => {
    const selector = `{__name__=~"${TIMESTAMPED}",job="honor-timestamps-false"}`;
    t.ok((await values(pair.direct, selector)).size > 5);
    t.same(await lastDifferences(() => both(pair, values, selector)), []);
  });
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

async function compareFamilies(t: Test, pair: Pair): Promise<void> {
  await t.test('types and helps', async (t) => {
    t.same(await lastDifferences(() => wrongDescriptions(pair)), []);
    t.ok(described(await pair.through.metadata()).size > 300, 'there is something to compare');
  });
}

async function wrongDescriptions({ direct, through }: Pair): Promise<readonly string[]> {
  const targets = await direct.targets();
  const down = new Set(targets.filter(({ health }) => health !== 'up').map(({ labels }) => spell(labels)));
  // What a target that is down said before its bad line is remembered by Prometheus, but belongs to no sample.
  const said = described((await direct.metadata()).filter(({ target }) => !down.has(spell(target))));
  const answered = described(await through.metadata());
  const series = await direct.query(`{__name__=~".+",${NOT_OWN}}`);
  const names = new Set(series.map(({ labels }) => labels['__name__']?.replace(/_count$/, '')));
  const wrong: string[] = [];
  // A family of which there is a HELP or TYPE but no sample is none.
  for (const [metric, spellings] of [...said].filter(([name]) => names.has(name)))
    for (const one of answered.get(metric) ?? ['unknown '])
      // Text has no stateset; it is written as a gauge.
      if (!spellings.has(one) && !spellings.has(one.replace(/^gauge/, 'stateset')))
        wrong.push(`${metric}: ${one}; direct: ${[...spellings].join(' or ')}`);
  return wrong.slice(0, 20);
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
