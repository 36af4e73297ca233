import t from 'tap';
import type { Test } from 'tap';

import { FAILING, NEWCOMER, podFixtures } from './bodies.ts';
import { both, compareFamilies, compareSamples, labelsAlone } from './compare.ts';
import { startFleet } from './fleet.ts';
import { startGateway } from './gateway.ts';
import { scrapeConfigs } from './jobs.ts';
import { GLOBAL, lastDifferences, NOT_OWN, settled, startPair } from './pair.ts';
import type { Pair } from './pair.ts';
import { findPrometheus, PROMETHEUS_MISSING } from './prometheus.ts';
import { eventually } from './server.ts';
import { REPORT_NAMES, values } from './stored.ts';

const programs = findPrometheus();
const skip = programs.length === 0 ? PROMETHEUS_MISSING : false;

/** Half of the reader's two seconds are left for the answer, however busy the machine. */
const MAX_TIMEOUT = ['--scrape.max-timeout=1s'];

/** What a Prometheus says of each pod that is down, beside the status. */
const REASONS: Readonly<Record<string, RegExp>> = {
  'virt-api-refuses': /status 502 Bad Gateway: connect$/,
  'virt-handler-hangs': /status 504 Gateway Timeout: timeout$/,
  'virt-handler-busy': /status 502 Bad Gateway: http_status$/,
  'virt-api-rubbish': /status 502 Bad Gateway: exposition$/,
};

await t.test(
  'http_sd_configs at /sd, without relabelling, store what is stored directly',
  { skip },
  async (t) => {
    await using running = new AsyncDisposableStack();
    const fixtures = podFixtures(Date.now());
    const fleet = running.use(await startFleet([...fixtures, ...FAILING, NEWCOMER]));
    const known = fleet.members.filter(({ name }) => name !== NEWCOMER.name);
    await fleet.writeTargets('pods', known);
    await fleet.writeTargets('real', []);
    const jobs = scrapeConfigs(fleet);
    const config = await fleet.writeConfig('jobs.yml', { global: GLOBAL, scrape_configs: jobs });
    const gateway = running.use(await startGateway(config, MAX_TIMEOUT));
    const reader = {
      static_configs: [],
      http_sd_configs: [{ url: `${gateway.url}/sd`, refresh_interval: '1s' }],
    };
    const pairs = await Promise.all(programs.map((program) => startPair(program, jobs, gateway, { reader })));
    for (const pair of pairs) running.use(pair);

    const before = { up: fixtures.map(({ name }) => name), down: FAILING.map(({ name }) => name) };
    for (const pair of pairs)
      await t.test(`Prometheus ${pair.direct.program.version}`, async (t) => {
        await settled(pair, before);
        await compareSamples(t, pair);
        await compareReports(t, pair, before.up);
        await compareFamilies(t, pair);
        await t.test('why a pod is down is on the page of targets', async (t) => {
          const others = async (): Promise<string[]> => {
            const targets = await pair.through.targets();
            return Object.entries(REASONS).flatMap(([pod, pattern]) => {
              const found = targets.filter(({ labels }) => labels['pod'] === pod);
              const errors = found.map(({ lastError }) => lastError);
              return found.length === 0
                ? [`no target is ${pod}`]
                : errors.filter((error) => !pattern.test(error));
            });
          };
          t.same(await lastDifferences(others), []);
        });
      });

    const goes = 'virt-operator-spelling';
    await fleet.writeTargets('pods', [
      ...known.filter(({ name }) => name !== goes),
      ...fleet.members.filter(({ name }) => name === NEWCOMER.name),
    ]);
    const after = { ...before, up: [...before.up.filter((name) => name !== goes), NEWCOMER.name] };
    for (const pair of pairs)
      await t.test(`Prometheus ${pair.direct.program.version}: one goes, one comes`, async (t) => {
        await settled(pair, after);
        await compareSamples(t, pair);
        await compareReports(t, pair, after.up);
      });

    await gateway.server.stop();
    for (const { through } of pairs)
      await t.test(`Prometheus ${through.program.version}: the gateway goes`, async (t) => {
        const count = (await through.targets()).length;
        await eventually('all pods are down', async (reason) => {
          const targets = await through.targets();
          reason(JSON.stringify(targets.map(({ health, lastError }) => [health, lastError])));
          return targets.every(({ health }) => health === 'down') ? true : undefined;
        });
        t.equal((await through.targets()).length, count, 'no target is lost');
      });
  },
);

/** What a Prometheus stores of each of its own scrapes; in both it is that of the pod. */
async function compareReports(t: Test, pair: Pair, up: readonly string[]): Promise<void> {
  await t.test('report series', async (t) => {
    for (const name of [...REPORT_NAMES, 'scrape_series_added'])
      t.same(
        await lastDifferences(() => both(pair, labelsAlone, `${name}{${NOT_OWN}}`)),
        [],
        `${name}: labels`,
      );
    t.same(await lastDifferences(() => both(pair, values, `up{${NOT_OWN}}`)), [], 'up: values');
    for (const name of ['scrape_samples_scraped', 'scrape_samples_post_metric_relabeling']) {
      const selector = `${name}{${NOT_OWN},pod=~"(?i)${up.join('|')}"}`;
      t.same(await lastDifferences(() => both(pair, values, selector)), [], `${name}: values`);
    }
    t.same(await values(pair.through, 'scrape_failure_reason'), new Map(), 'none of the gateway’s own');
  });
}
