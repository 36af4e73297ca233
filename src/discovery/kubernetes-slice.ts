import { slimMeta, slimTargetRef } from './kubernetes-object.ts';
import type { ObjectMeta, TargetRef } from './kubernetes-object.ts';
import type { RawObject } from './kubernetes-wire.ts';
import { field, list, optionalText, strings, text } from './raw-value.ts';
import type { Strings } from './raw-value.ts';

/** What the labels need of an EndpointSlice (`discovery.k8s.io/v1`). */
export interface EndpointSlice extends ObjectMeta {
  /** `IPv4`, `IPv6` or `FQDN`. */
  readonly addressType: string;
  readonly ports: readonly SlicePort[];
  readonly endpoints: readonly SliceEndpoint[];
}

export interface SlicePort {
  readonly name: string | undefined;
  readonly protocol: string | undefined;
  readonly port: number | undefined;
  readonly appProtocol: string | undefined;
}

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  /** `true`, `false`, or `undefined` where the slice does not tell. */
  readonly ready: string | undefined;
  readonly serving: string | undefined;
  readonly terminating: string | undefined;
  readonly hostname: string | undefined;
  readonly nodeName: string | undefined;
  readonly zone: string | undefined;
  readonly targetRef: TargetRef | undefined;
  readonly topology: Strings;
}

/** Keeps of an EndpointSlice what its targets' labels need. */
export function slimSlice(raw: RawObject): EndpointSlice {
  return {
    ...slimMeta(raw),
    addressType: text(raw['addressType']),
    ports: list(raw['ports']).map((port) => {
      const number = field(port, 'port');
      return {
        name: optionalText(field(port, 'name')),
        protocol: optionalText(field(port, 'protocol')),
        port: typeof number === 'number' ? number : undefined,
        appProtocol: optionalText(field(port, 'appProtocol')),
      };
    }),
    endpoints: list(raw['endpoints']).map((endpoint) => {
      const conditions = field(endpoint, 'conditions');
      return {
        addresses: list(field(endpoint, 'addresses')).map(text),
        ready: condition(conditions, 'ready'),
        serving: condition(conditions, 'serving'),
        terminating: condition(conditions, 'terminating'),
        hostname: optionalText(field(endpoint, 'hostname')),
        nodeName: optionalText(field(endpoint, 'nodeName')),
        zone: optionalText(field(endpoint, 'zone')),
        targetRef: slimTargetRef(field(endpoint, 'targetRef')),
        topology: strings(field(endpoint, 'deprecatedTopology')),
      };
    }),
  };
}

/** `namespace/name` of the Service that a slice belongs to; `undefined` when it belongs to none. */
export function serviceOfSlice({ namespace, labels }: EndpointSlice): string | undefined {
  const name = labels['kubernetes.io/service-name'];
  return name === undefined ? undefined : `${namespace}/${name}`;
}

function condition(conditions: unknown, name: string): string | undefined {
  const value = field(conditions, name);
  return typeof value === 'boolean' ? String(value) : undefined;
}
