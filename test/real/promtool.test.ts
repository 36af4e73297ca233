import { spawnSync } from 'node:child_process';
import t from 'tap';

import { FAILING, podFixtures } from './bodies.ts';
import { exporterPrograms } from './exporter.ts';
import { startFleet } from './fleet.ts';
import { startGateway } from './gateway.ts';
import { scrapeConfigs } from './jobs.ts';
import { GLOBAL } from './pair.ts';
import { findPrometheus } from './prometheus.ts';

const tools = findPrometheus().filter(({ promtool }) => promtool !== undefined);
const skip =
  tools.length === 0
    ? 'promtool not found: apt-get install prometheus, or set PROMETHEUS to one beside it'
    : false;

/** What `promtool check metrics` ends with when it could read everything and has only names and units to complain of. */
const LINT_ONLY = 3;

await t.test('promtool reads what the gateway answers', { skip }, async (t) => {
  await using running = new AsyncDisposableStack();
  const exporters = exporterPrograms().filter((exporter) => exporter.missing === undefined);
  const fleet = running.use(await startFleet([...podFixtures(Date.now()), ...FAILING], exporters));
  const isReal = (member: { readonly pod?: unknown }): boolean => member.pod === undefined;
  await fleet.writeTargets('real', fleet.members.filter(isReal));
  await fleet.writeTargets(
    'pods',
    fleet.members.filter((member) => !isReal(member)),
  );
  const config = { global: { ...GLOBAL, scrape_timeout: '1s' }, scrape_configs: scrapeConfigs(fleet) };
  const gateway = running.use(await startGateway(await fleet.writeConfig('jobs.yml', config)));

  const paths: readonly (readonly [path: string, why: string])[] = [
    ['/metrics', 'everything that the pods said'],
    ['/federate?match[]={__name__=~".*_.*"}', 'a part of it'],
    ['/-/metrics', 'the telemetry of the gateway'],
  ];
  for (const [path, why] of paths) {
    const answer = await fetch(encodeURI(`${gateway.url}${path}`));
    const text = await answer.text();
    t.equal(answer.status, 200, path);
    t.ok(text.length > 500, `${path} has something to say`);
    for (const { promtool, version } of tools) {
      const checked = spawnSync(promtool!, ['check', 'metrics'], { input: text, encoding: 'utf8' });
      const verdict = checked.status === 0 || checked.status === LINT_ONLY;
      t.ok(verdict, `promtool ${version}: ${path}, ${why}`, {
        status: checked.status,
        said: checked.stderr.slice(0, 2_000),
      });
    }
  }
});
