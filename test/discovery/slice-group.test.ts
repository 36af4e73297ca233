import t from 'tap';
import { slimSlice } from '../../src/discovery/kubernetes-slice.ts';
import { sliceGroup } from '../../src/discovery/slice-group.ts';
import type { KubernetesObject } from '../../simulator/kubernetes-api.ts';
import { pod, service, slice } from './fixture.ts';
import { objectsOf, raw, shortGroup } from './groups.ts';

/** The group of an EndpointSlice, shortened. */
function group(object: KubernetesObject, services: KubernetesObject[] = [], pods: KubernetesObject[] = []) {
  return shortGroup(sliceGroup(slimSlice(raw(object)), objectsOf(services, pods)));
}

const own = {
  namespace: 'n',
  endpointslice_name: 's-1',
  endpointslice_address_type: 'IPv4',
  endpointslice_label_kubernetes_io_service_name: 's',
  endpointslice_labelpresent_kubernetes_io_service_name: 'true',
};

t.test('the labels of the group', async (t) => {
  const object = slice('n', 's-1', 's', [], { annotations: { 'a/b': 'c' } });
  const noted = {
    ...own,
    endpointslice_annotation_a_b: 'c',
    endpointslice_annotationpresent_a_b: 'true',
  };
  t.same(group(object), { source: 'endpointslice/n/s-1', labels: noted, targets: [] }, 'without its Service');
  const services = [
    service('n', 's', { labels: { 'prometheus.kubevirt.io': '' } }),
    service('other', 's', { labels: { no: 'no' } }),
  ];
  t.same(
    group(object, services).labels,
    { ...noted, service_name: 's', service_labelpresent_prometheus_kubevirt_io: 'true' },
    'with the Service that its label names',
  );
});

t.test('endpoints', async (t) => {
  const object = slice(
    'n',
    's-1',
    's',
    [
      { ip: '10.0.0.1', hostname: 'h', nodeName: 'node01', zone: 'z', ready: true, serving: true },
      { ip: '10.0.0.2', pod: 'unknown', ready: false, serving: true, terminating: true },
    ],
    {
      ports: [
        { name: 'metrics', port: 8443, protocol: 'TCP', appProtocol: 'https' },
        { name: '', protocol: 'UDP' },
      ],
      topology: { 'kubernetes.io/x': 'y' },
    },
  );
  const topology = {
    endpointslice_endpoint_topology_kubernetes_io_x: 'y',
    endpointslice_endpoint_topology_present_kubernetes_io_x: 'true',
  };
  const metrics = {
    endpointslice_port: '8443',
    endpointslice_port_name: 'metrics',
    endpointslice_port_protocol: 'TCP',
    endpointslice_port_app_protocol: 'https',
    ...topology,
  };
  const first = {
    endpointslice_endpoint_hostname: 'h',
    endpointslice_endpoint_node_name: 'node01',
    endpointslice_endpoint_zone: 'z',
    endpointslice_endpoint_conditions_ready: 'true',
    endpointslice_endpoint_conditions_serving: 'true',
  };
  const second = {
    endpointslice_endpoint_conditions_ready: 'false',
    endpointslice_endpoint_conditions_serving: 'true',
    endpointslice_endpoint_conditions_terminating: 'true',
    endpointslice_address_target_kind: 'Pod',
    endpointslice_address_target_name: 'unknown',
  };
  const noPort = { endpointslice_port_protocol: 'UDP', ...topology };
  t.same(group(object).targets, [
    { __address__: '10.0.0.1:8443', ...metrics, ...first },
    { __address__: '10.0.0.1', ...noPort, ...first },
    { __address__: '10.0.0.2:8443', ...metrics, ...second },
    { __address__: '10.0.0.2', ...noPort, ...second },
  ]);
  t.same(
    group(slice('n', 's-1', 's', [{ ip: '10.0.0.1' }], { ports: null })).targets,
    [],
    'all ports is none',
  );
});

t.test('pods, and the ports of theirs that the slice does not have', async (t) => {
  const known = pod('n', 'p', '10.0.0.1', {
    containers: [
      {
        name: 'main',
        image: 'main:1',
        ports: [
          { name: 'metrics', containerPort: 8443, protocol: 'SCTP' },
          { name: 'console', containerPort: 8186, protocol: 'TCP' },
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
    pod_container_name: 'main',
    pod_container_image: 'main:1',
    pod_container_init: 'false',
  };
  const found = group(slice('n', 's-1', 's', [{ ip: '10.0.0.1', pod: 'p' }]), [], [known]);
  t.same(found.targets, [
    {
      __address__: '10.0.0.1:8443',
      endpointslice_port: '8443',
      endpointslice_port_name: 'metrics',
      endpointslice_port_protocol: 'TCP',
      endpointslice_address_target_kind: 'Pod',
      endpointslice_address_target_name: 'p',
      ...podLabels,
      pod_container_port_name: 'metrics',
      pod_container_port_number: '8443',
      // With role endpoints it is the protocol of the address's port.
      pod_container_port_protocol: 'SCTP',
    },
    {
      __address__: '10.0.0.1:8186',
      ...podLabels,
      pod_container_port_name: 'console',
      pod_container_port_number: '8186',
      pod_container_port_protocol: 'TCP',
    },
  ]);
});

t.test('IP families', async (t) => {
  const dual = { ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv6', 'IPv4'] };
  const cases = [
    { spec: dual, type: 'IPv6', ip: 'fd00::1', want: ['[fd00::1]:8443'], why: 'the primary family' },
    { spec: dual, type: 'IPv4', ip: '10.0.0.1', want: [], why: 'the secondary one' },
    {
      spec: { ...dual, ipFamilyPolicy: 'RequireDualStack' },
      type: 'IPv4',
      ip: '10.0.0.1',
      want: [],
      why: 'the secondary one of two that are required',
    },
    {
      spec: { ...dual, ipFamilyPolicy: 'SingleStack' },
      type: 'IPv4',
      ip: '10.0.0.1',
      want: ['10.0.0.1:8443'],
      why: 'a single one',
    },
    { spec: {}, type: 'IPv6', ip: 'fd00::1', want: ['[fd00::1]:8443'], why: 'a Service that does not say' },
  ];
  for (const { spec, type, ip, want, why } of cases) {
    const object = slice('n', 's-1', 's', [{ ip }], { addressType: type });
    const { targets, labels } = group(object, [service('n', 's', {}, spec)]);
    t.same(
      targets.map(({ __address__ }) => __address__),
      want,
      why,
    );
    t.equal(labels['service_name'], 's', why);
  }
});

t.test('an object without anything in it', async (t) => {
  const bare = { metadata: { name: 'x', resourceVersion: '1' } };
  t.match(slimSlice(bare), { addressType: '', ports: [], endpoints: [] });
});
