import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** What a pod may expose to those who read slowly: about 30 MB that hardly compress, far more than sockets can buffer. */
export const LARGE = { kind: 'huge', body: { of: 'noise', size: 30_000 }, gzip: false } as const;

/** How a connection came to its end: as if all had been said, or with RST. */
export type Ending = 'end' | 'reset';

/** A caller who has only a socket. Disposing closes it. */
export interface RawCaller extends Disposable {
  readonly socket: Socket;
  /** Fulfilled when the first bytes of the answer are there. */
  readonly begun: Promise<void>;
  /** Reads what is left, and tells how it ends. `text` has the head too. */
  drain(): Promise<{ readonly ending: Ending; readonly text: string }>;
}

/** Asks for /metrics and, until it drains, takes a byte a second of the answer. Rejects when it cannot connect. */
export async function askSlowly(
  url: string,
  options: { readonly version?: '1.0' | '1.1'; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<RawCaller> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  const headers = Object.entries({ host: 'gateway', ...options.headers });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`GET /metrics HTTP/${options.version ?? '1.1'}\r\n${lines}\r\n`);
  const begun = once(socket, 'readable').then(() => undefined);
  const chunks: Buffer[] = [];
  const take = (size?: number): void => {
    const chunk = socket.read(size) as Buffer | null;
    if (chunk !== null) chunks.push(chunk);
  };
  const timer = setInterval(() => take(1), 1000);
  const ending = new Promise<Ending>((resolve) => {
    socket.once('end', () => resolve('end'));
    socket.once('error', () => resolve('reset'));
  });
  socket.once('close', () => clearInterval(timer));
  return {
    socket,
    begun,
    async drain() {
      clearInterval(timer);
      socket.on('readable', () => take());
      take();
      return { ending: await ending, text: Buffer.concat(chunks).toString('latin1') };
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      socket.destroy();
    },
  };
}
