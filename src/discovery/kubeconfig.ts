import { access, readFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { KubernetesSdConfig } from '../config/scrape-config.ts';
import { whyUnreadable } from '../config/unreadable.ts';
import type { KubeConfig } from './kubernetes-library.ts';
import { field, list, text } from './raw-value.ts';

/** Where a pod finds its service account. */
const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** No usable way to a Kubernetes API was found. The message names the places that were looked at and the way out. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
}

export interface KubeconfigOptions {
  readonly sd: Pick<KubernetesSdConfig, 'kubeconfigFile' | 'apiServer'>;
  /** The path that `--kubeconfig` gave. */
  readonly kubeconfig?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of the pod's service account; another one is for tests. */
  readonly serviceAccount?: string | undefined;
}

/** The client library, which is loaded only where there is something to watch. */
export type Library = typeof import('./kubernetes-library.ts');

/** A way to a Kubernetes API. */
export interface LoadedKubeconfig {
  readonly config: KubeConfig;
  readonly origin: string;
  /** Files with the tokens of users, by the name of the user. */
  readonly tokenFiles: ReadonlyMap<string, string | undefined>;
}

/** The URL of the API. */
export function serverOf({ config, origin }: LoadedKubeconfig): string {
  const server = config.getCurrentCluster()?.server;
  if (server === undefined || server === null || server === '') {
    throw new KubeconfigError(
      `${origin}: the current context ${JSON.stringify(config.currentContext ?? '')} names no cluster with a server; ` +
        'set current-context to one that does',
    );
  }
  return server;
}

/**
 * Finds the Kubernetes API: `api_server` (without credentials), `kubeconfig_file`, `--kubeconfig`, `KUBECONFIG` (several files
 * are merged as kubectl does it: the first to define something wins), `~/.kube/config`, the pod's service account.
 *
 * @throws {KubeconfigError} when none of them is there, or the one to be used cannot be read
 */
export async function loadKubeconfig(
  library: Library,
  options: KubeconfigOptions,
): Promise<LoadedKubeconfig> {
  const loaded = await find(library, options);
  const { config } = loaded;
  const cluster = config.getCurrentCluster();
  // Plain HTTP has no certificate to verify; the library refuses it unless told so.
  if (cluster?.server?.startsWith('http:') === true) Object.assign(cluster, { skipTLSVerify: true });
  const context = config.getContextObject(config.currentContext);
  if (context !== null && config.getCurrentUser() === null) {
    // Without a user the library would also leave out the cluster's CA.
    const name = 'without-credentials';
    config.users = [...config.users.filter((user) => user.name !== name), { name }];
    Object.assign(context, { user: name });
  }
  serverOf(loaded);
  return loaded;
}

async function find(library: Library, options: KubeconfigOptions): Promise<LoadedKubeconfig> {
  const { sd, env, serviceAccount = serviceAccountFolder } = options;
  if (sd.apiServer !== undefined) {
    const config = new library.KubeConfig();
    const cluster = { name: 'api_server', server: sd.apiServer, skipTLSVerify: false };
    config.loadFromClusterAndUser(cluster, { name: 'without-credentials' });
    return { config, origin: 'api_server', tokenFiles: new Map() };
  }
  if (sd.kubeconfigFile !== undefined) {
    return loadFiles(library, [sd.kubeconfigFile], `kubeconfig_file ${sd.kubeconfigFile}`);
  }
  if (options.kubeconfig !== undefined) {
    return loadFiles(library, [options.kubeconfig], `--kubeconfig ${options.kubeconfig}`);
  }
  const looked = ['--kubeconfig (not given)'];

  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  const present = await existing(listed);
  if (present.length > 0) {
    return loadFiles(library, present, `KUBECONFIG ${present.join(delimiter)}`);
  }
  looked.push(
    listed.length === 0 ? 'KUBECONFIG (not set)' : `KUBECONFIG (no such file: ${listed.join(delimiter)})`,
  );

  const home = env['HOME'] ?? env['USERPROFILE'];
  if (home === undefined || home === '') looked.push('~/.kube/config (HOME is not set)');
  else {
    const file = join(home, '.kube', 'config');
    if ((await existing([file])).length > 0) return loadFiles(library, [file], file);
    looked.push(`${file} (does not exist)`);
  }

  const token = join(serviceAccount, 'token');
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  if ((await existing([token])).length === 0) looked.push(`the service account ${token} (does not exist)`);
  else if (host === undefined || port === undefined) {
    looked.push(
      `the service account ${token} (KUBERNETES_SERVICE_HOST or KUBERNETES_SERVICE_PORT is not set)`,
    );
  } else {
    return inCluster(library, serviceAccount, host, port);
  }
  throw new KubeconfigError(
    `no kubeconfig found; looked at ${looked.join(', ')}; give one with --kubeconfig or KUBECONFIG, or run in a pod with a service account`,
  );
}

