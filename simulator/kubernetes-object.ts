/** A Kubernetes object of the kinds that the API stand-in keeps. Everything but its metadata is passed on as it is. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind: KubernetesKind;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** The kinds with the plurals under which they are served, and where. */
const RESOURCES = {
  Endpoints: { api: '/api/v1', resource: 'endpoints' },
  EndpointSlice: { api: '/apis/discovery.k8s.io/v1', resource: 'endpointslices' },
  Pod: { api: '/api/v1', resource: 'pods' },
  Service: { api: '/api/v1', resource: 'services' },
} as const;

export type KubernetesKind = keyof typeof RESOURCES;
export type KubernetesResource = (typeof RESOURCES)[KubernetesKind]['resource'];

/** The plural under which a kind is served. */
export function resourceOf(kind: KubernetesKind): KubernetesResource {
  return RESOURCES[kind].resource;
}

/** The kind that is served at a path under a plural; `undefined` where none is. */
export function kindOf(api: string, resource: string): KubernetesKind | undefined {
  const kinds = Object.keys(RESOURCES) as KubernetesKind[];
  return kinds.find((kind) => RESOURCES[kind].api === api && RESOURCES[kind].resource === resource);
}
