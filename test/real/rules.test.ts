import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { parse } from 'yaml';

import { createModel } from '../../simulator/model.ts';
import type { Model } from '../../simulator/model.ts';
import { startPod } from '../../simulator/pod.ts';
import { startFleet } from './fleet.ts';
import { startGateway } from './gateway.ts';
import { bodiesWithHistory } from './history.ts';
import { kubeStateBody } from './kube-state.ts';
import { GLOBAL, NOT_OWN, settled, startPair } from './pair.ts';
import type { Pair } from './pair.ts';
import { findPrometheus, PROMETHEUS_MISSING } from './prometheus.ts';
import { eventually } from './server.ts';
import { differences, values } from './stored.ts';
import type { Stored } from './stored.ts';

interface RulesFile {
  readonly groups: readonly {
    readonly rules: readonly { readonly record?: string; readonly alert?: string; readonly expr: string }[];
  }[];
}

const programs = findPrometheus();
const rulesFile =
  process.env['KUBEVIRT_RULES'] ??
  join(import.meta.dirname, '..', '..', '..', 'shared', 'facts', 'kubevirt-rules.yaml');

function reasonToSkip(): string | false {
  if (programs.length === 0) return PROMETHEUS_MISSING;
  if (!existsSync(rulesFile))
    return `no rules at ${rulesFile}: set KUBEVIRT_RULES to a file of KubeVirt's PrometheusRule groups`;
  return false;
}

/** The demo's cluster in small: two of each Deployment, three nodes, one virt-api whose requests to the API server fail more and more. */
function cluster(): Model {
  const model = createModel({ seed: 7, machines: 10, time: Date.now() - 3_600_000 });
  for (const component of ['virt-api', 'virt-controller', 'virt-operator'] as const)
    for (const replica of [1, 2])
      model.addPod(component, { ageMs: 86_400_000, troubled: component === 'virt-api' && replica === 2 });
  for (let node = 0; node < 3; node++) model.addPod('virt-handler', { ageMs: 86_400_000 });
  return model;
}

await t.test("KubeVirt's rules give the same results on both", { skip: reasonToSkip() }, async (t) => {
  await using running = new AsyncDisposableStack();
  const model = cluster();
  // A fresh store takes what is at most an hour old; five minutes back is where rate() of most rules begins.
  const minutesAgo = [50, 40, 30, 25, 20, 15, 12, 9, 6, 5, 4, 3, 2, 1.5, 1, 0.5, 0];
  const bodies = bodiesWithHistory(
    model,
    Date.now(),
    minutesAgo.map((minutes) => minutes * 60),
  );
  const fleet = running.use(
    await startFleet(
      [...bodies].map(([{ name, component }, body]) => ({
        name,
        container: component,
        body,
        why: 'part of the cluster',
      })),
    ),
  );
  const files = [await fleet.writeTargets('pods', fleet.members)];
  const jobs = [
    {
      job_name: 'kubevirt-prometheus-metrics',
      scheme: 'https',
      honor_labels: true,
      tls_config: { insecure_skip_verify: true },
      file_sd_configs: [{ files }],
    },
  ];
  const state = kubeStateBody(model);
  const kubeState = running.use(await startPod({ tls: false, body: () => state }));
  const gateway = running.use(
    await startGateway(await fleet.writeConfig('jobs.yml', { global: GLOBAL, scrape_configs: jobs })),
  );
  const beside = {
    ruleFiles: [rulesFile],
    scrapeConfigs: [
      {
        job_name: 'kube-state-metrics',
        honor_labels: true,
        static_configs: [{ targets: [`${kubeState.address}:${kubeState.port}`] }],
      },
    ],
  };
  const pairs = await Promise.all(programs.map((program) => startPair(program, jobs, gateway, beside)));
  for (const pair of pairs) running.use(pair);

  const expected = { up: [...fleet.members.map(({ name }) => name), ''], down: [] };
  const ready = await Promise.all(
    pairs.map(async (pair) => {
      await settled(pair, expected);
      return { pair, seconds: await evaluated(pair) };
    }),
  );
  for (const { pair, seconds } of ready)
    await t.test(`Prometheus ${pair.direct.program.version}`, async (t) => {
      await compareRules(t, pair, seconds);
      await findFailing(t, pair, seconds, model.pods.find((pod) => pod.troubled)?.name ?? '');
    });
});

