import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { loadKubeconfig, serverOf } from './kubeconfig.ts';
import type { KubeconfigOptions, Library, LoadedKubeconfig } from './kubeconfig.ts';

/** Probes of an idle connection begin after this; Node sends ten, one a second, so that a lost peer is noticed in half a minute. */
const keepAliveDelayMs = 20_000;

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

/** Codes of Node.js for certificates that are not trusted, out of date, or of another server. */
const CERTIFICATE_CODES = /^(?:ERR_TLS_CERT|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH)/;

/**
 * Access to the API that `loadKubeconfig` finds.
 *
 * @throws {KubeconfigError} when there is none
 */
export async function createKubernetesClient(options: KubeconfigOptions): Promise<KubernetesClient> {
  // Loaded here because it costs a quarter of a second and tens of megabytes that static targets need not pay.
  const library = await import('./kubernetes-library.ts');
  let loaded = await loadKubeconfig(library, options);
  let stale = false;
  return {
    server: serverOf(loaded),
    origin: loaded.origin,
    ownNamespace:
      loaded.config.getContextObject(loaded.config.currentContext)?.namespace?.trim() || undefined,
    async open() {
      if (stale) loaded = await loadKubeconfig(library, options);
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
  loaded: LoadedKubeconfig,
  refused: () => void,
): Promise<KubernetesSession> {
  const server = serverOf(loaded);
  const context = new RequestContext(server, HttpMethod.GET);
  await loaded.config.applySecurityAuthentication(context);
  const dispatcher: Dispatcher =
    context.getDispatcher() ??
    new Agent({ connect: { keepAlive: true, keepAliveInitialDelay: keepAliveDelayMs } });
  const token = await readToken(loaded);
  const headers = {
    ...context.getHeaders(),
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
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
      }).catch((error: unknown) => {
        throw explained(error, loaded);
      });
      if (answer.statusCode === 401) refused();
      return { status: answer.statusCode, body: answer.body };
    },
    async [Symbol.asyncDispose]() {
      await dispatcher.destroy();
    },
  };
}

/** Read for every session: a token is replaced before it expires. */
async function readToken({ config, tokenFiles }: LoadedKubeconfig): Promise<string | undefined> {
  const file = tokenFiles.get(config.getCurrentUser()?.name ?? '');
  return file === undefined ? undefined : (await readFile(file, 'utf8')).trim();
}

/** Node's own words for a certificate that is not trusted name neither the server nor the way out. */
function explained(error: unknown, loaded: LoadedKubeconfig): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string' || !CERTIFICATE_CODES.test(code)) return error;
  return new Error(
    `the certificate of ${serverOf(loaded)} is not to be trusted (${code}: ${message.replace(/;.*/s, '')}); ` +
      `look at the certificate authority of ${loaded.origin}`,
  );
}
