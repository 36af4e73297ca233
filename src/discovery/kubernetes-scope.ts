import type { KubernetesRole, KubernetesSelectorRole } from '../config/scrape-config.ts';
import { endpointsGroup, unknownPods } from './endpoints-group.ts';
import { isTruncated, slimEndpoints, slimPod, slimService } from './kubernetes-object.ts';
import { slimSlice } from './kubernetes-slice.ts';
import type { ObjectWatch } from './kubernetes-watch.ts';
import type { RawObject } from './kubernetes-wire.ts';
import { podGroup } from './pod-group.ts';
import { sliceGroup, unknownPodsOfSlice } from './slice-group.ts';
import type { TargetGroup } from './target-group.ts';

/** Makes the watch of the resource of a selector's role, narrowed by that selector. */
export type MakeWatch = <T>(
  role: KubernetesSelectorRole,
  slim: (object: RawObject) => T,
  options?: { readonly optional?: boolean },
) => ObjectWatch<T>;

/** What one role watches in one namespace, or in all of them, and the groups that it makes of that. */
export interface Scope extends AsyncDisposable {
  start(): void;
  /** Whether the first lists are complete. */
  readonly synced: boolean;
  /** The watches that its state depends on. */
  readonly watches: readonly ObjectWatch<unknown>[];
  /** When something that it cannot do without was last refused before its first list: milliseconds since the epoch, 0 for never. */
  readonly lastRefusal: number;
  /** The watches whose first lists it waits for. */
  readonly awaited: readonly ObjectWatch<unknown>[];
  /** Watches that were begun again, those that have ended included. */
  readonly restarts: number;
  /** Endpoints objects that do not have all of their addresses. */
  readonly truncated: number;
  /** Whether groups are made of EndpointSlices. */
  readonly usesSlices: boolean;
  /** Takes notice of what has changed in its watches, before anything else is asked of it. */
  update(): void;
  groups(): TargetGroup[];
  /** Pods that addresses belong to and that are not known. */
  unknownPods(): number;
}

/** The scope of a role. Nothing is watched before it is started. */
export function createScope(role: KubernetesRole, watch: MakeWatch): Scope {
  switch (role) {
    case 'endpoints':
      return endpointsScope(watch);
    case 'endpointslice':
      return sliceScope(watch);
    case 'pod':
      return podScope(watch);
  }
}

function endpointsScope(watch: MakeWatch): Scope {
  const endpoints = watch('endpoints', slimEndpoints);
  const services = watch('service', slimService);
  const pods = watch('pod', slimPod);
  return new LastingScope([endpoints, services, pods], {
    groups: () => {
      const objects = { services: services.objects, pods: pods.objects };
      return [...endpoints.objects.values()].map((object) => endpointsGroup(object, objects));
    },
    unknownPods: () => sumOf(endpoints.objects.values(), (object) => unknownPods(object, pods.objects)),
    truncated: () => sumOf(endpoints.objects.values(), (object) => Number(isTruncated(object))),
  });
}

function sliceScope(watch: MakeWatch): Scope {
  const slices = watch('endpointslice', slimSlice);
  const services = watch('service', slimService);
  const pods = watch('pod', slimPod);
  return new LastingScope([slices, services, pods], {
    groups: () => {
      const objects = { services: services.objects, pods: pods.objects };
      return [...slices.objects.values()].map((slice) => sliceGroup(slice, objects));
    },
    unknownPods: () => sumOf(slices.objects.values(), (slice) => unknownPodsOfSlice(slice, pods.objects)),
    usesSlices: true,
  });
}

function podScope(watch: MakeWatch): Scope {
  const pods = watch('pod', slimPod);
  return new LastingScope([pods], { groups: () => [...pods.objects.values()].map(podGroup) });
}

interface ScopeParts {
  readonly groups: () => TargetGroup[];
  readonly unknownPods?: () => number;
  readonly truncated?: () => number;
  readonly usesSlices?: boolean;
}

/** A scope whose watches stay the same. */
class LastingScope implements Scope {
  readonly watches: readonly ObjectWatch<unknown>[];
  readonly #parts: ScopeParts;

  constructor(watches: readonly ObjectWatch<unknown>[], parts: ScopeParts) {
    this.watches = watches;
    this.#parts = parts;
  }

  get synced(): boolean {
    return this.watches.every(({ synced }) => synced);
  }

  get lastRefusal(): number {
    return Math.max(0, ...this.awaited.map(({ lastRefusal }) => lastRefusal));
  }

  get awaited(): readonly ObjectWatch<unknown>[] {
    return this.watches.filter(({ synced }) => !synced);
  }

  get restarts(): number {
    return sumOf(this.watches, ({ restarts }) => restarts);
  }

  get truncated(): number {
    return this.#parts.truncated?.() ?? 0;
  }

  get usesSlices(): boolean {
    return this.#parts.usesSlices ?? false;
  }

  start(): void {
    for (const watch of this.watches) watch.start();
  }

  update(): void {}

  groups(): TargetGroup[] {
    return this.#parts.groups();
  }

  unknownPods(): number {
    return this.#parts.unknownPods?.() ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.watches.map((watch) => watch[Symbol.asyncDispose]()));
  }
}

/** The sum of what is counted of each. */
export function sumOf<T>(values: Iterable<T>, count: (value: T) => number): number {
  let total = 0;
  for (const value of values) total += count(value);
  return total;
}
