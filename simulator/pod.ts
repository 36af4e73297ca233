import { createServer as createHttpServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import { createServer as createNetServer } from 'node:net';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

import { respond } from './behaviour.ts';
import type { Answer, Behaviour } from './behaviour.ts';
import { createAuthority } from './certificate.ts';
import type { Authority, KeyPair } from './certificate.ts';

export type { Behaviour } from './behaviour.ts';

export interface PodOptions {
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default true: with `podCertificate()`. An object goes to Node's TLS server (`cert` and `key` default to the same). */
  readonly tls?: boolean | ServerOptions;
  /**
   * The exposition of this moment. Give the same string or Buffer again while nothing changed: its gzip is kept. `earlier` is how many requests came
   * over the same connection before.
   */
  readonly body: (earlier: number) => string | Buffer;
  /** Whether gzip is offered to those who ask for it. Default true. */
  readonly gzip?: boolean;
  /** Default /metrics; any other path is a 404. */
  readonly path?: string;
  /** Requests served at a time, 503 for more, as virt-handler's `--max-metric-requests 3`. Default no limit. */
  readonly limit?: number;
  readonly behaviour?: Behaviour;
}

/** A request that arrived. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** What arrived so far. */
export interface Requests {
  readonly count: number;
  readonly inFlight: number;
  /** The most that were in flight at once. */
  readonly peak: number;
  /** TCP connections accepted so far. */
  readonly connections: number;
  readonly last: SeenRequest | undefined;
}

/** A running pod. Disposing cuts its connections. */
export interface Pod extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  readonly url: string;
  readonly requests: Requests;
  /** The behaviour from the next request on. `refuse` stops listening, anything else listens again. */
  behave(behaviour: Behaviour): Promise<void>;
  /** Fulfilled by the next request, when its head has arrived and before it is answered. */
  nextRequest(): Promise<SeenRequest>;
  /** Cuts every open connection, as a restarting pod does. */
  disconnect(): void;
}

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Starts an HTTP/1.1 server that answers as KubeVirt's pods do. Rejects when the address cannot be bound. */
export async function startPod(options: PodOptions): Promise<Pod> {
  const { address = '127.0.0.1', tls = true, path = '/metrics', gzip = true, limit = Infinity } = options;
  let behaviour: Behaviour = options.behaviour ?? { kind: 'normal' };
  const requests = {
    count: 0,
    inFlight: 0,
    peak: 0,
    connections: 0,
    last: undefined as SeenRequest | undefined,
  };
  const sockets = new Map<string, Socket>();
  const bodies = createBodies(options.body);
  const seenOf = new WeakMap<Socket, number>();
  let waiting: ((request: SeenRequest) => void)[] = [];

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const seen = { method: request.method ?? '', url: request.url ?? '', headers: request.headers };
    requests.count += 1;
    requests.inFlight += 1;
    requests.peak = Math.max(requests.peak, requests.inFlight);
    requests.last = seen;
    response.once('close', () => (requests.inFlight -= 1));
    const earlier = seenOf.get(request.socket) ?? 0;
    seenOf.set(request.socket, earlier + 1);
    for (const resolve of waiting) resolve(seen);
    waiting = [];
    // A client that is cut off in the middle is what some behaviours are for.
    response.on('error', () => undefined);
    if (seen.url.split('?')[0] !== path) {
      respond(
        { kind: 'status', status: 404, text: '404 page not found\n' },
        exchangeOf(request, response, earlier),
      );
    } else if (requests.inFlight > limit) {
      const text = `Limit of concurrent requests reached (${limit}), try again later.\n`;
      respond({ kind: 'status', status: 503, text }, exchangeOf(request, response, earlier));
    } else {
      respond(behaviour, exchangeOf(request, response, earlier));
    }
  }

  function exchangeOf(request: IncomingMessage, response: ServerResponse, earlier: number) {
    return {
      request,
      response,
      answer(): Answer {
        if (!gzip || !asksForGzip(request)) {
          return { headers: { 'content-type': CONTENT_TYPE }, body: bodies.plain(earlier) };
        }
        return {
          headers: { 'content-type': CONTENT_TYPE, 'content-encoding': 'gzip' },
          body: bodies.gzip(earlier),
        };
      },
      gzip: () => bodies.gzip(earlier),
      reset() {
        sockets.get(peerOf(request.socket))?.resetAndDestroy();
      },
    };
  }

  // The listener is apart from the HTTP server so that a behaviour can act before TLS begins. An HTTP server that does not
  // listen itself starts no timers either, which counts with a thousand pods.
  const server = createServer(tls, onRequest);
  function onConnection(socket: Socket): void {
    const peer = peerOf(socket);
    requests.connections += 1;
    sockets.set(peer, socket);
    socket.once('close', () => sockets.delete(peer));
    socket.on('error', () => undefined);
    if (behaviour.kind === 'reset' && behaviour.at === 'connect') socket.resetAndDestroy();
    else if (behaviour.kind === 'hang' && behaviour.at === 'handshake') socket.resume();
    else server.emit('connection', socket);
  }

  let listener: NetServer | undefined = await listen(address, options.port ?? 0, onConnection);
  const { port } = listener.address() as AddressInfo;

  function disconnect(): void {
    for (const socket of sockets.values()) socket.destroy();
  }
  async function stopListening(): Promise<void> {
    if (listener === undefined) return;
    const closing = listener;
    listener = undefined;
    const closed = new Promise<void>((resolve) => closing.close(() => resolve()));
    disconnect();
    await closed;
  }

  if (behaviour.kind === 'refuse') await stopListening();
  return {
    address,
    port,
    url: `${tls === false ? 'http' : 'https'}://${address.includes(':') ? `[${address}]` : address}:${port}${path}`,
    requests,
    async behave(next) {
      behaviour = next;
      if (next.kind === 'refuse') await stopListening();
      else listener ??= await listen(address, port, onConnection);
    },
    nextRequest: () => new Promise((resolve) => waiting.push(resolve)),
    disconnect,
    [Symbol.asyncDispose]: stopListening,
  };
}

