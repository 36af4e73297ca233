import type { KubernetesSdConfig } from '../config/scrape-config.ts';
import type { Logger } from '../log/logger.ts';
import { KubeconfigError } from './kubeconfig.ts';
import { createKubernetesClient } from './kubernetes-client.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import { missingRules, pathOf, resourceOf } from './kubernetes-resource.ts';
import { createScope, sumOf } from './kubernetes-scope.ts';
import type { MakeWatch, Scope } from './kubernetes-scope.ts';
import { ObjectWatch } from './kubernetes-watch.ts';
import type { WatchTiming } from './kubernetes-watch.ts';
import type { Provider, ProviderStatus } from './provider.ts';
import { StandInScope } from './stand-in-scope.ts';
import type { TargetGroup } from './target-group.ts';

/**
 * Endpoints, Services and Pods come over connections of their own. When a change leaves an Endpoints object with a pod that is not
 * known, the pod's event is probably on its way: waiting for it this long spares a target set with half of the labels.
 */
const pairingMs = 100;

export interface KubernetesProviderOptions {
  readonly sd: KubernetesSdConfig;
  /** An entry with `role: endpointslice` that stands in for this one where its Endpoints do not do. */
  readonly standIn?: KubernetesSdConfig | undefined;
  readonly kubeconfig: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timing: WatchTiming;
  readonly log: Logger;
}

/**
 * The target groups of one entry of `kubernetes_sd_configs`: one for every object of its role in the namespaces and selectors, of each namespace that may be read. `start` throws a `KubeconfigError` when there is no way to the API; everything that fails later is tried again.
 */
export function createKubernetesProvider(options: KubernetesProviderOptions): Provider {
  return new KubernetesProvider(options);
}

class KubernetesProvider implements Provider {
  readonly name = 'kubernetes';
  readonly #options: KubernetesProviderOptions;
  #scopes: readonly Scope[] = [];
  /** When the first namespace was known: milliseconds since the epoch. */
  #firstSync: number | undefined;
  #isSynced = false;
  #changed = (): void => {};
  #unknown = 0;
  #truncated = 0;
  #stopped = false;
  #pairing: NodeJS.Timeout | undefined;

  constructor(options: KubernetesProviderOptions) {
    this.#options = options;
  }

