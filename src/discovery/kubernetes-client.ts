import { access, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import type { KubernetesSdConfig } from '../config/scrape-config.ts';
import type { KubeConfig } from './kubernetes-library.ts';

/** Where a pod finds its service account. */
const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Probes of an idle connection begin after this; Node sends ten, one a second, so that a lost peer is noticed in half a minute. */
const keepAliveDelayMs = 20_000;

/** No usable way to a Kubernetes API was found. The message names the places that were looked at and the way out. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
}

export interface KubernetesClientOptions {
  readonly sd: Pick<KubernetesSdConfig, 'kubeconfigFile' | 'apiServer'>;
  /** The path that `--kubeconfig` gave. */
  readonly kubeconfig?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of the pod's service account; another one is for tests. */
  readonly serviceAccount?: string | undefined;
}

/** Access to one Kubernetes API. */
export interface KubernetesClient {
  /** The API's URL. */
  readonly server: string;
  /** Where the credentials come from, for logs. */
  readonly origin: string;
  /** The namespace of the kubeconfig's context or of the service account, when it names one. */
  readonly ownNamespace: string | undefined;
  /** A session with the credentials of now and a connection of its own, so that nothing of a broken one is used again. */
  open(): Promise<KubernetesSession>;
}

export interface KubernetesSession extends AsyncDisposable {
  /** Answers with any status; the body must be read to its end or the session disposed. */
  get(
    path: string,
    query: URLSearchParams,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly body: Dispatcher.ResponseData['body'] }>;
}

type Library = typeof import('./kubernetes-library.ts');

interface Loaded {
  readonly config: KubeConfig;
  readonly origin: string;
}

/**
 * Finds the Kubernetes API: `api_server` (without credentials), `kubeconfig_file`, `--kubeconfig`, `KUBECONFIG` (several files
 * are merged as kubectl does it: the first to define something wins), `~/.kube/config`, the pod's service account.
 *
 * @throws {KubeconfigError} when none of them is there, or the one to be used cannot be read
 */
export async function createKubernetesClient(options: KubernetesClientOptions): Promise<KubernetesClient> {
  // Loaded here because it costs a quarter of a second and tens of megabytes that static targets need not pay.
  const library = await import('./kubernetes-library.ts');
  let loaded = await load(library, options);
  let stale = false;
  return {
    server: serverOf(loaded),
    origin: loaded.origin,
    ownNamespace:
      loaded.config.getContextObject(loaded.config.currentContext)?.namespace?.trim() || undefined,
    async open() {
      if (stale) loaded = await load(library, options);
      stale = false;
      return openSession(library, loaded, () => {
        // A refused credential may have been replaced on disk, and exec plugins cache theirs in the loaded config.
        stale = true;
      });
    },
  };
}

async function openSession(
  { RequestContext, HttpMethod }: Library,
  loaded: Loaded,
  refused: () => void,
): Promise<KubernetesSession> {
  const server = serverOf(loaded);
  const context = new RequestContext(server, HttpMethod.GET);
  await loaded.config.applySecurityAuthentication(context);
  const dispatcher: Dispatcher =
    context.getDispatcher() ??
    new Agent({ connect: { keepAlive: true, keepAliveInitialDelay: keepAliveDelayMs } });
  const headers = {
    ...context.getHeaders(),
    'user-agent': 'kubevirt-metrics-gateway',
    accept: 'application/json',
  };
  return {
    async get(path, query, signal) {
      const answer = await request(`${server.replace(/\/+$/, '')}${path}?${query.toString()}`, {
        dispatcher,
        headers,
        signal,
        // The caller's signal is the only clock: a watch may be silent for minutes.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      if (answer.statusCode === 401) refused();
      return { status: answer.statusCode, body: answer.body };
    },
    async [Symbol.asyncDispose]() {
      await dispatcher.destroy();
    },
  };
}

function serverOf({ config, origin }: Loaded): string {
  const server = config.getCurrentCluster()?.server;
  if (server === undefined || server === null || server === '') {
    throw new KubeconfigError(
      `${origin}: the current context ${JSON.stringify(config.currentContext ?? '')} names no cluster with a server; ` +
        'set current-context to one that does',
    );
  }
  return server;
}

async function load(library: Library, options: KubernetesClientOptions): Promise<Loaded> {
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

async function find(library: Library, options: KubernetesClientOptions): Promise<Loaded> {
  const { sd, env, serviceAccount = serviceAccountFolder } = options;
  if (sd.apiServer !== undefined) {
    const config = new library.KubeConfig();
    const cluster = { name: 'api_server', server: sd.apiServer, skipTLSVerify: false };
    config.loadFromClusterAndUser(cluster, { name: 'without-credentials' });
    return { config, origin: 'api_server' };
  }
  if (sd.kubeconfigFile !== undefined) {
    return { config: loadFile(library, sd.kubeconfigFile), origin: `kubeconfig_file ${sd.kubeconfigFile}` };
  }
  if (options.kubeconfig !== undefined) {
    return { config: loadFile(library, options.kubeconfig), origin: `--kubeconfig ${options.kubeconfig}` };
  }
  const looked = ['--kubeconfig (not given)'];

  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  const present = await existing(listed);
  if (present.length > 0) {
    const config = mergeFiles(library, present);
    return { config, origin: `KUBECONFIG ${present.join(delimiter)}` };
  }
  looked.push(
    listed.length === 0 ? 'KUBECONFIG (not set)' : `KUBECONFIG (no such file: ${listed.join(delimiter)})`,
  );

  const home = env['HOME'] ?? env['USERPROFILE'];
  if (home === undefined || home === '') looked.push('~/.kube/config (HOME is not set)');
  else {
    const file = join(home, '.kube', 'config');
    if ((await existing([file])).length > 0) return { config: loadFile(library, file), origin: file };
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
    const config = await inCluster(library, serviceAccount, host, port);
    return { config, origin: `service account ${serviceAccount}` };
  }
  throw new KubeconfigError(
    `no kubeconfig found; looked at ${looked.join(', ')}; give one with --kubeconfig or KUBECONFIG, or run in a pod with a service account`,
  );
}

async function inCluster(library: Library, folder: string, host: string, port: string): Promise<KubeConfig> {
  const config = new library.KubeConfig();
  const namespace = await readFile(join(folder, 'namespace'), 'utf8').catch(() => undefined);
  const name = 'in-cluster';
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  config.loadFromOptions({
    clusters: [{ name, caFile: join(folder, 'ca.crt'), server, skipTLSVerify: false }],
    // `tokenFile` is read again every minute: the token in a pod is replaced before it expires.
    users: [{ name, authProvider: { name: 'tokenFile', config: { tokenFile: join(folder, 'token') } } }],
    contexts: [{ name, cluster: name, user: name, namespace }],
    currentContext: name,
  });
  return config;
}

function loadFile(library: Library, file: string): KubeConfig {
  const config = new library.KubeConfig();
  try {
    config.loadFromFile(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
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
