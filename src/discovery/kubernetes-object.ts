import type { RawObject } from './kubernetes-wire.ts';

type Strings = Readonly<Record<string, string>>;

/** What the labels need of an Endpoints object. */
export interface EndpointsObject {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Strings;
  readonly annotations: Strings;
  readonly subsets: readonly {
    readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: string }[];
    readonly addresses: readonly EndpointAddress[];
    readonly notReadyAddresses: readonly EndpointAddress[];
  }[];
}

export interface EndpointAddress {
  readonly ip: string;
  readonly hostname: string;
  readonly nodeName: string | undefined;
  readonly targetRef:
    { readonly kind: string; readonly namespace: string; readonly name: string } | undefined;
}

/** What the labels need of a Service. */
export interface ServiceObject {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Strings;
  readonly annotations: Strings;
}

/** What the labels need of a Pod. */
export interface PodObject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Strings;
  readonly annotations: Strings;
  readonly controllerKind: string;
  readonly controllerName: string;
  readonly nodeName: string;
  readonly podIp: string;
  readonly hostIp: string;
  readonly phase: string;
  readonly ready: string;
  readonly containers: readonly {
    readonly name: string;
    readonly image: string;
    readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: string }[];
  }[];
}

/** Keeps of an Endpoints object what its targets' labels need. Fields that are absent or of another type are as if empty. */
export function slimEndpoints(raw: RawObject): EndpointsObject {
  return {
    ...slimService(raw),
    subsets: list(raw['subsets']).map((subset) => ({
      ports: list(field(subset, 'ports')).map((port) => ({
        name: text(field(port, 'name')),
        port: number(field(port, 'port')),
        protocol: text(field(port, 'protocol')),
      })),
      addresses: list(field(subset, 'addresses')).map(slimAddress),
      notReadyAddresses: list(field(subset, 'notReadyAddresses')).map(slimAddress),
    })),
  };
}

/** Keeps of a Service what its targets' labels need. */
export function slimService({ metadata }: RawObject): ServiceObject {
  return {
    namespace: text(metadata.namespace),
    name: metadata.name,
    labels: strings(metadata['labels']),
    annotations: strings(metadata['annotations']),
  };
}

/** Keeps of a Pod what its targets' labels need: about a tenth of it. */
export function slimPod(raw: RawObject): PodObject {
  const { metadata, spec, status } = raw;
  const controller = list(metadata['ownerReferences']).find((owner) => field(owner, 'controller') === true);
  const ready = list(field(status, 'conditions')).find((condition) => field(condition, 'type') === 'Ready');
  return {
    ...slimService(raw),
    uid: text(metadata['uid']),
    controllerKind: text(field(controller, 'kind')),
    controllerName: text(field(controller, 'name')),
    nodeName: text(field(spec, 'nodeName')),
    podIp: text(field(status, 'podIP')),
    hostIp: text(field(status, 'hostIP')),
    phase: text(field(status, 'phase')),
    ready: ready === undefined ? 'unknown' : text(field(ready, 'status')).toLowerCase(),
    containers: list(field(spec, 'containers')).map((container) => ({
      name: text(field(container, 'name')),
      image: text(field(container, 'image')),
      ports: list(field(container, 'ports')).map((port) => ({
        name: text(field(port, 'name')),
        port: number(field(port, 'containerPort')),
        protocol: text(field(port, 'protocol')),
      })),
    })),
  };
}

function slimAddress(address: unknown): EndpointAddress {
  const ref = field(address, 'targetRef');
  const nodeName = field(address, 'nodeName');
  return {
    ip: text(field(address, 'ip')),
    hostname: text(field(address, 'hostname')),
    nodeName: typeof nodeName === 'string' ? nodeName : undefined,
    targetRef:
      typeof ref === 'object' && ref !== null
        ? {
            kind: text(field(ref, 'kind')),
            namespace: text(field(ref, 'namespace')),
            name: text(field(ref, 'name')),
          }
        : undefined,
  };
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[name] : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function strings(value: unknown): Strings {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
