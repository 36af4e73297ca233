import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Flags, ListenAddress } from './cli/flags.ts';
import { defaultMemoryLimit } from './cli/memory-limit.ts';
import { usableProcessors } from './cli/processors.ts';
import { formatConfig } from './config/format-config.ts';
import { KUBEVIRT_METRICS_SERVICE } from './config/kubevirt.ts';
import type { Config } from './config/scrape-config.ts';
import { createDiscovery } from './discovery/discovery.ts';
import type { Logger } from './log/logger.ts';
import { Scraper } from './round/scraper.ts';
import { ScrapeLog } from './round/scrape-log.ts';
import { createServer } from './serve/server.ts';
import { Telemetry } from './serve/telemetry.ts';
import { MemoryLedger } from './worker/memory-ledger.ts';

/** More threads than this would only take the machine from the pods' neighbours; a worker does 50 MB of bodies in a second. */
const MAX_WORKERS = 8;
/** A worker takes about 25 MiB before it has anything to do. */
const WORKER_BYTES = 64 * 1024 * 1024;

export interface GatewayOptions {
  readonly config: Config;
  readonly flags: Flags;
  readonly version: string;
  readonly log: Logger;
}

/** A gateway that serves. Disposing of it finishes the answers under way. */
export interface Gateway extends AsyncDisposable {
  /** Where it listens: `host:port`, in brackets for IPv6. */
  readonly address: string;
}

/**
 * Puts the parts together and starts them. Rejects when the address cannot be listened on, or when there is no way to a
 * Kubernetes API; an API server that is only away is waited for.
 */
export async function startGateway({ config, flags, version, log }: GatewayOptions): Promise<Gateway> {
  await using stack = new AsyncDisposableStack();
  const telemetry = new Telemetry(version);
  const scrapeLog = new ScrapeLog(log);
  const processLimit = flags.memoryLimitBytes ?? defaultMemoryLimit();
  const discovery = stack.use(
    createDiscovery({
      config,
      kubeconfig: flags.kubeconfig,
      log,
      isBuiltIn: flags.configFile === undefined,
      shard: flags.shard,
    }),
  );
  const scraper = stack.use(
    new Scraper({
      ledger: new MemoryLedger({ processLimit }),
      pools: new Map(config.scrapeConfigs.map((scrapeConfig) => [scrapeConfig.jobName, scrapeConfig])),
      reuseMs: flags.scrapeReuseMs,
      maxWorkers: mostWorkers(processLimit),
      userAgent: `kubevirt-metrics-gateway/${version}`,
      events: {
        scrapeEnded: ({ target }, outcome) => {
          telemetry.scrapeEnded(outcome);
          scrapeLog.ended(target, outcome);
        },
        workerCrashed: (error) => {
          telemetry.workerCrashed();
          log.error('worker thread ended, starting another', { error });
        },
      },
    }),
  );
  stack.defer(
    discovery.onChange((targets) => {
      scraper.setTargets(targets);
      scrapeLog.setTargets(targets);
      log.info('targets changed', { targets: targets.targets.length, dropped: targets.dropped.length });
      const known = targets.targets.length + discovery.elsewhere;
      if (known === 0 && flags.configFile === undefined) {
        log.warn('no KubeVirt pods found; is KubeVirt there, and in these namespaces?', {
          service: KUBEVIRT_METRICS_SERVICE,
          namespaces: flags.kubernetesNamespaces.join(',') || 'all',
        });
      }
    }),
  );
  telemetry.observe(scraper, discovery, flags.shard);
  if (config.scrapeConfigs.length === 0)
    log.warn('the configuration has no scrape_configs; every answer is empty');
  const server = createServer({
    discovery,
    scraper,
    telemetry,
    maxTimeoutMs: flags.scrapeMaxTimeoutMs,
    shard: flags.shard,
    status: { version, flags: flags.texts, configText: () => formatConfig(config), startedAt: Date.now() },
    externalUrl: flags.externalUrl === undefined ? undefined : new URL(flags.externalUrl),
    log,
  });
  stack.defer(() => server.close());
  await discovery.start();
  await listen(server, flags.listenAddress);
  const address = addressText(server.server.address() as AddressInfo);
  log.info('listening', { address });
  const parts = stack.move();
  return { address, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/** The address cannot be listened on. */
export class ListenError extends Error {}

async function listen(server: FastifyInstance, { host, port }: ListenAddress): Promise<void> {
  try {
    await server.listen({ host: host ?? '::', port });
  } catch (error) {
    // The kernel was started without IPv6.
    if (host === undefined && (error as NodeJS.ErrnoException).code === 'EAFNOSUPPORT')
      return listen(server, { host: '0.0.0.0', port });
    const { message } = error as Error;
    throw new ListenError(`flag --web.listen-address: ${message}; free the port or choose another`, {
      cause: error,
    });
  }
}

function addressText({ address, family, port }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Threads for scrapes at most, in a process that may take so many bytes. */
function mostWorkers(processLimit: number): number {
  return Math.min(usableProcessors(), MAX_WORKERS, Math.max(1, Math.floor(processLimit / WORKER_BYTES)));
}
