import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load-config.ts';
import { createDiscovery } from '../../src/discovery/discovery.ts';
import type { Discovery, DiscoveryOptions } from '../../src/discovery/discovery.ts';
import type { Target, TargetSet } from '../../src/discovery/target.ts';
import type { Field, Logger } from '../../src/log/logger.ts';
import type { KubernetesApi, KubernetesObject } from '../../simulator/kubernetes-api.ts';

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Record<string, Field>;
}

/** A logger that keeps its lines. */
export function recordingLogger(
  lines: LogLine[] = [],
  more: Record<string, Field> = {},
): Logger & { lines: LogLine[] } {
  const at =
    (level: string) =>
    (message: string, fields: Record<string, Field> = {}) => {
      lines.push({ level, message, fields: { ...more, ...fields } });
    };
  return {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => recordingLogger(lines, { ...more, ...fields }),
  };
}

/** A folder that goes away with its scope. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'discovery-'));
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true });
    },
  };
}

/** A discovery of a configuration's text as that of the built-in one, started, with short delays and the kubeconfig of an API stand-in. */
export async function startDiscovery(
  text: string,
  options: Partial<DiscoveryOptions> & { readonly api?: KubernetesApi } = {},
): Promise<Discovery> {
  const { api, ...given } = options;
  const config = loadConfig(text, { fileName: 'test.yml', baseDir: '/' });
  const folder = await temporaryFolder();
  const kubeconfig = join(folder.path, 'kubeconfig');
  if (api !== undefined) await writeFile(kubeconfig, api.kubeconfig());
  const discovery = createDiscovery({
    config,
    kubeconfig: api === undefined ? undefined : kubeconfig,
    log: recordingLogger(),
    env: {},
    isBuiltIn: true,
    ...given,
    timing: { backoffMs: 5, maxBackoffMs: 20, usefulMs: 50, ...given.timing },
  });
  await discovery.start();
  await folder[Symbol.asyncDispose]();
  return discovery;
}

/** The first target set, now or to come, that is as wanted. */
export async function targetsWhen(
  discovery: Discovery,
  isWanted: (targets: TargetSet) => boolean = () => true,
): Promise<TargetSet> {
  if (discovery.current !== undefined && isWanted(discovery.current)) return discovery.current;
  return new Promise((resolve) => {
    const end = discovery.onChange((targets) => {
      if (!isWanted(targets)) return;
      end();
      resolve(targets);
    });
  });
}

/** The hosts of the targets' URLs, for short comparisons. */
export function hosts(targets: TargetSet | undefined): string[] {
  return (targets?.targets ?? []).map(({ url }) => new URL(url).host);
}

export function labelsOf(target: Target | undefined): Record<string, string> {
  return Object.fromEntries(target?.labels ?? []);
}

/** Checks again and again, between other events, until it holds; for state that tells nobody that it changed. */
export async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 2000; tries += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`never held: ${holds.toString()}`);
}

export interface Address {
  readonly ip: string;
  readonly pod?: string;
  readonly hostname?: string;
  readonly nodeName?: string;
}

export interface Subset {
  readonly ready?: readonly Address[];
  readonly notReady?: readonly Address[];
  readonly ports: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[];
}

type Meta = { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> };

export function endpoints(
  namespace: string,
  name: string,
  subsets: readonly Subset[],
  meta: Meta = {},
): KubernetesObject {
  const address = ({ pod, ...rest }: Address): object => ({
    ...rest,
    ...(pod === undefined ? {} : { targetRef: { kind: 'Pod', namespace, name: pod } }),
  });
  return {
    kind: 'Endpoints',
    metadata: { namespace, name, ...meta },
    subsets: subsets.map(({ ready, notReady, ports }) => ({
      ...(ready === undefined ? {} : { addresses: ready.map(address) }),
      ...(notReady === undefined ? {} : { notReadyAddresses: notReady.map(address) }),
      ports: ports.map((port) => ({ protocol: 'TCP', ...port })),
    })),
  };
}

/** One endpoint of an EndpointSlice: an address with the name of its pod and its conditions. */
export interface Endpoint extends Address {
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
  readonly zone?: string;
}

/** An EndpointSlice of a Service. */
export function slice(
  namespace: string,
  name: string,
  service: string,
  found: readonly Endpoint[],
  options: Meta & {
    readonly addressType?: string;
    readonly ports?: readonly object[] | null;
    readonly topology?: Record<string, string>;
  } = {},
): KubernetesObject {
  const { labels, annotations, topology, addressType = 'IPv4' } = options;
  const { ports = [{ name: 'metrics', port: 8443, protocol: 'TCP' }] } = options;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      name,
      labels: { 'kubernetes.io/service-name': service, ...labels },
      ...(annotations === undefined ? {} : { annotations }),
    },
    addressType,
    ports,
    endpoints: found.map(({ ip, pod, hostname, nodeName, zone, ...conditions }) => ({
      addresses: [ip],
      conditions,
      ...(hostname === undefined ? {} : { hostname }),
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(zone === undefined ? {} : { zone }),
      ...(pod === undefined ? {} : { targetRef: { kind: 'Pod', namespace, name: pod } }),
      ...(topology === undefined ? {} : { deprecatedTopology: topology }),
    })),
  };
}

export function service(
  namespace: string,
  name: string,
  meta: Meta = {},
  spec: object = {},
): KubernetesObject {
  return { kind: 'Service', metadata: { namespace, name, ...meta }, spec: { clusterIP: 'None', ...spec } };
}

export function pod(
  namespace: string,
  name: string,
  ip: string,
  options: Meta & {
    readonly containers?: readonly object[];
    readonly status?: object;
    readonly spec?: object;
    readonly metadata?: object;
  } = {},
): KubernetesObject {
  const { labels, annotations, containers, status, spec, metadata } = options;
  return {
    kind: 'Pod',
    metadata: {
      namespace,
      name,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...metadata,
    },
    spec: {
      nodeName: 'node01',
      containers: containers ?? [
        {
          name: 'main',
          image: 'registry/main:1',
          ports: [{ name: 'metrics', containerPort: 8443, protocol: 'TCP' }],
        },
      ],
      ...spec,
    },
    status: {
      podIP: ip,
      hostIP: '10.0.0.1',
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      ...status,
    },
  };
}
