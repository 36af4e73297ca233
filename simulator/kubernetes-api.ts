import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { sendJson, sendStatus, status } from './kubernetes-answer.ts';
import { kindOf, resourceOf } from './kubernetes-object.ts';
import type { KubernetesKind, KubernetesObject, KubernetesResource } from './kubernetes-object.ts';
import { fieldSelector, labelSelector, SelectorError } from './kubernetes-selector.ts';
import type { Selector } from './kubernetes-selector.ts';
import { KubernetesStore } from './kubernetes-store.ts';
import { sendBookmark, sendChange, sendEvent } from './kubernetes-watcher.ts';
import type { Watcher } from './kubernetes-watcher.ts';

export type { KubernetesKind, KubernetesObject, KubernetesResource } from './kubernetes-object.ts';

export interface KubernetesApiOptions {
  /** A loopback address; default 127.0.0.1. */
  readonly address?: string;
  /** Default 0: the system chooses, and `stop` and `start` keep what it chose. */
  readonly port?: number;
  /** PEM texts. With them the API speaks HTTPS; `ca` goes into the kubeconfig, and without one it says to skip verification. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string };
  /** With a token every request without it is answered with 401. */
  readonly token?: string;
  /** How a version that is too old for a watch is told: as an ERROR event in a 200 answer (the usual way), or as status 410. */
  readonly goneAs?: 'event' | 'status';
  /** Milliseconds between two bookmarks on a watch that asked for them; default 10,000. */
  readonly bookmarkIntervalMs?: number;
}

/** What the API does instead of answering, to the requests that it applies to. */
export interface KubernetesFault {
  readonly resource?: KubernetesResource;
  readonly verb?: 'list' | 'watch';
  /** Answer with this status and a Kubernetes Status object. */
  readonly status?: number;
  /** Answer 200 with this text. */
  readonly body?: string;
  /** Accept the request and never answer. */
  readonly hang?: boolean;
}

/** A request that arrived, for assertions about narrowing and resuming. */
export interface KubernetesRequest {
  readonly verb: 'list' | 'watch' | 'get';
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/** A Kubernetes API server that keeps Endpoints, Services and Pods in memory. */
export interface KubernetesApi extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly KubernetesRequest[];
  /** Watches that are open now. */
  readonly watches: number;
  /** Creates or replaces an object; one that is the same as before makes no event. */
  apply(object: KubernetesObject): void;
  /** Deletes an object; `false` when there is none. */
  delete(kind: KubernetesKind, namespace: string, name: string): boolean;
  get(kind: KubernetesKind, namespace: string, name: string): KubernetesObject | undefined;
  /** Forgets all history and all paging: resuming from an older version is gone (410). */
  compact(): void;
  /** Makes requests fail until called with `undefined`. Open watches go on. */
  fault(fault: KubernetesFault | undefined): void;
  /** Changes how gone versions are told. */
  goneAs(way: 'event' | 'status'): void;
  /** Sends a bookmark to every watch that asked for them. */
  bookmark(): void;
  /** Writes text into every open watch as it is. */
  inject(text: string): void;
  /** Cuts the connections of all watches. */
  dropWatches(): void;
  /** Ends all watches as a server does whose timeout has come. */
  endWatches(): void;
  /** Leaves open watches open but silent for ever, as a lost connection does. New watches work. */
  freezeWatches(): void;
  /** The text of a kubeconfig for this API. */
  kubeconfig(options?: { readonly namespace?: string }): string;
  /** Goes away: the port is closed and all connections are cut. Objects stay. */
  stop(): Promise<void>;
  /** Comes back on the same port. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a stand-in for a Kubernetes API server: list, watch and get of core/v1 endpoints, services and pods. */
export async function startKubernetesApi(options: KubernetesApiOptions = {}): Promise<KubernetesApi> {
  const api = new Api(options);
  await api.start();
  return api;
}

class Api implements KubernetesApi {
  readonly requests: KubernetesRequest[] = [];
  readonly #options: KubernetesApiOptions;
  readonly #store = new KubernetesStore();
  readonly #watches = new Set<Watcher>();
  readonly #sockets = new Set<Socket>();
  #server: ReturnType<typeof createHttpServer> | undefined;
  #port: number;
  #fault: KubernetesFault | undefined;
  #goneAs: 'event' | 'status';

