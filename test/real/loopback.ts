import { createServer } from 'node:net';

let next = 1;

/**
 * An address of 127.2.0.0/16 on which nobody listens on `port`. The third part comes from the process id, so that test files that run at the
 * same time stay apart.
 * @throws Error when 250 addresses in a row are taken.
 */
export async function freeLoopbackAddress(port = 8443): Promise<string> {
  // Counted up before waiting, so that callers at the same time get different ones.
  while (next < 251) {
    const address = `127.2.${process.pid % 256}.${next++}`;
    if (await isFree(address, port)) return address;
  }
  throw new Error(`no free address with port ${port} in 127.2.${process.pid % 256}.0/24`);
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
