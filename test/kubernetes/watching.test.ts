import { MISSING } from './inside.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { createAuthority } from '../../simulator/certificate.ts';
import { kubeconfigText } from '../../simulator/kubeconfig.ts';
import { startDiscovery, targetsWhen } from '../discovery/fixture.ts';
import { eventually } from '../real/server.ts';
import { get, startTestGateway } from '../serve/fixture.ts';
import type { TestGateway } from '../serve/fixture.ts';
import { startProgram } from '../serve/program.ts';
import { kubevirtConfig } from '../../src/config/kubevirt.ts';
import { createApiClient } from './api-client.ts';
import type { ServiceAccount } from './service-account.ts';
import { startCluster } from './cluster.ts';
import { mountServiceAccount } from './inside.ts';
import { installKubevirt } from './kubevirt.ts';
import { endpointsObject, podObject } from './kubevirt-pods.ts';
import { podAddress } from './namespace.ts';
import { documentedRules, grant } from './rights.ts';
import type { Rule } from './rights.ts';
import { gatewayHas, gatewayTargets } from './targets.ts';

const FLAGS = ['--web.listen-address=127.0.0.1:0', '--kubernetes.namespace=kubevirt', '--scrape.reuse=0'];

t.test('watching a real API', { skip: MISSING }, async (t) => {
  await using cluster = await startCluster();
  const { admin, api, etcd } = cluster;
  await installKubevirt(admin, 'kubevirt');
  /** Makes the KubeVirt have this many pods; their names, as a gateway should then know them. */
  async function havePods(count: number): Promise<string[]> {
    const pods = Array.from({ length: count }, (_, n) => ({
      name: `virt-handler-${n + 1}`,
      addresses: [podAddress(n + 1)],
    }));
    await Promise.all(pods.map((pod) => admin.apply(podObject('kubevirt', pod))));
    await admin.apply(endpointsObject('kubevirt', pods));
    return pods.map(({ name }) => name);
  }
  async function account(name: string): Promise<ServiceAccount> {
    const made = await cluster.serviceAccount('gateways', name);
    await grant(admin, { namespace: 'gateways', name }, documentedRules(), 'kubevirt');
    return made;
  }
  const requestsOf = async (name: string, verb: string, resource: string) =>
    (await api.requests()).filter(
      (one) => one.account === name && one.verb === verb && one.resource === resource,
    );
  const kubeconfigOf = async (token: string, ca = api.ca): Promise<string> => {
    const file = join(cluster.folder, 'kubeconfig-of-a-gateway');
    await writeFile(file, kubeconfigText({ url: api.url, ca, token, namespace: undefined }));
    return file;
  };
  await havePods(1);

  await t.test('a watch goes on where the last bookmark was', async (t) => {
    const kubeconfig = await kubeconfigOf(await (await account('bookmarks')).requestToken());
    await using discovery = await startDiscovery(kubevirtConfig(['kubevirt']), {
      kubeconfig,
      timing: { watchSeconds: 4 },
    });
    await targetsWhen(discovery, ({ targets }) => targets.length === 1);
    const watches = await eventually('there were three watches', async (reason) => {
      // What it does not watch moves the version on.
      const name = 'other';
      const metadata = { name, namespace: 'default', annotations: { at: String(performance.now()) } };
      await admin.apply({ apiVersion: 'v1', kind: 'Endpoints', metadata, subsets: [] });
      const found = await requestsOf('bookmarks', 'watch', 'endpoints');
      reason(String(found.length));
      return found.length >= 3 ? found : undefined;
    });
    t.equal((await requestsOf('bookmarks', 'list', 'endpoints')).length, 1);
    const versions = watches.map(({ query }) => Number(query['resourceVersion']));
    t.ok(versions[2]! > versions[0]!, `${versions.join()}: without an event of its own objects`);
    for (const { query } of watches) t.equal(query['allowWatchBookmarks'], 'true');
  });

  await t.test('restarts, compaction and tokens', async (t) => {
    const rotated = await account('rotated');
    // Kubernetes lets a minute pass, so this one is good for ten seconds.
    const short = await rotated.signToken(-50);
    await rotated.writeToken(short);
    mountServiceAccount(rotated.folder);
    await using gateway = startProgram(FLAGS, { ...rotated.env });
    const url = await gateway.listening;
    await gatewayHas(url, 'pod', await havePods(2));

    await t.test('etcd is restarted', async (t) => {
      await etcd.stop();
      t.equal((await get(`${url}/-/ready`)).status, 200);
      t.equal((await gatewayTargets(url)).length, 2);
      await etcd.start();
      await gatewayHas(
        url,
        'pod',
        await eventually('the API has found it again', () => havePods(3).catch(() => undefined)),
      );
    });

    await t.test(
      'the API is restarted, and the token has ended and what was known last is compacted by then',
      async (t) => {
        const listed = async () =>
          (await requestsOf('rotated', 'list', 'endpoints')).filter(({ status }) => status === 200).length;
        const before = await listed();
        await api.stop();
        await eventually('it is noticed', async () =>
          /Kubernetes API failed, keeping what is known/.test(gateway.log()) ? true : undefined,
        );
        t.equal((await get(`${url}/-/ready`)).status, 200);
        t.equal((await gatewayTargets(url)).length, 3, 'what is known is kept');
        gateway.process.kill('SIGSTOP');
        await api.start();
        await rotated.writeToken(await rotated.requestToken());
        const pods = await havePods(4);
        await admin.delete(podObject('kubevirt', { name: 'virt-handler-1', addresses: [] }));
        await etcd.compact();
        await using other = createApiClient(api.url, api.ca, short);
        await eventually('the first token has ended', () =>
          other.ask('GET', '/api').then(
            () => undefined,
            () => true,
          ),
        );
        gateway.process.kill('SIGCONT');
        await gatewayHas(url, 'pod', pods);
        t.equal(await listed(), before + 1, 'it listed anew');
        t.notMatch(gateway.log(), /401/, 'with the token that is in the file');
      },
    );
  });

  await t.test('a gateway that cannot get in', async (t) => {
    const lost = await account('lost');
    const cases: [why: string, kubeconfig: { token?: string; ca?: string }, says: RegExp][] = [
      [
        'another authority',
        { ca: createAuthority().cert },
        /6443 is not to be trusted.*certificate authority of --kubeconfig/,
      ],
      ['a token that is none', { token: 'nonsense' }, /401: Unauthorized/],
    ];
    for (const [why, { token, ca }, says] of cases) {
      const kubeconfig = await kubeconfigOf(token ?? (await lost.requestToken()), ca);
      await using gateway = await startBuiltIn(kubeconfig);
      await notReady(gateway, says);
      const errors = gateway.lines
        .filter(({ level }) => level === 'warn')
        .map(({ fields }) => fields['error']);
      t.equal(errors.length, 3, `${why}: one line for each resource`);
      for (const error of errors) t.match(error, says);
    }
  });

  await t.test('a gateway that may not read', async (t) => {
    const { kubeconfig } = await cluster.serviceAccount('gateways', 'nobody');
    await using gateway = await startBuiltIn(kubeconfig);
    const text = await notReady(gateway, /verbs/);
    t.match(text, /a Role in namespace "kubevirt"/);
    const rules = parse(text.slice(text.indexOf('- apiGroups'))) as Rule[];
    t.same(rules.flatMap(({ resources }) => resources).sort(), ['endpoints', 'pods', 'services']);
    await grant(admin, { namespace: 'gateways', name: 'nobody' }, rules, 'kubevirt');
    await eventually('it is ready with what the message asked for', async (reason) => {
      const { status, text } = await get(`${gateway.url}/-/ready`);
      reason(text);
      return status === 200 ? true : undefined;
    });
  });
});

const startBuiltIn = (kubeconfig: string) =>
  startTestGateway(kubevirtConfig(['kubevirt']), [`--kubeconfig=${kubeconfig}`]);

/** The text that it is not ready with, once it says that. */
async function notReady(gateway: TestGateway, says: RegExp): Promise<string> {
  return eventually('it tells why it is not ready', async (reason) => {
    const { status, text } = await get(`${gateway.url}/metrics`);
    reason(text);
    return status === 503 && says.test(text) ? text : undefined;
  });
}
