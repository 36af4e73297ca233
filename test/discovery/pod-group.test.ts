import t from 'tap';
import { slimPod } from '../../src/discovery/kubernetes-object.ts';
import { podGroup } from '../../src/discovery/pod-group.ts';
import type { KubernetesObject } from '../../simulator/kubernetes-api.ts';
import { pod } from './fixture.ts';
import { raw, shortGroup } from './groups.ts';

function group(object: KubernetesObject) {
  return shortGroup(podGroup(slimPod(raw(object))));
}

t.test('a target for every port, and one for every container without any', async (t) => {
  const object = pod('n', 'p', '10.0.0.1', {
    labels: { app: 'x' },
    metadata: { uid: 'u-1', ownerReferences: [{ kind: 'DaemonSet', name: 'ds', controller: true }] },
    containers: [
      {
        name: 'main',
        image: 'main:1',
        ports: [
          { name: 'metrics', containerPort: 8443, protocol: 'TCP' },
          { containerPort: 53, protocol: 'UDP' },
        ],
      },
      { name: 'side', image: 'side:1' },
    ],
    spec: { initContainers: [{ name: 'init', image: 'init:1' }] },
    status: {
      containerStatuses: [
        { name: 'side', containerID: 'cri-o://2' },
        { name: 'main', containerID: 'cri-o://1' },
      ],
      initContainerStatuses: [{ name: 'init', containerID: 'cri-o://0' }],
    },
  });
  const main = {
    pod_container_name: 'main',
    pod_container_image: 'main:1',
    pod_container_init: 'false',
    pod_container_id: 'cri-o://1',
  };
  t.same(group(object), {
    source: 'pod/n/p',
    labels: {
      namespace: 'n',
      pod_name: 'p',
      pod_ip: '10.0.0.1',
      pod_ready: 'true',
      pod_phase: 'Running',
      pod_node_name: 'node01',
      pod_host_ip: '10.0.0.1',
      pod_uid: 'u-1',
      pod_controller_kind: 'DaemonSet',
      pod_controller_name: 'ds',
      pod_label_app: 'x',
      pod_labelpresent_app: 'true',
    },
    targets: [
      {
        __address__: '10.0.0.1:8443',
        ...main,
        pod_container_port_name: 'metrics',
        pod_container_port_number: '8443',
        pod_container_port_protocol: 'TCP',
      },
      {
        __address__: '10.0.0.1:53',
        ...main,
        pod_container_port_number: '53',
        pod_container_port_protocol: 'UDP',
      },
      {
        __address__: '10.0.0.1',
        pod_container_name: 'side',
        pod_container_image: 'side:1',
        pod_container_init: 'false',
        pod_container_id: 'cri-o://2',
      },
      {
        __address__: '10.0.0.1',
        pod_container_name: 'init',
        pod_container_image: 'init:1',
        pod_container_init: 'true',
        pod_container_id: 'cri-o://0',
      },
    ],
  });
});

t.test('addresses', async (t) => {
  const containers = [
    { name: 'a', image: 'a', ports: [{ containerPort: 1 }] },
    { name: 'b', image: 'b' },
  ];
  const cases = [
    { ip: 'fd00::1', want: ['[fd00::1]:1', 'fd00::1'], why: 'brackets with a port only' },
    { ip: '', want: [], why: 'a pod without an address' },
  ];
  for (const { ip, want, why } of cases) {
    const { targets } = group(pod('n', 'p', ip, { containers }));
    t.same(
      targets.map(({ __address__ }) => __address__),
      want,
      why,
    );
  }
});
