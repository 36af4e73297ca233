import type { Config, KubernetesSdConfig, ScrapeConfig } from '../config/scrape-config.ts';
import type { Logger } from '../log/logger.ts';
import type { Shard } from '../relabel/shard.ts';
import { createFileProvider } from './file.ts';
import { createKubernetesProvider } from './kubernetes.ts';
import { defaultTiming } from './kubernetes-watch.ts';
import type { WatchTiming } from './kubernetes-watch.ts';
import type { Provider, ProviderStatus } from './provider.ts';
import { createStaticProvider } from './static.ts';
import { TargetBuilder } from './target-builder.ts';
import type { TargetSet } from './target.ts';

/** After a change that was announced at once, further ones are gathered this long. */
const gatherMs = 75;

/** The same after a change that turned out to be none for the targets, as a pod's arrival before that of its address. */
const gatherNothingMs = 10;

export interface DiscoveryOptions {
  readonly config: Config;
  /** The path that `--kubeconfig` gave. */
  readonly kubeconfig?: string | undefined;
  readonly log: Logger;
  /** Default `process.env`: `KUBECONFIG`, `HOME` and the variables of a pod are read from it. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * The configuration is the built-in one: its entry with `role: endpointslice` stands in for that with `role: endpoints`, and targets
   * with more than one value of the label `namespace` are warned of.
   */
  readonly isBuiltIn?: boolean;
  /** Keep only the targets of this shard. */
  readonly shard?: Shard | undefined;
  /** Shorter times for tests. */
  readonly timing?: Partial<WatchTiming>;
}

/** A provider's status with the scrape config that it serves. */
export interface DiscoveryState extends ProviderStatus {
  /** `static`, `file` or `kubernetes`. */
  readonly provider: string;
  /** `job_name` of the scrape config. */
  readonly config: string;
}

/** Keeps the target set of a configuration up to date. */
export interface Discovery extends AsyncDisposable {
  /**
   * Starts all providers and returns without waiting for their first sync.
   *
   * @throws {KubeconfigError} when there is no way to a Kubernetes API
   */
  start(): Promise<void>;
  /** The target set; `undefined` until every provider has completed its first sync. */
  readonly current: TargetSet | undefined;
  /** How many discovered targets are left to other shards. */
  readonly elsewhere: number;
  /** Calls the listener with every new target set, from the first on. Returns what ends that. */
  onChange(listener: (targets: TargetSet) => void): () => void;
  /** Why `current` is undefined, in words for a 503; empty once it is not. */
  waiting(): string;
  /** Every provider of every scrape config, for telemetry. */
  state(): readonly DiscoveryState[];
}

/** Makes the discovery of a configuration. Entries of `kubernetes_sd_configs` that are equal share their watches. */
export function createDiscovery(options: DiscoveryOptions): Discovery {
  return new TargetDiscovery(options);
}

interface Pool {
  readonly config: ScrapeConfig;
  readonly providers: readonly Provider[];
}