let authority: Authority | undefined;
let certificate: KeyPair | undefined;

/** The authority that signed `podCertificate()`; made at first use, one per process. */
export function podAuthority(): Authority {
  authority ??= createAuthority();
  return authority;
}

/** The certificate of every pod that was given none. As KubeVirt's own: names of Services, no addresses. */
export function podCertificate(): KeyPair {
  const services = [
    'virt-api',
    'virt-controller',
    'virt-handler',
    'virt-operator',
    'kubevirt-prometheus-metrics',
  ];
  certificate ??= podAuthority().issue({
    commonName: 'kubevirt.io:system:node:virt-handler',
    dnsNames: services.flatMap((name) => [`${name}.kubevirt.svc`, `${name}.kubevirt.svc.cluster.local`]),
  });
  return certificate;
}

function createServer(
  tls: boolean | ServerOptions,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): HttpServer {
  // KubeVirt's Go servers have no timeouts at all; Node would close an idle connection after 5 s.
  const timeouts = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 };
  if (tls === false) return createHttpServer(timeouts, onRequest);
  const server = createHttpsServer(
    { ...podCertificate(), ALPNProtocols: ['http/1.1'], ...(tls === true ? {} : tls), ...timeouts },
    onRequest,
  );
  server.on('tlsClientError', () => undefined);
  return server;
}

function listen(address: string, port: number, onConnection: (socket: Socket) => void): Promise<NetServer> {
  return new Promise((resolve, reject) => {
    const listener = createNetServer({ noDelay: true }, onConnection);
    listener.once('error', (cause: NodeJS.ErrnoException) => {
      const message = `simulator: cannot listen on ${address}:${port} (${cause.code}); ${wayOut(cause.code)}`;
      reject(new Error(message, { cause }));
    });
    // Two hundred connections may arrive at once where many pods share an address.
    listener.listen({ host: address, port, backlog: 1024 }, () => resolve(listener));
  });
}

function wayOut(code: string | undefined): string {
  if (code === 'EADDRINUSE') return 'end what uses it, or choose another address or port';
  if (code === 'EADDRNOTAVAIL') {
    return 'on Linux all of 127.0.0.0/8 is there; elsewhere add the address to the loopback interface first';
  }
  return 'choose another address or port';
}

/** The body and its gzip, each made once for as long as the source gives the same value. */
function createBodies(source: (earlier: number) => string | Buffer) {
  let current: string | Buffer | undefined;
  let plain: Buffer = Buffer.alloc(0);
  function update(earlier: number): Buffer {
    const next = source(earlier);
    if (next !== current) {
      current = next;
      plain = typeof next === 'string' ? Buffer.from(next) : next;
    }
    return plain;
  }
  return { plain: update, gzip: (earlier: number) => gzipOf(update(earlier)) };
}

const zipped = new WeakMap<Buffer, Buffer>();

/** gzip of a Buffer, kept as long as the Buffer: pods that share one share its gzip. */
export function gzipOf(body: Buffer): Buffer {
  let gzip = zipped.get(body);
  if (gzip === undefined) {
    gzip = gzipSync(body);
    zipped.set(body, gzip);
  }
  return gzip;
}

function asksForGzip(request: IncomingMessage): boolean {
  const codings = (request.headers['accept-encoding'] ?? '').split(',');
  return codings.some((coding) => /^\s*(gzip|\*)\s*(;(?!\s*q=0(\.0*)?\s*$)|$)/i.test(coding));
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}
