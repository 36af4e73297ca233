import type { ApiObject } from './api-client.ts';
import { podAddress, podAddress6 } from './namespace.ts';

const TCP = (name: string | undefined, port: number) => ({
  ...(name === undefined ? {} : { name }),
  port,
  protocol: 'TCP',
});
const pod = (name: string) => ({ kind: 'Pod', namespace: 'odd', name });

/** Services, pods, Endpoints and EndpointSlices with everything that the labels of a target can come from. In the namespace `odd`. */
export function oddObjects(): ApiObject[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'odd', labels: { team: 'a' } } },
    ...services(),
    ...pods(),
    ...endpoints(),
    ...slices(),
  ];
}

function services(): ApiObject[] {
  const about = {
    labels: { 'app.kubernetes.io/name': 'web', 'empty.label': '', 'with-dash': 'x', a_b: '1' },
    annotations: { 'example.com/text': 'two\nlines, "quoted" and \\', 'prometheus.io/scrape': 'true' },
  };
  return [
    service('web', about, {}),
    service('headless', {}, { clusterIP: 'None' }),
    service('dual', {}, { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6', 'IPv4'] }),
    service('preferred', {}, { ipFamilyPolicy: 'PreferDualStack' }),
    service('nowhere', {}, { type: 'ExternalName', externalName: 'example.com' }),
  ];
}

function service(name: string, about: object, spec: object): ApiObject {
  const ports = [{ name: 'http', port: 80, targetPort: 8443, protocol: 'TCP' }];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'odd', ...about },
    spec: { ports, ...spec },
  };
}

function pods(): ApiObject[] {
  const image = 'example.com/image:1';
  const running = (n: number, more: object = {}) => ({
    phase: 'Running',
    podIP: podAddress(n),
    podIPs: [{ ip: podAddress(n) }],
    hostIP: podAddress(900),
    conditions: [{ type: 'Ready', status: 'True' }],
    ...more,
  });
  const one = { name: 'one', image, ports: [{ name: 'metrics', containerPort: 8443 }] };
  const many = {
    name: 'many',
    image,
    ports: [
      { name: 'metrics', containerPort: 8443 },
      { containerPort: 9090 },
      { name: 'dns', containerPort: 53, protocol: 'UDP' },
      { name: 'sctp', containerPort: 7, protocol: 'SCTP' },
    ],
  };
  const none = { name: 'none', image };
  const owner = { apiVersion: 'apps/v1', name: 'web-1', uid: '1', controller: true };
  return [
    podOf('plain', { containers: [one] }, running(11)),
    podOf('ports', { containers: [many, none] }, running(12)),
    podOf('portless', { containers: [none] }, running(13)),
    podOf(
      'init',
      {
        initContainers: [
          { name: 'before', image, ports: [{ name: 'setup', containerPort: 1234 }] },
          { name: 'sidecar', image, restartPolicy: 'Always', ports: [{ name: 'side', containerPort: 8080 }] },
          { name: 'silent', image },
        ],
        containers: [one],
      },
      running(14, {
        containerStatuses: [status('one', 'containerd://one')],
        initContainerStatuses: [status('before', 'containerd://before')],
      }),
    ),
    podOf('owned', { containers: [one], hostNetwork: true }, running(15), {
      ownerReferences: [{ ...owner, kind: 'ReplicaSet' }],
      labels: { 'pod-template-hash': 'abc', 'app.kubernetes.io/name': 'web' },
      annotations: { 'example.com/empty': '' },
    }),
    podOf('uncontrolled', { containers: [one] }, running(16), {
      ownerReferences: [{ ...owner, controller: false, kind: 'Job', apiVersion: 'batch/v1' }],
    }),
    podOf('pending', { containers: [one] }, { phase: 'Pending' }),
    podOf(
      'unready',
      { containers: [one] },
      running(17, { conditions: [{ type: 'Ready', status: 'False' }] }),
    ),
    podOf(
      'unknown',
      { containers: [one] },
      running(18, { conditions: [{ type: 'Ready', status: 'Unknown' }] }),
    ),
    podOf('unconditional', { containers: [one] }, running(19, { conditions: [] })),
    podOf('failed', { containers: [one] }, running(20, { phase: 'Failed' })),
    podOf('succeeded', { containers: [one] }, running(21, { phase: 'Succeeded' })),
    podOf(
      'dual',
      { containers: [one] },
      running(22, { podIPs: [{ ip: podAddress(22) }, { ip: podAddress6(22) }] }),
    ),
    podOf(
      'six',
      { containers: [many] },
      running(23, { podIP: podAddress6(23), podIPs: [{ ip: podAddress6(23) }] }),
    ),
  ];
}

function status(name: string, containerID: string): object {
  const image = 'example.com/image:1';
  return { name, image, imageID: image, containerID, ready: true, restartCount: 0, started: true };
}