async function inCluster(
  library: Library,
  folder: string,
  host: string,
  port: string,
): Promise<LoadedKubeconfig> {
  const config = new library.KubeConfig();
  const namespace = await readFile(join(folder, 'namespace'), 'utf8').catch(() => undefined);
  const name = 'in-cluster';
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  config.loadFromOptions({
    clusters: [{ name, caFile: join(folder, 'ca.crt'), server, skipTLSVerify: false }],
    users: [{ name }],
    contexts: [{ name, cluster: name, user: name, namespace }],
    currentContext: name,
  });
  return {
    config,
    origin: `service account ${folder}`,
    tokenFiles: new Map([[name, join(folder, 'token')]]),
  };
}

/** One kubeconfig, or several that are merged. */
async function loadFiles(
  library: Library,
  files: readonly string[],
  origin: string,
): Promise<LoadedKubeconfig> {
  const config = mergeFiles(library, files);
  const tokenFiles = new Map<string, string | undefined>();
  for (const file of files) {
    for (const [user, tokenFile] of await readTokenFiles(file))
      if (!tokenFiles.has(user)) tokenFiles.set(user, tokenFile);
  }
  return { config, origin, tokenFiles };
}

/** The users of a kubeconfig with their `tokenFile`, which the library does not know. */
async function readTokenFiles(file: string): Promise<[user: string, tokenFile: string | undefined][]> {
  const { users } = (parse(await readFile(file, 'utf8')) ?? {}) as { users?: unknown };
  return list(users).map((entry) => {
    const tokenFile = text(field(field(entry, 'user'), 'tokenFile'));
    return [text(field(entry, 'name')), tokenFile === '' ? undefined : resolve(dirname(file), tokenFile)];
  });
}

function loadFile(library: Library, file: string): KubeConfig {
  const config = new library.KubeConfig();
  try {
    config.loadFromFile(file);
  } catch (cause) {
    const error = cause as NodeJS.ErrnoException;
    const why = whyUnreadable(error, '--kubeconfig') ?? error.message;
    throw new KubeconfigError(`cannot read the kubeconfig ${file}: ${why}`, { cause });
  }
  return config;
}

function mergeFiles(library: Library, files: readonly string[]): KubeConfig {
  const [first, ...rest] = files.map((file) => loadFile(library, file));
  const merged = first!;
  for (const next of rest) {
    // The library's own merge throws on a name that is defined twice; kubectl keeps the first.
    merged.clusters = addUnknown(merged.clusters, next.clusters);
    merged.users = addUnknown(merged.users, next.users);
    merged.contexts = addUnknown(merged.contexts, next.contexts);
    merged.currentContext ||= next.currentContext;
  }
  return merged;
}

function addUnknown<T extends { readonly name: string }>(known: readonly T[], more: readonly T[]): T[] {
  const names = new Set(known.map(({ name }) => name));
  return [...known, ...more.filter(({ name }) => !names.has(name))];
}

async function existing(files: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    files.map((file) =>
      access(file).then(
        () => true,
        () => false,
      ),
    ),
  );
  return files.filter((_, index) => found[index]);
}