  constructor(options: KubernetesApiOptions) {
    this.#options = options;
    this.#port = options.port ?? 0;
    this.#goneAs = options.goneAs ?? 'event';
    this.#store.onChange((change) => {
      for (const watch of this.#watches) sendChange(watch, change);
    });
  }

  get url(): string {
    const { address = '127.0.0.1', tls } = this.#options;
    return `${tls === undefined ? 'http' : 'https'}://${address}:${this.#port}`;
  }

  get watches(): number {
    return this.#watches.size;
  }

  apply(object: KubernetesObject): void {
    this.#store.apply(object);
  }

  delete(kind: KubernetesKind, namespace: string, name: string): boolean {
    return this.#store.delete(kind, namespace, name);
  }

  get(kind: KubernetesKind, namespace: string, name: string): KubernetesObject | undefined {
    return this.#store.get(kind, namespace, name);
  }

  compact(): void {
    this.#store.compact();
  }

  fault(fault: KubernetesFault | undefined): void {
    this.#fault = fault;
  }

  goneAs(way: 'event' | 'status'): void {
    this.#goneAs = way;
  }

  bookmark(): void {
    for (const watch of this.#watches) sendBookmark(watch, this.#store.version);
  }

  inject(text: string): void {
    for (const watch of this.#watches) watch.response.write(text);
  }

  dropWatches(): void {
    for (const watch of this.#watches) watch.response.socket?.destroy();
  }

  endWatches(): void {
    for (const watch of this.#watches) watch.response.end();
  }

  freezeWatches(): void {
    for (const watch of this.#watches) watch.frozen = true;
  }

  kubeconfig({ namespace }: { readonly namespace?: string } = {}): string {
    const { tls, token } = this.#options;
    const trust =
      tls?.ca === undefined
        ? 'insecure-skip-tls-verify: true'
        : `certificate-authority-data: ${Buffer.from(tls.ca).toString('base64')}`;
    return `apiVersion: v1
kind: Config
current-context: simulator
clusters:
- name: simulator
  cluster:
    server: ${this.url}
    ${trust}
users:
- name: simulator
  user: ${token === undefined ? '{}' : `{ token: ${JSON.stringify(token)} }`}
contexts:
- name: simulator
  context:
    cluster: simulator
    user: simulator
${namespace === undefined ? '' : `    namespace: ${namespace}\n`}`;
  }

  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const { address = '127.0.0.1', tls } = this.#options;
    const answer: RequestListener = (request, response) => {
      this.#answer(request, response);
    };
    const server = tls === undefined ? createHttpServer(answer) : createHttpsServer(tls, answer);
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, address, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async close(): Promise<void> {
    await this.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url);
    const { token } = this.#options;
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      sendStatus(response, 401, 'Unauthorized', 'Unauthorized');
      return;
    }
    const match = /^\/api\/v1(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?$/.exec(url.pathname);
    const kind = kindOf(match?.[2] ?? '');
    if (match === null || kind === undefined || request.method !== 'GET') {
      sendStatus(response, 404, 'NotFound', 'the server could not find the requested resource');
      return;
    }
    const [, namespace, , name] = match;
    const query = url.searchParams;
    const verb = name !== undefined ? 'get' : /^(true|1)$/.test(query.get('watch') ?? '') ? 'watch' : 'list';
    this.requests.push({ verb, path: url.pathname, query: Object.fromEntries(query) });
    if (this.#hasFault(verb, resourceOf(kind), response)) return;
    if (name !== undefined) {
      const object = this.#store.get(kind, namespace ?? '', name);
      if (object === undefined) sendStatus(response, 404, 'NotFound', `${match[2]!} "${name}" not found`);
      else sendJson(response, 200, object);
      return;
    }
    try {
      const byLabel = labelSelector(query.get('labelSelector') ?? '');
      const byField = fieldSelector(query.get('fieldSelector') ?? '');
      const selects: Selector = (object) => byLabel(object) && byField(object);
      if (verb === 'watch') this.#watch(response, query, kind, namespace, selects);
      else this.#list(response, query, kind, namespace, selects);
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      sendStatus(response, 400, 'BadRequest', error.message);
    }
  }

  #hasFault(verb: string, resource: KubernetesResource, response: ServerResponse): boolean {
    const fault = this.#fault;
    if (fault === undefined) return false;
    if (fault.resource !== undefined && fault.resource !== resource) return false;
    if (fault.verb !== undefined && fault.verb !== verb) return false;
    if (fault.hang === true) return true;
    if (fault.body !== undefined) response.end(fault.body);
    else sendStatus(response, fault.status ?? 500, 'InternalError', 'an error on purpose');
    return true;
  }

  #list(
    response: ServerResponse,
    query: URLSearchParams,
    kind: KubernetesKind,
    namespace: string | undefined,
    selects: Selector,
  ): void {
    const limit = Number(query.get('limit') ?? 0);
    const page = this.#store.page(kind, namespace, selects, limit, query.get('continue') ?? undefined);
    if (page === undefined) {
      sendStatus(response, 410, 'Expired', 'The provided continue parameter is too old');
      return;
    }
    const { version, items, more, remaining } = page;
    sendJson(response, 200, {
      kind: `${kind}List`,
      apiVersion: 'v1',
      metadata: {
        resourceVersion: String(version),
        ...(more === undefined ? {} : { continue: more, remainingItemCount: remaining }),
      },
      // As from the real one, the items of a list carry neither kind nor apiVersion.
      items: items.map(({ kind: _kind, apiVersion: _apiVersion, ...item }) => item),
    });
  }

  #watch(
    response: ServerResponse,
    query: URLSearchParams,
    kind: KubernetesKind,
    namespace: string | undefined,
    selects: Selector,
  ): void {
    const from = Number(query.get('resourceVersion') ?? 0);
    const past = this.#store.since(from);
    if (past === undefined && this.#goneAs === 'status') {
      sendStatus(response, 410, 'Expired', `too old resource version: ${from}`);
      return;
    }
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    if (past === undefined) {
      const gone = status(410, 'Expired', `too old resource version: ${from}`);
      response.end(`${JSON.stringify({ type: 'ERROR', object: gone })}\n`);
      return;
    }
    const watch: Watcher = {
      response,
      resource: resourceOf(kind),
      namespace,
      selects,
      bookmarks: query.get('allowWatchBookmarks') === 'true',
      timers: [],
      frozen: false,
    };
    this.#watches.add(watch);
    response.once('close', () => {
      this.#watches.delete(watch);
      for (const timer of watch.timers) clearTimeout(timer);
    });
    if (from === 0) {
      for (const object of this.#store.list(kind, namespace, selects)) sendEvent(watch, 'ADDED', object);
    }
    for (const change of past) sendChange(watch, change);
    const seconds = Number(query.get('timeoutSeconds') ?? 0);
    if (seconds > 0) {
      const end = setTimeout(() => {
        sendBookmark(watch, this.#store.version);
        if (!watch.frozen) response.end();
      }, seconds * 1000);
      watch.timers.push(end);
    }
    const bookmarks = setInterval(() => {
      sendBookmark(watch, this.#store.version);
    }, this.#options.bookmarkIntervalMs ?? 10_000);
    watch.timers.push(bookmarks);
  }
}
