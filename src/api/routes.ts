import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Discovery } from '../discovery/discovery.ts';
import type { Scraper } from '../round/scraper.ts';
import { ApiError } from './api-error.ts';
import {
  metricMetadata,
  readMetadataQuestion,
  readTargetsMetadataQuestion,
  targetsMetadata,
} from './metadata.ts';
import { jsonText, sendData, sendError } from './json-answer.ts';
import { buildInfo, runtimeInfo, type ProgramStatus } from './status.ts';
import { targetsData } from './targets.ts';

export interface ApiOptions {
  readonly discovery: Discovery;
  readonly scraper: Scraper;
  readonly status: ProgramStatus;
  /** Whether a caller takes gzip, by its `Accept-Encoding`. */
  acceptsGzip(header: string): boolean;
  /** Answers with 503 and returns true while the targets are not known yet. */
  unready(reply: FastifyReply): boolean;
}

/** As Prometheus with its default `--web.cors.origin`: pages of any origin may read. */
const CORS = {
  'access-control-allow-headers': 'Accept, Authorization, Content-Type, Origin',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Date',
};

/**
 * Prometheus' HTTP API as far as it is about scraping, under `/api/v1`. Reads what is known; it never causes a scrape. Shapes, texts and
 * statuses are those of Prometheus' `web/api/v1`.
 */
export function registerApi(server: FastifyInstance, options: ApiOptions): void {
  const { discovery, scraper, status } = options;
  const send = (request: FastifyRequest, reply: FastifyReply, data: Iterable<string>): FastifyReply =>
    sendData(reply, data, { gzip: options.acceptsGzip(request.headers['accept-encoding'] ?? '') });
  const pools = (): string[] => [...scraper.configs].map(({ jobName }) => jobName);
  void server.register(
    async (api) => {
      api.addHook('onRequest', async ({ headers }, reply) => {
        reply.header('vary', 'Origin, Accept-Encoding');
        if ((headers.origin ?? '') !== '') reply.headers(CORS);
      });
      api.setErrorHandler((error, _request, reply) => {
        if (!(error instanceof ApiError)) throw error;
        return sendError(reply, error);
      });
      api.options('/*', (_request, reply) => reply.code(204).send());
      api.get('/targets', (request, reply) => {
        if (options.unready(reply)) return reply;
        const own = { hostname: hostname(), port: (server.server.address() as AddressInfo).port };
        const dropped = discovery.current?.dropped ?? [];
        const known = { active: scraper.targets, dropped, pools: pools(), own };
        return send(request, reply, targetsData(known, queryOf(request)));
      });
      api.get('/targets/metadata', async (request, reply) => {
        const question = readTargetsMetadataQuestion(queryOf(request));
        if (options.unready(reply)) return reply;
        return send(request, reply, targetsMetadata(scraper.targets, await scraper.metadata(), question));
      });
      api.get('/metadata', async (request, reply) => {
        const question = readMetadataQuestion(queryOf(request));
        if (options.unready(reply)) return reply;
        return send(request, reply, metricMetadata(scraper.targets, await scraper.metadata(), question));
      });
      const answers: Record<string, () => unknown> = {
        '/scrape_pools': () => ({ scrapePools: pools().sort() }),
        '/status/config': () => ({ yaml: status.configText() }),
        '/status/flags': () => status.flags,
        '/status/buildinfo': () => buildInfo(status),
        '/status/runtimeinfo': () => runtimeInfo(status),
      };
      for (const [path, data] of Object.entries(answers))
        api.get(path, (request, reply) => send(request, reply, [jsonText(data())]));
    },
    { prefix: '/api/v1' },
  );
}

function queryOf({ query }: FastifyRequest): URLSearchParams {
  return query as URLSearchParams;
}
