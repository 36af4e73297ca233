import type { KubernetesRole, KubernetesSelectorRole } from '../config/scrape-config.ts';
import { endpointsGroup, unknownPods } from './endpoints-group.ts';
import { slimEndpoints, slimPod, slimService } from './kubernetes-object.ts';
import { slimSlice } from './kubernetes-slice.ts';
import type { ObjectWatch } from './kubernetes-watch.ts';
import type { RawObject } from './kubernetes-wire.ts';
import { podGroup } from './pod-group.ts';
import { sliceGroup, unknownPodsOfSlice } from './slice-group.ts';
import type { TargetGroup } from './target-group.ts';

/** Makes the watch of the resource of a selector's role, narrowed by that selector. */
export type MakeWatch = <T>(role: KubernetesSelectorRole, slim: (object: RawObject) => T) => ObjectWatch<T>;

/** What one role watches in one namespace, or in all of them, and the groups that it makes of that. */
export interface Scope {
  readonly watches: readonly ObjectWatch<unknown>[];
  groups(): TargetGroup[];
  /** Pods that addresses belong to and that are not known. */
  unknownPods(): number;
}

/** The scope of a role. Nothing is started. */
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
  return {
    watches: [endpoints, services, pods],
    groups: () => {
      const objects = { services: services.objects, pods: pods.objects };
      return [...endpoints.objects.values()].map((object) => endpointsGroup(object, objects));
    },
    unknownPods: () => sum(endpoints.objects.values(), (object) => unknownPods(object, pods.objects)),
  };
}

function sliceScope(watch: MakeWatch): Scope {
  const slices = watch('endpointslice', slimSlice);
  const services = watch('service', slimService);
  const pods = watch('pod', slimPod);
  return {
    watches: [slices, services, pods],
    groups: () => {
      const objects = { services: services.objects, pods: pods.objects };
      return [...slices.objects.values()].map((slice) => sliceGroup(slice, objects));
    },
    unknownPods: () => sum(slices.objects.values(), (slice) => unknownPodsOfSlice(slice, pods.objects)),
  };
}

function podScope(watch: MakeWatch): Scope {
  const pods = watch('pod', slimPod);
  return {
    watches: [pods],
    groups: () => [...pods.objects.values()].map(podGroup),
    unknownPods: () => 0,
  };
}

function sum<T>(values: Iterable<T>, count: (value: T) => number): number {
  let total = 0;
  for (const value of values) total += count(value);
  return total;
}
