import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import type { Server } from 'node:net';

/** What a pod answers. `headers` go out as they are; Content-Length is that of the body. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
}

/** Many pods in this process: one HTTP server behind one address of 127.0.0.0/8 each, all on the same port. */
export interface Pods extends AsyncDisposable {
  /** host:port, in the order of the pods. */
  readonly addresses: readonly string[];
  /** Until it is called, every pod answers 503. Returns the moment, in milliseconds since 1970. */
  open(): number;
}

/** How a pod answers, by its own number. It may answer each path in another way. */
export type Respond = (pod: number, request: IncomingMessage) => Answer;

/** Starts `count` pods. They listen when it resolves. */
export async function startPods(count: number, respond: Respond): Promise<Pods> {
  await using running = new AsyncDisposableStack();
  const numbers = new Map<string, number>();
  let isOpen = false;
  const http = createHttpServer((request, response) => {
    const number = numbers.get(request.socket.localAddress ?? '');
    const answer =
      isOpen && number !== undefined ? respond(number, request) : { status: 503, body: 'closed' };
    const body = Buffer.from(answer.body ?? '');
    // Thousands of idle connections would be more open files than some machines allow.
    response.shouldKeepAlive = false;
    response.writeHead(answer.status ?? 200, { ...answer.headers, 'content-length': body.length });
    response.end(body);
  });
  running.defer(() => http.closeAllConnections());

  const addresses: string[] = [];
  let port = 0;
  for (let tried = 0; addresses.length < count; tried++) {
    if (tried > count + 500) throw new Error(`no ${count} free addresses with port ${port}`);
    // By process, so that test files that run at the same time stay apart.
    const host = `127.${10 + (process.pid % 200)}.${tried >> 8}.${(tried & 255) + 1}`;
    if ((tried & 255) > 253) continue;
    const listening = await listen(host, port, (server) => {
      server.on('connection', (socket) => http.emit('connection', socket));
    });
    if (listening === undefined) continue;
    running.defer(() => void listening.server.close());
    port = listening.port;
    numbers.set(host, addresses.length);
    addresses.push(`${host}:${port}`);
  }

  const owned = running.move();
  return {
    addresses,
    open() {
      isOpen = true;
      return Date.now();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Undefined where the address is taken. */
function listen(
  host: string,
  port: number,
  prepare: (server: Server) => void,
): Promise<{ readonly server: Server; readonly port: number } | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    prepare(server);
    server.once('error', () => resolve(undefined));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      resolve({ server, port: typeof address === 'object' && address !== null ? address.port : port });
    });
  });
}
