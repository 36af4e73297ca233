import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ProgramStatus } from '../api/status.ts';
import type { Discovery } from '../discovery/discovery.ts';
import type { TargetsPage } from '../page/targets-page.ts';
import type { Shard } from '../relabel/shard.ts';
import type { Scraper } from '../round/scraper.ts';
import { readCaller } from './caller.ts';

/** What a browser may do with a page: nothing that the gateway did not send, and no code in the page itself. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const compress = promisify(gzip);

export interface TargetsOptions {
  readonly scraper: Scraper;
  readonly discovery: Discovery;
  readonly status: ProgramStatus;
  readonly shard?: Shard | undefined;
}

/** Answers with the page for people and its assets. The page's code is read when somebody first asks for it. */
export class TargetsRoute {
  readonly #options: TargetsOptions;
  #page: Promise<TargetsPage> | undefined;

  constructor(options: TargetsOptions) {
    this.#options = options;
  }

  async page(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const page = await this.#load();
    const text = await page.render(request.query as URLSearchParams);
    void reply.headers({ ...PAGE_HEADERS, 'cache-control': 'no-store', vary: 'Accept-Encoding' });
    void reply.type('text/html; charset=utf-8');
    if (!readCaller(request.headers).gzip) return reply.send(text);
    // In the thread pool.
    const packed = await compress(text, { level: constants.Z_BEST_SPEED });
    return reply.header('content-encoding', 'gzip').send(packed);
  }

  async asset(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const page = await this.#load();
    const asset = page.asset(request.url.slice(1).split('?', 1)[0]!);
    if (asset === undefined) {
      reply.callNotFound();
      return reply;
    }
    void reply.headers({ ...PAGE_HEADERS, 'cache-control': 'public, max-age=31536000, immutable' });
    return reply.type(asset.contentType).send(asset.body);
  }

  #load(): Promise<TargetsPage> {
    this.#page ??= import('../page/targets-page.ts').then(
      ({ TargetsPage }) =>
        new TargetsPage({ ...this.#options, configText: () => this.#options.status.configText() }),
    );
    return this.#page;
  }
}
