import type { KubernetesSdConfig, KubernetesSelectorRole } from '../config/scrape-config.ts';
import type { Logger } from '../log/logger.ts';
import { createKubernetesClient, KubeconfigError } from './kubernetes-client.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import { slimEndpoints, slimPod, slimService } from './kubernetes-object.ts';
import type { EndpointsObject, PodObject, ServiceObject } from './kubernetes-object.ts';
import { ObjectWatch } from './kubernetes-watch.ts';
import type { WatchTiming } from './kubernetes-watch.ts';
import type { RawObject } from './kubernetes-wire.ts';
import { endpointsGroup, unknownPods } from './meta-labels.ts';
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
 * The target groups of one entry of `kubernetes_sd_configs` with `role: endpoints`: one for every Endpoints object of the namespaces
 * and selectors. `start` throws a `KubeconfigError` when there is no way to the API; everything that fails later is tried again.
 */
export function createKubernetesProvider(options: KubernetesProviderOptions): Provider {
  return new KubernetesProvider(options);
}

interface Watches {
  readonly endpoints: ObjectWatch<EndpointsObject>;
  readonly services: ObjectWatch<ServiceObject>;
  readonly pods: ObjectWatch<PodObject>;
}

class KubernetesProvider implements Provider {
  readonly name = 'kubernetes';
  readonly #options: KubernetesProviderOptions;
  #namespaces: readonly Watches[] = [];
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
    this.#namespaces = namespacesOf(sd, client).map((namespace) => this.#watchNamespace(client, namespace));
    for (const watch of this.#watches()) watch.start();
  }

  groups(): readonly TargetGroup[] | undefined {
    if (!this.#synced()) return undefined;
    return this.#namespaces.flatMap(({ endpoints, services, pods }) =>
      [...endpoints.objects.values()].map((object) =>
        endpointsGroup(object, { services: services.objects, pods: pods.objects }),
      ),
    );
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
    return this.#namespaces.length > 0 && this.#watches().every(({ synced }) => synced);
  }

  #watches(): ObjectWatch<unknown>[] {
    return this.#namespaces.flatMap(({ endpoints, services, pods }) => [endpoints, services, pods]);
  }

  #watchNamespace(client: KubernetesClient, namespace: string | undefined): Watches {
    const { sd, timing, log } = this.#options;
    const watch = <T>(
      resource: string,
      role: KubernetesSelectorRole,
      slim: (object: RawObject) => T,
    ): ObjectWatch<T> => {
      const selector = sd.selectors.findLast((one) => one.role === role);
      return new ObjectWatch<T>({
        client,
        path: namespace === undefined ? `/api/v1/${resource}` : `/api/v1/namespaces/${namespace}/${resource}`,
        label: selector?.label,
        field: selector?.field,
        slim,
        changed: () => {
          this.#update();
        },
        log,
        timing,
      });
    };
    return {
      endpoints: watch('endpoints', 'endpoints', slimEndpoints),
      services: watch('services', 'service', slimService),
      pods: watch('pods', 'pod', slimPod),
    };
  }

  #update(): void {
    if (!this.#synced()) return;
    let unknown = 0;
    for (const { endpoints, pods } of this.#namespaces) {
      for (const object of endpoints.objects.values()) unknown += unknownPods(object, pods.objects);
    }
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
