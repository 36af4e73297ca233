import type { KubernetesSdConfig, KubernetesSelectorRole } from '../config/scrape-config.ts';
import type { Logger } from '../log/logger.ts';
import { createKubernetesClient, KubeconfigError } from './kubernetes-client.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import { createScope } from './kubernetes-scope.ts';
import type { Scope } from './kubernetes-scope.ts';
import { ObjectWatch } from './kubernetes-watch.ts';
import type { WatchTiming } from './kubernetes-watch.ts';
import type { RawObject } from './kubernetes-wire.ts';
import type { Provider, ProviderStatus } from './provider.ts';
import type { TargetGroup } from './target-group.ts';

/**
 * Endpoints, Services and Pods come over connections of their own. When a change leaves an Endpoints object with a pod that is not
 * known, the pod's event is probably on its way: waiting for it this long spares a target set with half of the labels.
 */
const pairingMs = 100;

export interface KubernetesProviderOptions {
  readonly sd: KubernetesSdConfig;
  readonly kubeconfig: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timing: WatchTiming;
  readonly log: Logger;
}

/**
 * The target groups of one entry of `kubernetes_sd_configs`: one for every object of its role in the namespaces and selectors. `start` throws a `KubeconfigError` when there is no way to the API; everything that fails later is tried again.
 */
export function createKubernetesProvider(options: KubernetesProviderOptions): Provider {
  return new KubernetesProvider(options);
}

/** Where each selector's role finds its objects. */
const RESOURCES: Readonly<Record<KubernetesSelectorRole, { readonly api: string; readonly plural: string }>> =
  {
    endpoints: { api: '/api/v1', plural: 'endpoints' },
    endpointslice: { api: '/apis/discovery.k8s.io/v1', plural: 'endpointslices' },
    pod: { api: '/api/v1', plural: 'pods' },
    service: { api: '/api/v1', plural: 'services' },
  };

class KubernetesProvider implements Provider {
  readonly name = 'kubernetes';
  readonly #options: KubernetesProviderOptions;
  #scopes: readonly Scope[] = [];
  #changed = (): void => {};
  #unknown = 0;
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
    this.#scopes = namespacesOf(sd, client).map((namespace) =>
      createScope(sd.role, (role, slim) => this.#watch(client, namespace, role, slim)),
    );
    for (const watch of this.#watches()) watch.start();
  }

  groups(): readonly TargetGroup[] | undefined {
    if (!this.#synced()) return undefined;
    return this.#scopes.flatMap((scope) => scope.groups());
  }

  status(): ProviderStatus {
    const watches = this.#watches();
    return {
      synced: this.#synced(),
      // The oldest: what is known is as old as its oldest part.
      lastSync: watches.length === 0 ? 0 : Math.min(...watches.map(({ lastContact }) => lastContact)),
      lastError: watches.find(({ lastError }) => lastError !== undefined)?.lastError,
      watchRestarts: watches.reduce((sum, { restarts }) => sum + restarts, 0),
      objects: watches.reduce((sum, { objects }) => sum + objects.size, 0),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#watches().map((watch) => watch[Symbol.asyncDispose]()));
    clearTimeout(this.#pairing);
  }

  #synced(): boolean {
    return this.#scopes.length > 0 && this.#watches().every(({ synced }) => synced);
  }

  #watches(): ObjectWatch<unknown>[] {
    return this.#scopes.flatMap(({ watches }) => watches);
  }

  #watch<T>(
    client: KubernetesClient,
    namespace: string | undefined,
    role: KubernetesSelectorRole,
    slim: (object: RawObject) => T,
  ): ObjectWatch<T> {
    const { sd, timing, log } = this.#options;
    const selector = sd.selectors.findLast((one) => one.role === role);
    const { api, plural } = RESOURCES[role];
    return new ObjectWatch<T>({
      client,
      path: namespace === undefined ? `${api}/${plural}` : `${api}/namespaces/${namespace}/${plural}`,
      label: selector?.label,
      field: selector?.field,
      slim,
      changed: () => {
        this.#update();
      },
      log,
      timing,
    });
  }

  #update(): void {
    if (!this.#synced()) return;
    const unknown = this.#scopes.reduce((sum, scope) => sum + scope.unknownPods(), 0);
    if (unknown > this.#unknown) {
      this.#pairing ??= setTimeout(() => {
        this.#announce(unknown);
      }, pairingMs);
      return;
    }
    this.#announce(unknown);
  }

  #announce(unknown: number): void {
    clearTimeout(this.#pairing);
    this.#pairing = undefined;
    this.#unknown = unknown;
    this.#changed();
  }
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
