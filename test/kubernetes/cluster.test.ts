import { MISSING } from './inside.ts';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import t from 'tap';
import { ApiError, createApiClient } from './api-client.ts';
import { startCluster } from './cluster.ts';
import { podAddress, podAddress6 } from './namespace.ts';

function endpoints(ip: string) {
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'one', namespace: 'kubevirt' },
    subsets: [{ addresses: [{ ip }], ports: [{ name: 'metrics', port: 8443 }] }],
  };
}

/** The status that the API refuses with. */
async function refusal(answer: Promise<unknown>): Promise<number> {
  const error = await answer.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof ApiError ? error.status : 0;
}

t.test('a cluster of etcd and kube-apiserver', { skip: MISSING }, async (t) => {
  await using cluster = await startCluster();
  const { admin, api } = cluster;
  const account = await cluster.serviceAccount('kubevirt', 'gateway');

  await t.test('what a pod may have for an address', async (t) => {
    await admin.apply(endpoints(podAddress(1)));
    await admin.apply(endpoints(podAddress6(1)));
    t.equal(await refusal(admin.apply(endpoints('127.0.0.1'))), 422, 'the reason for the network namespace');
    for (const host of [podAddress(300), podAddress6(300)]) {
      const server = createServer().listen({ host, port: 8443 });
      await once(server, 'listening');
      server.close();
    }
  });

  await t.test('a ServiceAccount may do what it is allowed to', async (t) => {
    const path = '/api/v1/namespaces/kubevirt/pods';
    const tokens: [why: string, token: string, status: number][] = [
      ['made by the API, without a role', await account.requestToken(), 403],
      ['made by hand', await account.signToken(60), 403],
      // Kubernetes lets a minute pass.
      ['expired', await account.signToken(-90), 401],
    ];
    for (const [why, token, status] of tokens) {
      await using client = createApiClient(api.url, api.ca, token);
      t.equal(await refusal(client.ask('GET', path)), status, why);
    }
    await admin.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'reader', namespace: 'kubevirt' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }],
    });
    await admin.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'reader', namespace: 'kubevirt' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'ServiceAccount', name: 'gateway', namespace: 'kubevirt' }],
    });
    await using client = createApiClient(api.url, api.ca, await account.requestToken());
    t.equal((await client.ask('GET', path)).kind, 'PodList');
    t.equal(await refusal(client.ask('GET', '/api/v1/namespaces/default/pods')), 403, 'elsewhere');
  });

  await t.test('nothing leads out of the namespace', async (t) => {
    const { stdout } = spawnSync('ip', ['-o', 'link'], { encoding: 'utf8' });
    t.match(stdout.trim().split('\n'), [/^1: lo:/]);
    t.equal(spawnSync('ip', ['route', 'get', '192.0.2.1']).status, 2);
  });
});
