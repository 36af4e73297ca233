import { MISSING } from './inside.ts';
import t from 'tap';
import { kubevirtConfig } from '../../src/config/kubevirt.ts';
import type { Discovery } from '../../src/discovery/discovery.ts';
import type { TargetSet } from '../../src/discovery/target.ts';
import { recordingLogger, startDiscovery, targetsWhen, until } from '../discovery/fixture.ts';
import type { LogLine } from '../discovery/fixture.ts';
import { startCluster } from './cluster.ts';
import { installKubevirt } from './kubevirt.ts';
import { endpointsObject, podObject, sliceObjects } from './kubevirt-pods.ts';
import { podAddress } from './namespace.ts';
import { documentedRules, grant } from './rights.ts';
import type { Rule } from './rights.ts';

const ALL = Array.from({ length: 1500 }, (_, n) => ({
  name: `virt-handler-${n + 1}`,
  addresses: [podAddress(n + 1)],
  node: `node-${n + 1}`,
}));

/** Final labels in one spelling, sorted. */
const spelled = (targets: TargetSet): string[] =>
  targets.targets.map(({ labels }) => JSON.stringify(labels)).sort();

const hasCount = (count: number) => (targets: TargetSet) => targets.targets.length === count;

t.test('more pods than an Endpoints object has room for', { skip: MISSING }, async (t) => {
  await using cluster = await startCluster();
  const { admin, api } = cluster;
  await installKubevirt(admin, 'kubevirt');
  await Promise.all(
    ALL.map((pod) => {
      const { status: _, ...object } = podObject('kubevirt', pod);
      return admin.ask('POST', '/api/v1/namespaces/kubevirt/pods', object);
    }),
  );
  await admin.apply(endpointsObject('kubevirt', ALL));
  const slices = sliceObjects('kubevirt', ALL);
  await Promise.all(slices.map((slice) => admin.apply(slice)));

  /** The built-in discovery of an account with these rights. */
  async function start(name: string, rules: readonly Rule[]): Promise<Discovery & { lines: LogLine[] }> {
    const account = await cluster.serviceAccount('gateways', name);
    await grant(admin, { namespace: 'gateways', name }, rules, 'kubevirt');
    const log = recordingLogger();
    const options = { kubeconfig: account.kubeconfig, log, isBuiltIn: true, timing: { calmMs: 100 } };
    return Object.assign(await startDiscovery(kubevirtConfig(['kubevirt']), options), { lines: log.lines });
  }
  const only = (resource: string): Rule[] =>
    documentedRules()
      .map((rule) => ({
        ...rule,
        resources: rule.resources.filter((one) => !one.startsWith('endpoint') || one === resource),
      }))
      .filter(({ resources }) => resources.length > 0);
  const warnings = ({ lines }: { lines: LogLine[] }) =>
    lines.filter(({ level }) => level === 'warn').map(({ message }) => message);

  await using withEndpoints = await start('endpoints', only('endpoints'));
  await using withSlices = await start('slices', only('endpointslices'));
  await using discovery = await start('gateway', documentedRules());

  await t.test('slices have them all', async (t) => {
    for (const one of [discovery, withSlices]) await targetsWhen(one, hasCount(1500));
    const all = spelled(discovery.current!);
    t.equal(new Set(all).size, 1500);
    t.same(spelled(withSlices.current!), all, 'also where Endpoints are forbidden');
    t.same(warnings(discovery), []);
    const some = spelled(await targetsWhen(withEndpoints, hasCount(1000)));
    t.same(
      some.filter((one) => !all.includes(one)),
      [],
      'with the labels that they have by Endpoints',
    );
    t.match(
      warnings(withEndpoints).join('\n'),
      /Endpoints are over capacity and EndpointSlices cannot be read/,
    );
  });

  await t.test('lists come in pages', async (t) => {
    const lists = (await api.requests()).filter(
      ({ account, verb, resource }) => account === 'gateway' && verb === 'list' && resource === 'pods',
    );
    t.same(
      lists.map(({ query }) => query['limit']),
      ['500', '500', '500'],
    );
    t.same(
      lists.map(({ query }) => query['continue'] !== undefined),
      [false, true, true],
    );
  });

  await t.test('an address in two slices at once', async (t) => {
    const counts: number[] = [];
    const end = discovery.onChange(({ targets }) => counts.push(targets.length));
    const [first, last] = [slices[0]!, slices.at(-1)!];
    const moved = { ...first.metadata, name: `${first.metadata.name}-moved` };
    await admin.apply({ ...first, metadata: moved, endpoints: first.endpoints.slice(0, 1) });
    await admin.apply({ ...first, endpoints: first.endpoints.slice(1) });
    await admin.apply({ ...last, endpoints: last.endpoints.slice(1) });
    await targetsWhen(discovery, hasCount(1499));
    end();
    t.same(
      counts.filter((count) => count !== 1500),
      [1499],
      'it is one target all the time',
    );
  });

  await t.test('fewer pods, and Endpoints again', async (t) => {
    const few = ALL.slice(0, 900);
    const before = new Set(spelled(discovery.current!));
    await Promise.all([
      admin.apply(endpointsObject('kubevirt', few)),
      ...slices.slice(9).map((slice) => admin.delete(slice)),
    ]);
    await targetsWhen(discovery, hasCount(900));
    await until(() => discovery.lines.some(({ message }) => /from Endpoints again/.test(message)));
    await targetsWhen(discovery, hasCount(900));
    t.same(
      spelled(discovery.current!).filter((one) => !before.has(one)),
      [],
    );
    t.notOk(discovery.state()[0]?.usesSlices);
    await admin.apply(endpointsObject('kubevirt', few.slice(1)));
    await targetsWhen(discovery, hasCount(899));
  });

  await t.test('no Endpoints at all', async (t) => {
    await admin.delete(endpointsObject('kubevirt', []));
    const targets = await targetsWhen(discovery, hasCount(900));
    t.equal(targets.targets.length, 900);
    t.ok(discovery.state()[0]?.usesSlices);
    const [leaving, ...staying] = slices[1]!.endpoints;
    const conditions = { ready: false, serving: true, terminating: true };
    await admin.apply({ ...slices[1]!, endpoints: [{ ...leaving, conditions }, ...staying] });
    await targetsWhen(discovery, hasCount(899));
  });
});