/**
 * A moment at which both have evaluated every rule twice since now. Both evaluate a group of one file at the same moments, for these come from
 * the names of file and group.
 */
async function evaluated({ direct, through }: Pair): Promise<number> {
  const since = Date.now() / 1000;
  const recorded = 'timestamp(cluster:kubevirt_virt_api_up:sum)';
  for (const prometheus of [direct, through])
    await eventually('every rule is evaluated', async (reason) => {
      const rules = await prometheus.rules();
      const pending = rules.filter((rule) => rule.health === 'unknown').length;
      const at = Number((await prometheus.query(recorded))[0]?.samples[0]?.[1] ?? 0);
      reason(`${pending} rules not evaluated, the last at ${at}, now ${Date.now() / 1000}`);
      return pending === 0 && rules.length > 0 && at > since + 4 ? true : undefined;
    });
  return since + 4;
}

async function compareRules(t: Test, { direct, through }: Pair, seconds: number): Promise<void> {
  const rules = (parse(readFileSync(rulesFile, 'utf8')) as RulesFile).groups.flatMap((group) => group.rules);
  const wrong: string[] = [];
  let withResult = 0;
  for (const rule of rules) {
    const name = rule.record ?? rule.alert ?? '';
    const [a, b] = await Promise.all([
      result(() => values(direct, rule.expr, seconds)),
      result(() => values(through, rule.expr, seconds)),
    ]);
    if (a.size > 0) withResult += 1;
    wrong.push(...differences(a, b).map((line) => `${name}: ${line}`));
  }
  t.same(wrong, [], 'each expression');
  t.comment(`${withResult} of ${rules.length} expressions have a result`);
  t.ok(withResult >= 45, 'most expressions have something to say');

  const recorded = rules.flatMap((rule) => rule.record ?? []).join('|');
  const [a, b] = await Promise.all(
    [direct, through].map((one) => values(one, `{__name__=~"${recorded}|ALERTS"}`, seconds)),
  );
  t.same(differences(a!, b!), [], 'what the rules recorded, and the alerts');
  t.ok(a!.size > 40, `${a!.size} recorded series and alerts`);

  const health = await Promise.all([direct, through].map(async (one) => (await one.rules()).map(spellRule)));
  t.same(health[1], health[0], 'the same health of each rule');
}

/** An error is a result too: a rule that fails on both fails for KubeVirt's reasons. */
async function result(evaluate: () => Promise<Stored>): Promise<Stored> {
  try {
    return await evaluate();
  } catch (error) {
    return new Map([[`error ${String(error)}`, '']]);
  }
}

function spellRule(rule: {
  readonly name: string;
  readonly health: string;
  readonly state?: string;
}): string {
  return `${rule.name} ${rule.health} ${rule.state ?? ''}`;
}

/** The query that KubeVirt's documentation of its metrics calls important, under the name of then and of today. */
async function findFailing(t: Test, { direct, through }: Pair, seconds: number, pod: string): Promise<void> {
  for (const name of ['rest_client_requests_total', 'kubevirt_rest_client_requests_total']) {
    const present = await values(through, `${name}{code="<error>",${NOT_OWN}}`, seconds);
    t.ok(present.size > 0, `${name}{code="<error>"} is there`);
    const rise = `topk(1, sum by (pod) (increase(${name}{code="<error>"}[10m])))`;
    const [a, b] = await Promise.all([values(direct, rise, seconds), values(through, rise, seconds)]);
    t.same([...b.keys()], [`pod="${pod}"`], `${name} points to the pod whose errors rise`);
    t.ok(Number([...b.values()][0]) > 5, 'and they do rise');
    t.same(differences(a, b), []);
  }
}
