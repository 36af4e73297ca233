/**
 * A Kubernetes API for tests: a real etcd and a real kube-apiserver with RBAC, and nothing that acts by itself (no controllers, no nodes).
 *
 *     import { MISSING } from './inside.ts'; // first: the file is run again in a network namespace
 *     import t from 'tap';
 *     import { startCluster } from './cluster.ts';
 *
 *     t.test('…', { skip: MISSING }, async (t) => {
 *       await using cluster = await startCluster();
 *       await cluster.admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubevirt' } });
 *     });
 *
 * `cluster.kubeconfig` is the path of an administrator's kubeconfig, for programs that the test starts (helm). Everything that the test starts
 * is in the same namespace, so the API, pods (`podAddress(1)` of namespace.ts and so on), gateways and Prometheus servers reach each other.
 * `cluster.serviceAccount()` gives what a pod of a ServiceAccount would be given. kubevirt.ts has the objects of KubeVirt.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kubeconfigText } from '../../simulator/kubeconfig.ts';
import { createApiClient } from './api-client.ts';
import type { ApiClient } from './api-client.ts';
import { startApiServer } from './api-server.ts';
import type { ApiServer } from './api-server.ts';
import { startEtcd } from './etcd.ts';
import type { Etcd } from './etcd.ts';
import { SCRATCH } from './namespace.ts';
import { controlPlaneProgram } from './programs.ts';
import { createServiceAccount } from './service-account.ts';
import type { ServiceAccount } from './service-account.ts';

export interface Cluster extends AsyncDisposable {
  readonly etcd: Etcd;
  readonly api: ApiServer;
  /** May do everything. */
  readonly admin: ApiClient;
  /** The path of an administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Goes away with the cluster. */
  readonly folder: string;
  /** Makes the namespace and the ServiceAccount where they are missing, with a token that lasts an hour. */
  serviceAccount(namespace: string, name: string): Promise<ServiceAccount>;
}

/** Starts both in the network namespace of this process (see inside.ts): there can be one at a time. */
export async function startCluster(): Promise<Cluster> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(SCRATCH, 'kubernetes-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const etcd = stack.use(await startEtcd(controlPlaneProgram('etcd')!, folder));
  const api = stack.use(await startApiServer(controlPlaneProgram('kube-apiserver')!, etcd.url, folder));
  const admin = stack.use(createApiClient(api.url, api.ca, api.adminToken));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(
    kubeconfig,
    kubeconfigText({ url: api.url, ca: api.ca, token: api.adminToken, namespace: undefined }),
  );
  const parts = stack.move();
  return {
    etcd,
    api,
    admin,
    kubeconfig,
    folder,
    serviceAccount: (namespace, name) => createServiceAccount({ api, admin, folder, namespace, name }),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
