import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chart, helm } from '../packaging/helm.ts';
import { ApiError } from './api-client.ts';
import type { ApiClient, ApiObject } from './api-client.ts';
import type { Cluster } from './cluster.ts';

const run = promisify(execFile);

/** Every kind of list that may have an object of the chart in it. */
const LISTS = [
  '/apis/apps/v1/deployments',
  '/apis/apps/v1/statefulsets',
  '/api/v1/services',
  '/api/v1/serviceaccounts',
  '/api/v1/configmaps',
  '/apis/rbac.authorization.k8s.io/v1/roles',
  '/apis/rbac.authorization.k8s.io/v1/rolebindings',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  '/apis/policy/v1/poddisruptionbudgets',
  '/apis/networking.k8s.io/v1/networkpolicies',
  '/apis/networking.k8s.io/v1/ingresses',
];

/** A release of the chart in a cluster. */
export interface Release {
  readonly name: string;
  readonly namespace: string;
  /** Runs helm with what comes before the chart's path; returns what it prints. Rejects with what it complains of. */
  install(...args: readonly string[]): Promise<string>;
  upgrade(...args: readonly string[]): Promise<string>;
  rollback(revision: number): Promise<string>;
  uninstall(): Promise<string>;
  /** What the API has of it, as kind and name, sorted. */
  objects(): Promise<readonly string[]>;
  /** The object of that path below the release's namespace; undefined when there is none. */
  get(path: string): Promise<ApiObject | undefined>;
}

/** helm, with the administrator's access and folders of its own. */
export async function createRelease(cluster: Cluster, name: string, namespace: string): Promise<Release> {
  const folder = join(cluster.folder, 'helm');
  await mkdir(folder, { recursive: true });
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    KUBECONFIG: cluster.kubeconfig,
    HELM_CACHE_HOME: folder,
    HELM_CONFIG_HOME: folder,
    HELM_DATA_HOME: folder,
  };
  async function call(...args: readonly string[]): Promise<string> {
    const { stdout } = await run(helm ?? '', [...args, '--namespace', namespace], { env });
    return stdout;
  }
  return {
    name,
    namespace,
    install: (...args) => call('install', name, chart, ...args),
    upgrade: (...args) => call('upgrade', name, chart, ...args),
    rollback: (revision) => call('rollback', name, String(revision)),
    uninstall: () => call('uninstall', name),
    objects: () => objectsOf(cluster.admin, name),
    get: (path) => find(cluster.admin, namespace, path),
  };
}

async function objectsOf(admin: ApiClient, name: string): Promise<string[]> {
  const selector = `labelSelector=app.kubernetes.io%2Finstance%3D${name}`;
  const lists = await Promise.all(LISTS.map((path) => admin.ask('GET', `${path}?${selector}`)));
  return lists
    .flatMap((list) =>
      (list['items'] as ApiObject[]).map((item) => `${list.kind.replace(/List$/, '')} ${item.metadata.name}`),
    )
    .sort();
}

async function find(admin: ApiClient, namespace: string, path: string): Promise<ApiObject | undefined> {
  const [group, rest] = path.startsWith('apps/') ? ['/apis/apps/v1', path.slice(5)] : ['/api/v1', path];
  try {
    return await admin.ask('GET', `${group}/namespaces/${namespace}/${rest}`);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
