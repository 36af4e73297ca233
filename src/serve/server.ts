import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { registerApi } from '../api/routes.ts';
import type { ProgramStatus } from '../api/status.ts';
import type { Discovery } from '../discovery/discovery.ts';
import type { Logger } from '../log/logger.ts';
import type { Shard } from '../relabel/shard.ts';
import type { OwnedTarget } from '../round/scrape.ts';
import type { Scraper } from '../round/scraper.ts';
import { acceptsGzip } from './caller.ts';
import { QueryError, readExpositionQuery, type ExpositionQuery } from './exposition-query.ts';
import { ExpositionRoute } from './exposition-route.ts';
import { gatewayPlace, pathPrefixOf } from './gateway-place.ts';
import { indexPage } from './index-page.ts';
import { LoopGuard } from './loop-guard.ts';
import { httpSdGroups, ProbeError, probedTarget } from './probe-targets.ts';
import { PAGE_HEADERS, TargetsRoute } from './targets-route.ts';
import type { Telemetry } from './telemetry.ts';

export interface ServerOptions {
  readonly discovery: Discovery;
  readonly scraper: Scraper;
  readonly telemetry: Telemetry;
  readonly maxTimeoutMs: number;
  /** The part of the targets that the gateway has; absent is all. */
  readonly shard?: Shard | undefined;
  /** What the program was started with. */
  readonly status: ProgramStatus;
  /** Where the gateway is reached from outside, for `/sd`. */
  readonly externalUrl?: URL | undefined;
  readonly log: Logger;
}

const TEXT = 'text/plain; charset=utf-8';

/** The HTTP interface. Paths and answers are Prometheus' own where it has them. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { discovery, scraper, telemetry, externalUrl, log } = options;
  const server = fastify({
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    routerOptions: { querystringParser },
    // A path that cannot be unescaped, or that is too long.
    frameworkErrors: (_error, _request, reply) => void notFound(reply),
    rewriteUrl: ({ url = '/' }) => withoutPrefix(url, externalUrl),
  });
  cutWhenDrained(server);
  const shared = { ...options, loops: new LoopGuard(log) };
  const metrics = new ExpositionRoute({ ...shared, view: 'metrics' });
  const federate = new ExpositionRoute({ ...shared, view: 'federate' });
  const probe = new ExpositionRoute({ ...shared, view: 'probe' });
  const unready = (reply: FastifyReply): boolean => {
    if (discovery.current !== undefined) return false;
    void reply.code(503).type(TEXT).send(`Not ready: ${discovery.waiting()}\n`);
    return true;
  };

  const exposition = async (
    route: ExpositionRoute,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> => {
    let query: ExpositionQuery;
    try {
      query = readExpositionQuery(request.query as URLSearchParams);
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      return reply.code(400).type(TEXT).send(`${error.message}\n`);
    }
    if (unready(reply)) return reply;
    // As in Prometheus, no selector selects nothing.
    if (route === federate && query.selectors.length === 0) return reply.type(TEXT).send('');
    await route.answer(request, reply, query);
    return reply;
  };

  server.get('/metrics', (request, reply) => exposition(metrics, request, reply));
  server.get('/federate', (request, reply) => exposition(federate, request, reply));
  server.get('/sd', (request, reply) => {
    if (unready(reply)) return reply;
    const place = gatewayPlace(request.headers, externalUrl);
    if (typeof place === 'string')
      return reply
        .code(400)
        .type(TEXT)
        .send(`${unreachable(place)}\n`);
    try {
      return reply.send(
        httpSdGroups(scraper, place, (request.query as URLSearchParams).get('scrapePool') ?? ''),
      );
    } catch (error) {
      return refuse(reply, error);
    }
  });
  server.get('/probe', async (request, reply) => {
    if (unready(reply)) return reply;
    let target: OwnedTarget;
    try {
      target = probedTarget(scraper.targets, request.query as URLSearchParams);
    } catch (error) {
      return refuse(reply, error);
    }
    await probe.answerOne(request, reply, target);
    return reply;
  });
  server.get('/-/metrics', async (_request, reply) => {
    const { contentType, text } = await telemetry.exposition();
    return reply.type(contentType).send(text);
  });
  server.get('/-/healthy', (_request, reply) =>
    reply.type(TEXT).send('kubevirt-metrics-gateway is Healthy.\n'),
  );
  server.get('/-/ready', (_request, reply) => {
    if (unready(reply)) return reply;
    return reply.type(TEXT).send('kubevirt-metrics-gateway is Ready.\n');
  });
  registerApi(server, { ...options, acceptsGzip, unready });
  const targets = new TargetsRoute(options);
  server.get('/targets', (request, reply) => targets.page(request, reply));
  server.get('/targets/:asset', (request, reply) => targets.asset(request, reply));
  server.get('/', (_request, reply) =>
    reply.headers(PAGE_HEADERS).type('text/html; charset=utf-8').send(indexPage()),
  );

  server.setNotFoundHandler((_request, reply) => notFound(reply));
  server.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if ((error.statusCode ?? 500) >= 500)
      log.error('answer failed', { path: request.url.split('?')[0], error });
    if (reply.raw.headersSent) return;
    void reply
      .code(error.statusCode ?? 500)
      .type(TEXT)
      .send(`${error.message}\n`);
  });
  return server;
}

function notFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).type(TEXT).send('404 page not found\n');
}

/** Throws what is no `ProbeError`. */
function refuse(reply: FastifyReply, error: unknown): FastifyReply {
  if (!(error instanceof ProbeError)) throw error;
  return reply.code(error.status).type(TEXT).send(`${error.message}\n`);
}

/** Why `/sd` has no address to tell; `host` is what the request says. */
function unreachable(host: string): string {
  const why =
    host === ''
      ? 'the request does not say where the gateway is reached'
      : `${JSON.stringify(host.slice(0, 200))}, where the request says that the gateway is reached, is no address`;
  return `${why}: send the header Host (a proxy: X-Forwarded-Host), or set --web.external-url`;
}

/** `match[]` may stand several times, and its brackets escaped or not. */
function querystringParser(text: string): Record<string, unknown> {
  return new URLSearchParams(text) as unknown as Record<string, unknown>;
}

/** A proxy may take the prefix of the external URL away, or leave it. */
function withoutPrefix(url: string, externalUrl: URL | undefined): string {
  const prefix = externalUrl === undefined ? '' : pathPrefixOf(externalUrl);
  const rest = url.slice(prefix.length);
  return url.startsWith(prefix) && rest.startsWith('/') ? rest : url;
}

/**
 * Closing waits for the answers under way. What connections are left then are cut: clients keep them open for later
 * requests, some before their first, and nothing else would end them.
 */
function cutWhenDrained(server: FastifyInstance): void {
  let underWay = 0;
  let closing = false;
  const cut = (): void => {
    if (closing && underWay === 0) server.server.closeAllConnections();
  };
  server.addHook('onRequest', (_request, reply, done) => {
    underWay++;
    reply.raw.once('close', () => {
      underWay--;
      cut();
    });
    done();
  });
  server.addHook('preClose', (done) => {
    closing = true;
    setImmediate(cut);
    done();
  });
}