  async start(changed: () => void): Promise<void> {
    const { sd, kubeconfig, env, log } = this.#options;
    this.#changed = changed;
    const client = await createKubernetesClient({ sd, kubeconfig, env });
    if (this.#stopped) return;
    log.info('watching Kubernetes', { server: client.server, credentials: client.origin });
    this.#scopes = namespacesOf(sd, client).map((namespace) => this.#scope(client, namespace));
    for (const scope of this.#scopes) scope.start();
  }

  groups(): readonly TargetGroup[] | undefined {
    if (!this.#isSynced) return undefined;
    return this.#known().flatMap((scope) => scope.groups());
  }

  status(): ProviderStatus {
    const scopes = this.#scopes;
    const watches = scopes.flatMap((scope) => scope.watches);
    const known = this.#isSynced ? this.#known().flatMap((scope) => scope.watches) : watches;
    return {
      synced: this.#isSynced,
      // The oldest: what is known is as old as its oldest part.
      lastSync: known.length === 0 ? 0 : Math.min(...known.map(({ lastContact }) => lastContact)),
      lastError: errorOf(watches),
      awaited: this.#awaited(),
      refusedNamespaces: this.#isSynced ? scopes.length - this.#known().length : 0,
      watchRestarts: sumOf(scopes, ({ restarts }) => restarts),
      objects: sumOf(watches, ({ objects }) => objects.size),
      truncatedEndpoints: sumOf(scopes, ({ truncated }) => truncated),
      usesSlices: scopes.some(({ usesSlices }) => usesSlices),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#scopes.map((scope) => scope[Symbol.asyncDispose]()));
    clearTimeout(this.#pairing);
  }

  #known(): readonly Scope[] {
    return this.#scopes.filter(({ synced }) => synced);
  }

  /**
   * Whether every namespace is known or refused, and not all are refused: each is on its own, as in Prometheus. A refusal counts from
   * when another namespace was known: an API server that has just started may forbid everything for a moment.
   */
  #sync(): boolean {
    if (this.#isSynced) return true;
    if (this.#known().length === 0) return false;
    const since = (this.#firstSync ??= Date.now());
    this.#isSynced = this.#scopes.every(({ synced, lastRefusal }) => synced || lastRefusal > since);
    return this.#isSynced;
  }

  #awaited(): string {
    if (this.#isSynced) return '';
    const watches = this.#scopes.flatMap(({ awaited }) => awaited);
    const lists = watches.map(({ resource, lastError: error }) => {
      return error === undefined ? pathOf(resource) : `${pathOf(resource)} (${error})`;
    });
    return lists.length === 0 ? '' : `no list yet of ${lists.join(', ')}`;
  }

  #scope(client: KubernetesClient, namespace: string | undefined): Scope {
    const { sd, standIn, timing, log } = this.#options;
    const changed = (): void => {
      this.#update();
    };
    const watch: MakeWatch = (role, slim, { optional = false } = {}) => {
      const { selectors } = role === 'endpointslice' && standIn !== undefined ? standIn : sd;
      const selector = selectors.findLast((one) => one.role === role);
      return new ObjectWatch({
        client,
        resource: resourceOf(role, namespace),
        label: selector?.label,
        field: selector?.field,
        slim,
        changed,
        optional,
        log,
        timing,
      });
    };
    return standIn === undefined
      ? createScope(sd.role, watch)
      : new StandInScope({ watch, changed, timing, log });
  }

  #update(): void {
    for (const scope of this.#scopes) scope.update();
    if (!this.#sync()) return;
    this.#warnOfTruncation();
    const unknown = sumOf(this.#known(), (scope) => scope.unknownPods());
    if (unknown > this.#unknown) {
      this.#pairing ??= setTimeout(() => {
        this.#announce(unknown);
      }, pairingMs);
      return;
    }
    this.#announce(unknown);
  }

  /** With a stand-in the scope tells it, where it matters. */
  #warnOfTruncation(): void {
    const truncated = sumOf(this.#scopes, (scope) => scope.truncated);
    const { log, standIn } = this.#options;
    if (truncated > this.#truncated && standIn === undefined)
      log.warn('Endpoints are over capacity: targets are missing; use role endpointslice', { truncated });
    this.#truncated = truncated;
  }

  #announce(unknown: number): void {
    clearTimeout(this.#pairing);
    this.#pairing = undefined;
    this.#unknown = unknown;
    this.#changed();
  }
}

/** What fails now: everything that is forbidden with the rules that would allow it, else what was first. */
function errorOf(watches: readonly ObjectWatch<unknown>[]): string | undefined {
  const forbidden = watches.filter(({ refused, lastError }) => refused === 403 && lastError !== undefined);
  if (forbidden.length === 0) return watches.find(({ lastError }) => lastError !== undefined)?.lastError;
  const errors = forbidden.map(({ lastError }) => lastError).join('; ');
  return `${errors}; ${missingRules(forbidden.map(({ resource }) => resource))}`;
}

/** The namespaces to watch; `undefined` stands for all of them. */
function namespacesOf({ namespaces }: KubernetesSdConfig, client: KubernetesClient): (string | undefined)[] {
  const { names, ownNamespace } = namespaces;
  if (!ownNamespace) return names.length === 0 ? [undefined] : [...new Set(names)];
  if (client.ownNamespace === undefined) {
    throw new KubeconfigError(
      `own_namespace is set, but ${client.origin} names no namespace; set one in its context or list it under namespaces.names`,
    );
  }
  return [...new Set([...names, client.ownNamespace])];
}
