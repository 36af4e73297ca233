import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { kubeconfigText } from './kubeconfig.ts';
import { sendJson, sendStatus } from './kubernetes-answer.ts';
import { appliesTo, sendFault } from './kubernetes-fault.ts';
import type { KubernetesFault } from './kubernetes-fault.ts';
import { resourceOf } from './kubernetes-object.ts';
import type { KubernetesKind, KubernetesObject } from './kubernetes-object.ts';
import { readQuestion, scopeOf } from './kubernetes-question.ts';
import type { KubernetesQuestion } from './kubernetes-question.ts';
import type { KubernetesScope } from './kubernetes-scope.ts';
import { SelectorError } from './kubernetes-selector.ts';
import { KubernetesStore } from './kubernetes-store.ts';
import { KubernetesWatches } from './kubernetes-watches.ts';
import type { GoneAs } from './kubernetes-watches.ts';

export type { KubernetesFault } from './kubernetes-fault.ts';
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
  /** Default `event`. */
  readonly goneAs?: GoneAs;
  /** Milliseconds between two bookmarks on a watch that asked for them; default 10,000. */
  readonly bookmarkIntervalMs?: number;
}

/** A request that arrived, for assertions about narrowing and resuming. */
export interface KubernetesRequest {
  readonly verb: KubernetesQuestion['verb'];
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/** A Kubernetes API server that keeps Endpoints, EndpointSlices, Services and Pods in memory. */
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
  /** Makes requests fail, each by the first fault that applies to it, until called with `undefined`. Open watches go on. */
  fault(...faults: readonly (KubernetesFault | undefined)[]): void;
  /** Changes how gone versions are told. */
  goneAs(way: GoneAs): void;
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

/** Starts a stand-in for a Kubernetes API server: list, watch and get of endpoints, endpointslices, services and pods. */
export async function startKubernetesApi(options: KubernetesApiOptions = {}): Promise<KubernetesApi> {
  const api = new Api(options);
  await api.start();
  return api;
}

class Api implements KubernetesApi {
  readonly requests: KubernetesRequest[] = [];
  readonly #options: KubernetesApiOptions;
  readonly #store = new KubernetesStore();
  readonly #watches: KubernetesWatches;
  readonly #sockets = new Set<Socket>();
  #server: ReturnType<typeof createHttpServer> | undefined;
  #port: number;
  #faults: readonly KubernetesFault[] = [];

  constructor(options: KubernetesApiOptions) {
    this.#options = options;
    this.#port = options.port ?? 0;
    const { goneAs = 'event', bookmarkIntervalMs = 10_000 } = options;
    this.#watches = new KubernetesWatches(this.#store, goneAs, bookmarkIntervalMs);
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

  fault(...faults: readonly (KubernetesFault | undefined)[]): void {
    this.#faults = faults.filter((fault) => fault !== undefined);
  }

  goneAs(way: GoneAs): void {
    this.#watches.goneAs = way;
  }

  bookmark(): void {
    this.#watches.bookmark();
  }

  inject(text: string): void {
    this.#watches.forEach(({ response }) => response.write(text));
  }

  dropWatches(): void {
    this.#watches.forEach(({ response }) => response.socket?.destroy());
  }

  endWatches(): void {
    this.#watches.forEach(({ response }) => response.end());
  }

  freezeWatches(): void {
    this.#watches.forEach((watcher) => {
      watcher.frozen = true;
    });
  }

  kubeconfig({ namespace }: { readonly namespace?: string } = {}): string {
    const { tls, token } = this.#options;
    return kubeconfigText({ url: this.url, ca: tls?.ca, token, namespace });
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
    const question = request.method === 'GET' ? readQuestion(url) : undefined;
    if (question === undefined) {
      sendStatus(response, 404, 'NotFound', 'the server could not find the requested resource');
      return;
    }
    const { verb, path, kind, namespace, query } = question;
    this.requests.push({ verb, path, query: Object.fromEntries(query) });
    const fault = this.#faults.find((one) => appliesTo(one, verb, resourceOf(kind), namespace));
    if (fault !== undefined) {
      sendFault(response, fault);
      return;
    }
    try {
      if (verb === 'get') this.#get(response, question);
      else if (verb === 'watch') this.#watches.answer(response, scopeOf(question), query);
      else this.#list(response, scopeOf(question), query);
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      sendStatus(response, 400, 'BadRequest', error.message);
    }
  }

  #get(response: ServerResponse, { kind, namespace = '', name = '' }: KubernetesQuestion): void {
    const object = this.#store.get(kind, namespace, name);
    if (object === undefined)
      sendStatus(response, 404, 'NotFound', `${resourceOf(kind)} "${name}" not found`);
    else sendJson(response, 200, object);
  }

  #list(response: ServerResponse, scope: KubernetesScope, query: URLSearchParams): void {
    const limit = Number(query.get('limit') ?? 0);
    const page = this.#store.page(scope, limit, query.get('continue') ?? undefined);
    if (page === undefined) {
      sendStatus(response, 410, 'Expired', 'The provided continue parameter is too old');
      return;
    }
    const { version, items, more, remaining } = page;
    sendJson(response, 200, {
      kind: `${scope.kind}List`,
      apiVersion: 'v1',
      metadata: {
        resourceVersion: String(version),
        ...(more === undefined ? {} : { continue: more, remainingItemCount: remaining }),
      },
      // As from the real one, the items of a list carry neither kind nor apiVersion.
      items: items.map(({ kind: _kind, apiVersion: _apiVersion, ...item }) => item),
    });
  }
}
