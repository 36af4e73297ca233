import type { IncomingMessage, ServerResponse } from 'node:http';

import { sendHugeBody } from './huge-body.ts';
import type { HugeBody } from './huge-body.ts';

/** What a pod does with a request. Everything but `normal` is a fault or a delay that a test asks for. */
export type Behaviour =
  | { readonly kind: 'normal' }
  /** Not listening: connections are refused, and the open ones are cut. */
  | { readonly kind: 'refuse' }
  /** Goes silent: before the TLS handshake, after the request, or after half of the body. */
  | { readonly kind: 'hang'; readonly at: 'handshake' | 'head' | 'body' }
  /** Cuts the connection with RST at that moment (`body`: after half of it). */
  | { readonly kind: 'reset'; readonly at: 'connect' | 'head' | 'body' }
  /** Ends the connection in good order after half of the body. */
  | { readonly kind: 'close' }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly text?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** 200 with that text instead of the pod's own (default: text that is no exposition), under that Content-Encoding. */
  | {
      readonly kind: 'rubbish';
      readonly body?: string | Buffer;
      readonly contentType?: string;
      readonly encoding?: string;
    }
  /** 200 with a body that no pod should have; gzip whether asked for or not. */
  | { readonly kind: 'huge'; readonly body: HugeBody; readonly gzip: boolean }
  /** These bytes in the place of an HTTP answer, whole or one every `ms` milliseconds, and then silence, the end or RST. The connection answers nothing else afterwards. */
  | {
      readonly kind: 'raw';
      readonly bytes: string | Buffer;
      readonly after: 'hang' | 'end' | 'reset';
      readonly ms?: number;
    }
  /** Answers as usual after so many milliseconds. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Answers as usual once the promise is fulfilled. */
  | { readonly kind: 'wait'; readonly until: () => Promise<unknown> }
  /** The whole answer, in pieces of so many bytes, one every `ms` milliseconds. */
  | { readonly kind: 'trickle'; readonly bytes: number; readonly ms: number }
  /** Announces a Content-Length that is larger (or, below zero, smaller) than the body by so much. */
  | { readonly kind: 'wrong-length'; readonly by: number }
  /** A gzip stream that ends in the middle, in an HTTP message that is whole; sent whether asked for or not. */
  | { readonly kind: 'cut-gzip' }
  /** A gzip stream with a wrong checksum. */
  | { readonly kind: 'bad-gzip' }
  /** The test writes the answer. */
  | {
      readonly kind: 'custom';
      readonly respond: (request: IncomingMessage, response: ServerResponse) => void;
    };

/** One request under way: what the behaviour needs for its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The usual head and body, gzip or not as the request asked. */
  answer(): Answer;
  /** The body as gzip, whatever the request asked for. */
  gzip(): Buffer;
  /** Cuts the connection with RST. */
  reset(): void;
}

export interface Answer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const RUBBISH = '<html><body>It works!</body></html>\nkubevirt_info{ 1\n\u0000\n';
const TEXT = 'text/plain; charset=utf-8';

