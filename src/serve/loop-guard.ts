import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../log/logger.ts';
import { GATEWAY_HEADER, MOST_GATEWAYS, readChain, type GatewayChain } from '../scrape/gateway-chain.ts';

const TEXT = 'text/plain; charset=utf-8';

/** Keeps gateways that have each other among their targets, or themselves, from going round. */
export class LoopGuard {
  readonly #log: Logger;
  #said = '';

  constructor(log: Logger) {
    this.#log = log;
  }

  /**
   * The gateways that a request came through. Undefined when this one, `id`, is among them, or when they are too many: the request has been
   * answered with 508 then, and nothing may be scraped for it.
   */
  admit(id: string, request: FastifyRequest, reply: FastifyReply): GatewayChain | undefined {
    const chain = readChain(request.headers[GATEWAY_HEADER]);
    if (chain.length === 0) return chain;
    // On the raw response, so that it is there too when the answer is written past fastify.
    reply.raw.setHeader(GATEWAY_HEADER, id);
    const why = chain.includes(id)
      ? 'this gateway is its own target, or that of a gateway that it scrapes'
      : chain.length >= MOST_GATEWAYS
        ? `the request came through ${chain.length} gateways, and ${MOST_GATEWAYS} may follow one another`
        : undefined;
    if (why === undefined) return chain;
    const saying = chain.join();
    if (saying !== this.#said)
      this.#log.warn('a request of a gateway is refused', { why, from: request.ip, through: saying });
    this.#said = saying;
    void reply.code(508).type(TEXT).send(`${why}; look at the targets of each\n`);
    return undefined;
  }
}