function podOf(name: string, spec: object, status: object, metadata: object = {}): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'odd', ...metadata },
    spec: { nodeName: 'node01', ...spec },
    status,
  };
}

function endpoints(): ApiObject[] {
  const of = (name: string, subsets: readonly object[], about: object = {}): ApiObject => ({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name, namespace: 'odd', ...about },
    subsets,
  });
  return [
    of(
      'web',
      [
        {
          addresses: [
            { ip: podAddress(11), targetRef: pod('plain'), nodeName: 'node01', hostname: 'host-a' },
            { ip: podAddress(12), targetRef: pod('ports'), nodeName: 'node01' },
            { ip: podAddress(14), targetRef: pod('init') },
            { ip: podAddress(15), targetRef: pod('owned') },
          ],
          notReadyAddresses: [
            { ip: podAddress(17), targetRef: pod('unready') },
            { ip: podAddress(20), targetRef: pod('failed') },
          ],
          ports: [TCP('metrics', 8443), TCP('other', 9090)],
        },
        {
          addresses: [
            { ip: podAddress(31), targetRef: { kind: 'Node', name: 'node09' } },
            { ip: podAddress(32) },
          ],
          ports: [{ ...TCP('metrics', 8443), appProtocol: 'https' }],
        },
      ],
      { labels: { 'app.kubernetes.io/name': 'web', empty: '' }, annotations: { 'a/b': 'c' } },
    ),
    of('headless', [
      { addresses: [{ ip: podAddress6(23), targetRef: pod('six') }], ports: [TCP(undefined, 8443)] },
      // The same pod under another address and port, and a pod that does not exist.
      { addresses: [{ ip: podAddress6(22), targetRef: pod('dual') }], ports: [TCP('a', 1), TCP('b', 2)] },
      { addresses: [{ ip: podAddress(99), targetRef: pod('gone') }], ports: [TCP('metrics', 8443)] },
    ]),
    of('without-service', [{ addresses: [{ ip: podAddress(33) }], ports: [TCP('metrics', 8443)] }]),
    of('without-ports', [{ addresses: [{ ip: podAddress(34) }] }]),
    of('empty', []),
  ];
}

function slices(): ApiObject[] {
  let count = 0;
  const of = (
    service: string | undefined,
    addressType: string,
    endpoints: readonly object[],
    ports?: readonly object[],
  ): ApiObject => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `slice-${(count += 1)}`,
      namespace: 'odd',
      labels: { 'x/y': 'z', ...(service === undefined ? {} : { 'kubernetes.io/service-name': service }) },
      annotations: { 'example.com/number': String(count) },
    },
    addressType,
    endpoints,
    ...(ports === undefined ? {} : { ports }),
  });
  const metrics = [TCP('metrics', 8443)];
  const conditions = { ready: true, serving: true, terminating: false };
  const plain = { addresses: [podAddress(11)], targetRef: pod('plain'), conditions, nodeName: 'node01' };
  return [
    of(
      'web',
      'IPv4',
      [
        { ...plain, hostname: 'host-a', zone: 'zone-1', hints: { forZones: [{ name: 'zone-1' }] } },
        {
          addresses: [podAddress(12)],
          targetRef: pod('ports'),
          conditions: { ready: false, serving: true, terminating: true },
        },
        { addresses: [podAddress(14)], targetRef: pod('init'), conditions: {} },
        { addresses: [podAddress(99)], targetRef: pod('gone') },
        { addresses: [podAddress(31)], targetRef: { kind: 'Node', name: 'node09' } },
      ],
      [TCP('metrics', 8443), { ...TCP('other', 9090), appProtocol: 'kubernetes.io/h2c' }],
    ),
    // An address is in two slices at once while the controller moves it.
    of('web', 'IPv4', [plain], metrics),
    of('dual', 'IPv4', [{ addresses: [podAddress(22)], targetRef: pod('dual') }], metrics),
    of('dual', 'IPv6', [{ addresses: [podAddress6(22)], targetRef: pod('dual') }], metrics),
    of('preferred', 'IPv4', [{ addresses: [podAddress(22)], targetRef: pod('dual') }], metrics),
    of('headless', 'IPv6', [{ addresses: [podAddress6(23)], targetRef: pod('six') }], [TCP('', 8443)]),
    of('gone', 'IPv4', [{ addresses: [podAddress(33)] }], metrics),
    of(undefined, 'IPv4', [{ addresses: [podAddress(34)] }], metrics),
    of('web', 'FQDN', [{ addresses: ['metrics.example.com'] }], metrics),
    of('web', 'IPv4', [{ addresses: [podAddress(35)] }]),
    of('web', 'IPv4', [{ addresses: [podAddress(36)] }], [{ name: 'all', protocol: 'TCP' }]),
    of('web', 'IPv4', [], metrics),
  ];
}
