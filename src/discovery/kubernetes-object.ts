import type { RawObject } from './kubernetes-wire.ts';
import { field, list, number, optionalText, strings, text } from './raw-value.ts';
import type { Strings } from './raw-value.ts';

/** What the labels need of every object. */
export interface ObjectMeta {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Strings;
  readonly annotations: Strings;
}

/** What an address belongs to. */
export interface TargetRef {
  readonly kind: string;
  readonly name: string;
  /** `namespace/name` when it is a pod. */
  readonly pod: string | undefined;
}

/** What the labels need of an Endpoints object. */
export interface EndpointsObject extends ObjectMeta {
  readonly subsets: readonly {
    readonly ports: readonly ObjectPort[];
    readonly addresses: readonly EndpointAddress[];
    readonly notReadyAddresses: readonly EndpointAddress[];
  }[];
}

export interface EndpointAddress {
  readonly ip: string;
  readonly hostname: string;
  readonly nodeName: string | undefined;
  readonly targetRef: TargetRef | undefined;
}

export interface ObjectPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
}

/** What the labels need of a Service. */
export interface ServiceObject extends ObjectMeta {
  /** `IPv4` or `IPv6`, the primary one, of a Service that has or may have both. */
  readonly dualStackFamily: string | undefined;
}

/** What the labels need of a Pod. */
export interface PodObject extends ObjectMeta {
  readonly uid: string;
  readonly controllerKind: string;
  readonly controllerName: string;
  readonly nodeName: string;
  readonly podIp: string;
  readonly hostIp: string;
  readonly phase: string;
  readonly ready: string;
  /** The init containers stand behind the others. */
  readonly containers: readonly Container[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  /** Empty until it has run. */
  readonly id: string;
  readonly isInit: boolean;
  readonly ports: readonly ObjectPort[];
}

/** Keeps of an object's metadata what labels are made of. */
export function slimMeta({ metadata }: RawObject): ObjectMeta {
  return {
    namespace: text(metadata.namespace),
    name: metadata.name,
    labels: strings(metadata['labels']),
    annotations: strings(metadata['annotations']),
  };
}

/** Keeps of an Endpoints object what its targets' labels need. Fields that are absent or of another type are as if empty. */
export function slimEndpoints(raw: RawObject): EndpointsObject {
  return {
    ...slimMeta(raw),
    subsets: list(raw['subsets']).map((subset) => ({
      ports: list(field(subset, 'ports')).map((port) => slimPort(port, 'port')),
      addresses: list(field(subset, 'addresses')).map(slimAddress),
      notReadyAddresses: list(field(subset, 'notReadyAddresses')).map(slimAddress),
    })),
  };
}

/** Whether addresses are missing from an Endpoints object because it would have more than a thousand. */
export function isTruncated({ annotations }: EndpointsObject): boolean {
  return annotations['endpoints.kubernetes.io/over-capacity'] === 'truncated';
}

/** Keeps of a Service what its targets' labels need. */
export function slimService(raw: RawObject): ServiceObject {
  const { spec } = raw;
  const isDual = /^(?:PreferDualStack|RequireDualStack)$/.test(text(field(spec, 'ipFamilyPolicy')));
  const [primary] = list(field(spec, 'ipFamilies'));
  return { ...slimMeta(raw), dualStackFamily: isDual ? optionalText(primary) : undefined };
}

/** Keeps of a Pod what its targets' labels need: about a tenth of it. */
export function slimPod(raw: RawObject): PodObject {
  const { metadata, spec, status } = raw;
  const controller = list(metadata['ownerReferences']).find((owner) => field(owner, 'controller') === true);
  const ready = list(field(status, 'conditions')).find((condition) => field(condition, 'type') === 'Ready');
  return {
    ...slimMeta(raw),
    uid: text(metadata['uid']),
    controllerKind: text(field(controller, 'kind')),
    controllerName: text(field(controller, 'name')),
    nodeName: text(field(spec, 'nodeName')),
    podIp: text(field(status, 'podIP')),
    hostIp: text(field(status, 'hostIP')),
    phase: text(field(status, 'phase')),
    ready: ready === undefined ? 'unknown' : text(field(ready, 'status')).toLowerCase(),
    containers: [
      ...slimContainers(field(spec, 'containers'), field(status, 'containerStatuses'), false),
      ...slimContainers(field(spec, 'initContainers'), field(status, 'initContainerStatuses'), true),
    ],
  };
}

/** Keeps of the reference to what an address belongs to what labels need. */
export function slimTargetRef(ref: unknown): TargetRef | undefined {
  if (typeof ref !== 'object' || ref === null) return undefined;
  const kind = text(field(ref, 'kind'));
  const name = text(field(ref, 'name'));
  return { kind, name, pod: kind === 'Pod' ? `${text(field(ref, 'namespace'))}/${name}` : undefined };
}

function slimContainers(containers: unknown, statuses: unknown, isInit: boolean): Container[] {
  const ids = new Map(
    list(statuses).map((status) => [text(field(status, 'name')), text(field(status, 'containerID'))]),
  );
  return list(containers).map((container) => ({
    name: text(field(container, 'name')),
    image: text(field(container, 'image')),
    id: ids.get(text(field(container, 'name'))) ?? '',
    isInit,
    ports: list(field(container, 'ports')).map((port) => slimPort(port, 'containerPort')),
  }));
}

function slimPort(port: unknown, numberField: string): ObjectPort {
  return {
    name: text(field(port, 'name')),
    port: number(field(port, numberField)),
    protocol: text(field(port, 'protocol')),
  };
}

function slimAddress(address: unknown): EndpointAddress {
  return {
    ip: text(field(address, 'ip')),
    hostname: text(field(address, 'hostname')),
    nodeName: optionalText(field(address, 'nodeName')),
    targetRef: slimTargetRef(field(address, 'targetRef')),
  };
}