class TargetDiscovery implements Discovery {
  readonly #options: DiscoveryOptions;
  readonly #pools: readonly Pool[];
  readonly #builder: TargetBuilder;
  readonly #listeners = new Set<(targets: TargetSet) => void>();
  #current: TargetSet | undefined;
  #gathering: NodeJS.Timeout | undefined;
  #dirty = false;
  #started = false;
  #namespaces = '';

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#builder = new TargetBuilder(options.log, options.shard);
    const shared = new Map<string, Provider>();
    this.#pools = options.config.scrapeConfigs.map((config) => ({
      config,
      providers: createProviders(config, options, shared),
    }));
  }

  get current(): TargetSet | undefined {
    return this.#current;
  }

  get elsewhere(): number {
    return this.#builder.elsewhere;
  }

  async start(): Promise<void> {
    await Promise.all(
      this.#providers().map((provider) =>
        provider.start(() => {
          this.#changed();
        }),
      ),
    );
    this.#started = true;
    this.#changed();
  }

  onChange(listener: (targets: TargetSet) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  waiting(): string {
    if (this.#current !== undefined) return '';
    const waiting = this.state().filter(({ synced }) => !synced);
    if (waiting.length === 0) return 'waiting for the discovery to start';
    return waiting
      .map(({ provider, config, lastError, awaited = '' }) => {
        const why = lastError ?? awaited;
        const what = `waiting for the first sync of ${provider} discovery of job ${JSON.stringify(config)}`;
        return why === '' ? what : `${what}: ${why}`;
      })
      .join('\n');
  }

  state(): readonly DiscoveryState[] {
    return this.#pools.flatMap(({ config, providers }) =>
      providers.map((provider) => ({
        provider: provider.name,
        config: config.jobName,
        ...provider.status(),
      })),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#gathering);
    this.#started = false;
    await Promise.all(this.#providers().map((provider) => provider[Symbol.asyncDispose]()));
  }

  #providers(): Provider[] {
    return [...new Set(this.#pools.flatMap(({ providers }) => providers))];
  }

  /** The first change is announced at once, those that follow it together at the end of a short pause. */
  #changed(): void {
    if (!this.#started) return;
    if (this.#gathering !== undefined) {
      this.#dirty = true;
      return;
    }
    const pause = this.#announce() ? gatherMs : gatherNothingMs;
    this.#gathering = setTimeout(() => {
      this.#gathering = undefined;
      if (!this.#dirty) return;
      this.#dirty = false;
      this.#changed();
    }, pause);
  }

  /** Announces the target set when it is another one. */
  #announce(): boolean {
    const pools = this.#pools.map(({ config, providers }) => ({
      config,
      groups: providers.map((provider) => provider.groups()),
    }));
    // Before the first sync of all, targets of some would look like all there are.
    if (pools.some(({ groups }) => groups.includes(undefined))) return false;
    const next = this.#builder.build(
      pools.map(({ config, groups }) => ({ config, groups: groups.flatMap((some) => some ?? []) })),
      this.#current,
    );
    if (next === this.#current) return false;
    this.#current = next;
    if (this.#options.isBuiltIn === true) this.#warnOnNamespaces(next);
    for (const listener of this.#listeners) listener(next);
    return true;
  }

  #warnOnNamespaces({ targets }: TargetSet): void {
    const found = new Set(
      targets.map(({ labels }) => labels.find(([name]) => name === 'namespace')?.[1] ?? ''),
    );
    found.delete('');
    const namespaces = [...found].sort().join(', ');
    if (found.size > 1 && namespaces !== this.#namespaces) {
      this.#options.log.warn(
        'targets were found in more than one namespace; narrow them with --kubernetes.namespace if that is not meant',
        { namespaces },
      );
    }
    this.#namespaces = namespaces;
  }
}

function createProviders(
  scrapeConfig: ScrapeConfig,
  options: DiscoveryOptions,
  shared: Map<string, Provider>,
): Provider[] {
  const { env = process.env, kubeconfig } = options;
  const log = options.log.with({ scrape_pool: scrapeConfig.jobName });
  const providers: Provider[] = [];
  if (scrapeConfig.staticConfigs.length > 0) providers.push(createStaticProvider(scrapeConfig.staticConfigs));
  for (const config of scrapeConfig.fileSdConfigs) providers.push(createFileProvider(config, log));
  const timing = { ...defaultTiming, ...options.timing };
  for (const { sd, standIn } of withStandIns(scrapeConfig.kubernetesSdConfigs, options.isBuiltIn === true)) {
    const key = JSON.stringify([sd, standIn]);
    const provider =
      shared.get(key) ?? createKubernetesProvider({ sd, standIn, kubeconfig, env, timing, log });
    shared.set(key, provider);
    providers.push(provider);
  }
  return providers;
}

/** The entries, that for EndpointSlices as the stand-in of that for Endpoints where the configuration is the built-in one. */
function withStandIns(
  sds: readonly KubernetesSdConfig[],
  isBuiltIn: boolean,
): { sd: KubernetesSdConfig; standIn?: KubernetesSdConfig | undefined }[] {
  const endpoints = sds.find(({ role }) => role === 'endpoints');
  const slices = sds.find(({ role }) => role === 'endpointslice');
  if (!isBuiltIn || endpoints === undefined || slices === undefined) return sds.map((sd) => ({ sd }));
  return [{ sd: endpoints, standIn: slices }];
}
