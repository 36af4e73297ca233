import t from 'tap';
import { endpointsGroup } from '../../src/discovery/endpoints-group.ts';
import { slimEndpoints, slimPod } from '../../src/discovery/kubernetes-object.ts';
import type { KubernetesObject } from '../../simulator/kubernetes-api.ts';
import { endpoints, pod, service } from './fixture.ts';
import { objectsOf, raw, shortGroup } from './groups.ts';

/** The group of an Endpoints object, shortened. */
function group(object: KubernetesObject, services: KubernetesObject[] = [], pods: KubernetesObject[] = []) {
  return shortGroup(endpointsGroup(slimEndpoints(raw(object)), objectsOf(services, pods)));
}

t.test('the labels of the group', async (t) => {
  const object = endpoints('n', 's', [], {
    labels: { 'a.b/c-d': '', x: '1' },
    annotations: { note: 'text' },
  });
  const svc = service('n', 's', {
    labels: { 'prometheus.kubevirt.io': '' },
    annotations: { 'k8s.io/x': 'y' },
  });
  const own = {
    namespace: 'n',
    endpoints_name: 's',
    endpoints_labelpresent_a_b_c_d: 'true',
    endpoints_label_x: '1',
    endpoints_labelpresent_x: 'true',
    endpoints_annotation_note: 'text',
    endpoints_annotationpresent_note: 'true',
  };
  t.same(group(object), { source: 'endpoints/n/s', labels: own, targets: [] }, 'without its Service');
  t.same(
    group(object, [svc, service('n', 'other', { labels: { no: 'no' } })]).labels,
    {
      ...own,
      service_name: 's',
      service_labelpresent_prometheus_kubevirt_io: 'true',
      service_annotation_k8s_io_x: 'y',
      service_annotationpresent_k8s_io_x: 'true',
    },
    'with it: an empty label shows by its presence',
  );
});

t.test('addresses', async (t) => {
  const object = endpoints('n', 's', [
    {
      ready: [{ ip: '10.0.0.1', hostname: 'h', nodeName: 'node01' }, { ip: 'fd00::1' }],
      notReady: [{ ip: '10.0.0.2', pod: 'unknown' }],
      ports: [
        { name: 'metrics', port: 8443 },
        { port: 53, protocol: 'UDP' },
      ],
    },
    { ready: [{ ip: '10.0.0.3' }], ports: [{ name: 'metrics', port: 9443 }] },
  ]);
  const metrics = { endpoint_port_name: 'metrics', endpoint_port_protocol: 'TCP' };
  const first = { endpoint_hostname: 'h', endpoint_node_name: 'node01', endpoint_ready: 'true' };
  const third = {
    endpoint_ready: 'false',
    endpoint_address_target_kind: 'Pod',
    endpoint_address_target_name: 'unknown',
  };
  t.same(group(object).targets, [
    { __address__: '10.0.0.1:8443', ...metrics, ...first },
    { __address__: '[fd00::1]:8443', ...metrics, endpoint_ready: 'true' },
    { __address__: '10.0.0.2:8443', ...metrics, ...third },
    { __address__: '10.0.0.1:53', endpoint_port_protocol: 'UDP', ...first },
    { __address__: '[fd00::1]:53', endpoint_port_protocol: 'UDP', endpoint_ready: 'true' },
    { __address__: '10.0.0.2:53', endpoint_port_protocol: 'UDP', ...third },
    { __address__: '10.0.0.3:9443', ...metrics, endpoint_ready: 'true' },
  ]);
});

t.test('pods, and the ports of theirs that the Endpoints object does not have', async (t) => {
  const object = endpoints('n', 's', [
    { ready: [{ ip: '10.0.0.1', pod: 'p' }], ports: [{ name: 'metrics', port: 8443 }] },
  ]);
  const known = pod('n', 'p', '10.0.0.1', {
    labels: { app: 'x' },
    annotations: { 'a/b': 'c' },
    metadata: {
      uid: 'u-1',
      ownerReferences: [
        { kind: 'Node', name: 'no-controller' },
        { kind: 'ReplicaSet', name: 'rs', controller: true },
      ],
    },
    spec: {
      initContainers: [
        { name: 'init', image: 'init:1', ports: [{ name: 'setup', containerPort: 81, protocol: 'TCP' }] },
      ],
    },
    containers: [
      { name: 'side', image: 'side:1' },
      {
        name: 'main',
        image: 'main:1',
        ports: [
          { name: 'console', containerPort: 8186, protocol: 'TCP' },
          { name: 'metrics', containerPort: 8443, protocol: 'SCTP' },
        ],
      },
    ],
  });
  const podLabels = {
    pod_name: 'p',
    pod_ip: '10.0.0.1',
    pod_ready: 'true',
    pod_phase: 'Running',
    pod_node_name: 'node01',
    pod_host_ip: '10.0.0.1',
    pod_uid: 'u-1',
    pod_controller_kind: 'ReplicaSet',
    pod_controller_name: 'rs',
    pod_label_app: 'x',
    pod_labelpresent_app: 'true',
    pod_annotation_a_b: 'c',
    pod_annotationpresent_a_b: 'true',
    pod_container_name: 'main',
    pod_container_image: 'main:1',
    pod_container_init: 'false',
  };
  t.same(group(object, [], [known]).targets, [
    {
      __address__: '10.0.0.1:8443',
      endpoint_port_name: 'metrics',
      endpoint_port_protocol: 'TCP',
      endpoint_ready: 'true',
      endpoint_address_target_kind: 'Pod',
      endpoint_address_target_name: 'p',
      ...podLabels,
      pod_container_port_name: 'metrics',
      pod_container_port_number: '8443',
      pod_container_port_protocol: 'TCP',
    },
    {
      __address__: '10.0.0.1:8186',
      ...podLabels,
      pod_container_port_name: 'console',
      pod_container_port_number: '8186',
      pod_container_port_protocol: 'TCP',
    },
    {
      __address__: '10.0.0.1:81',
      ...podLabels,
      pod_container_name: 'init',
      pod_container_image: 'init:1',
      pod_container_init: 'true',
      pod_container_port_name: 'setup',
      pod_container_port_number: '81',
      pod_container_port_protocol: 'TCP',
    },
  ]);
});

t.test('a pod without an address of its own has the ports of the Endpoints object only', async (t) => {
  const object = endpoints('n', 's', [{ ready: [{ ip: '10.0.0.1', pod: 'p' }], ports: [{ port: 1 }] }]);
  const addresses = (known: KubernetesObject): (string | undefined)[] =>
    group(object, [], [known]).targets.map(({ __address__ }) => __address__);
  t.same(addresses(pod('n', 'p', '10.0.0.1')), ['10.0.0.1:1', '10.0.0.1:8443']);
  t.same(addresses(pod('n', 'p', '')), ['10.0.0.1:1']);
});

t.test('readiness and phase of a pod', async (t) => {
  const cases = [
    { status: { conditions: [] }, want: 'unknown', why: 'no condition' },
    { status: { conditions: [{ type: 'Ready', status: 'False' }] }, want: 'false', why: 'lower case' },
    { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] }, want: 'unknown', why: 'lower case' },
  ];
  for (const { status, want, why } of cases) {
    t.equal(slimPod(raw(pod('n', 'p', '', { status }))).ready, want, why);
  }
});

t.test('an object without anything in it', async (t) => {
  const bare = { metadata: { name: 'x', resourceVersion: '1' } };
  t.same(slimEndpoints(bare).subsets, []);
  t.same(slimPod(bare).containers, []);
});
