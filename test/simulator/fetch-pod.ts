import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { RequestOptions } from 'node:https';

/** What came of a request: the answer, or how far it got and the error that ended it. */
export interface Fetched {
  readonly status?: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly error?: NodeJS.ErrnoException;
}

/** One request on a connection of its own, unless an agent is given; never rejects. `onBody` is called with each piece. */
export function fetchPod(
  url: string,
  options: RequestOptions = {},
  onBody?: (abort: () => void) => void,
): Promise<Fetched> {
  return new Promise((resolve) => {
    const start = url.startsWith('https:') ? httpsRequest : httpRequest;
    const chunks: Buffer[] = [];
    let status: number | undefined;
    let headers: IncomingHttpHeaders = {};
    function end(error?: NodeJS.ErrnoException): void {
      resolve({
        headers,
        body: Buffer.concat(chunks),
        ...(status === undefined ? {} : { status }),
        ...(error === undefined ? {} : { error }),
      });
    }
    const request = start(url, { agent: false, rejectUnauthorized: false, ...options }, (response) => {
      status = response.statusCode ?? 0;
      headers = response.headers;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        onBody?.(() => request.destroy());
      });
      response.once('end', () => end());
      response.once('error', end);
    });
    request.once('error', end);
    request.end();
  });
}
