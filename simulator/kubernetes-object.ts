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

export type KubernetesKind = 'Endpoints' | 'Service' | 'Pod';
export type KubernetesResource = 'endpoints' | 'services' | 'pods';

/** The plural under which a kind is served. */
export function resourceOf(kind: KubernetesKind): KubernetesResource {
  return kind === 'Endpoints' ? 'endpoints' : kind === 'Service' ? 'services' : 'pods';
}

/** The kind that is served under a plural; `undefined` for a plural that is not served. */
export function kindOf(resource: string): KubernetesKind | undefined {
  switch (resource) {
    case 'endpoints':
      return 'Endpoints';
    case 'services':
      return 'Service';
    case 'pods':
      return 'Pod';
    default:
      return undefined;
  }
}