/** Answers one request as the behaviour says. Behaviours that act on connections ended before this point. */
export function respond(behaviour: Behaviour, exchange: Exchange): void {
  const { request, response } = exchange;
  switch (behaviour.kind) {
    case 'hang':
      if (behaviour.at === 'body') sendHalf(exchange);
      return;
    case 'reset':
      if (behaviour.at !== 'body') exchange.reset();
      else sendHalf(exchange, () => exchange.reset());
      return;
    case 'close':
      sendHalf(exchange, () => request.socket.end());
      return;
    case 'status':
      response.writeHead(behaviour.status, { 'content-type': TEXT, ...behaviour.headers });
      response.end(behaviour.text ?? `the simulator answers ${behaviour.status}\n`);
      return;
    case 'rubbish':
      response.writeHead(200, {
        'content-type': behaviour.contentType ?? 'text/plain; version=0.0.4; charset=utf-8',
        ...(behaviour.encoding === undefined ? {} : { 'content-encoding': behaviour.encoding }),
      });
      response.end(behaviour.body ?? RUBBISH);
      return;
    case 'huge':
      response.writeHead(200, {
        'content-type': TEXT,
        ...(behaviour.gzip ? { 'content-encoding': 'gzip' } : {}),
      });
      void sendHugeBody(behaviour.body, response, behaviour.gzip);
      return;
    case 'raw':
      sendRaw(exchange, behaviour);
      return;
    case 'delay': {
      const timer = setTimeout(() => sendWhole(exchange), behaviour.ms);
      response.once('close', () => clearTimeout(timer));
      return;
    }
    case 'wait':
      behaviour.until().then(
        () => sendWhole(exchange),
        () => exchange.reset(),
      );
      return;
    case 'trickle':
      trickle(exchange, behaviour.bytes, behaviour.ms);
      return;
    case 'wrong-length': {
      const { headers, body } = exchange.answer();
      const socket = request.socket;
      response.strictContentLength = false;
      response.writeHead(200, { ...headers, 'content-length': String(body.length + behaviour.by) });
      // Nothing more will come: without the end a client would wait for the rest.
      response.end(body, () => socket.end());
      return;
    }
    case 'cut-gzip':
      sendGzip(exchange, (gzip) => gzip.subarray(0, gzip.length >> 1));
      return;
    case 'bad-gzip':
      sendGzip(exchange, (gzip) => {
        const copy = Buffer.from(gzip);
        // The stream ends with CRC-32 and length, four bytes each.
        const at = copy.length - 8;
        copy[at] = (copy[at] ?? 0) ^ 0xff;
        return copy;
      });
      return;
    case 'custom':
      behaviour.respond(request, response);
      return;
    case 'normal':
    case 'refuse':
      sendWhole(exchange);
  }
}

function sendWhole(exchange: Exchange): void {
  if (exchange.response.destroyed) return;
  const { headers, body } = exchange.answer();
  // As Go's server: what is larger than its 2 KB buffer goes out in chunks, the rest with its length.
  if (body.length > 2048) {
    exchange.response.writeHead(200, headers);
    exchange.response.write(body);
    exchange.response.end();
  } else {
    exchange.response.writeHead(200, { ...headers, 'content-length': String(body.length) });
    exchange.response.end(body);
  }
}

function sendHalf(exchange: Exchange, then?: () => void): void {
  const { headers, body } = exchange.answer();
  exchange.response.writeHead(200, headers);
  exchange.response.write(body.subarray(0, body.length >> 1), () => then?.());
}

function sendGzip(exchange: Exchange, change: (gzip: Buffer) => Buffer): void {
  const { headers } = exchange.answer();
  exchange.response.writeHead(200, { ...headers, 'content-encoding': 'gzip' });
  exchange.response.end(change(exchange.gzip()));
}

function sendRaw(exchange: Exchange, { bytes, after, ms }: Extract<Behaviour, { kind: 'raw' }>): void {
  const { socket } = exchange.request;
  const buffer = Buffer.from(bytes as Buffer);
  const finish = (): void => {
    if (after === 'end') socket.end();
    else if (after === 'reset') exchange.reset();
  };
  if (ms === undefined) {
    socket.write(buffer, finish);
    return;
  }
  let sent = 0;
  const timer = setInterval(() => {
    socket.write(buffer.subarray(sent, ++sent));
    if (sent < buffer.length) return;
    clearInterval(timer);
    finish();
  }, ms);
  socket.once('close', () => clearInterval(timer));
}

function trickle(exchange: Exchange, bytes: number, ms: number): void {
  const { headers, body } = exchange.answer();
  const { response } = exchange;
  response.writeHead(200, headers);
  let sent = 0;
  const timer = setInterval(() => {
    response.write(body.subarray(sent, sent + bytes));
    sent += bytes;
    if (sent < body.length) return;
    clearInterval(timer);
    response.end();
  }, ms);
  response.once('close', () => clearInterval(timer));
}
