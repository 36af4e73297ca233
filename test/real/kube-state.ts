import { launcherOf } from '../../simulator/machine.ts';
import type { Model } from '../../simulator/model.ts';

const CLAIMS = ['restore-a', 'data-b', 'orphan-c'];

/**
 * What KubeVirt's rules need beside KubeVirt: a little of kube-state-metrics, the kubelet and the API server about the cluster of the model. Fixed values; no
 * part of what is tested, it is scraped directly by both.
 */
export function kubeStateBody(model: Model): string {
  const lines: string[] = [];
  function sample(name: string, labels: Readonly<Record<string, string>>, value: number): void {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
    lines.push(`${name}{${pairs.join(',')}} ${value}`);
  }

  const launchers = model.machines
    .filter((machine) => machine.node !== '')
    .map((machine) => ({
      pod: launcherOf(machine),
      namespace: machine.namespace,
      node: machine.node,
      container: 'compute',
    }));
  const components = model.pods.map((pod) => ({
    pod: pod.name,
    namespace: 'kubevirt',
    node: pod.node,
    container: pod.component as string,
  }));
  for (const [index, { pod, namespace, node, container }] of [...components, ...launchers].entries()) {
    const own = { namespace, pod };
    sample('kube_pod_info', { ...own, node }, 1);
    sample('kube_pod_status_phase', { ...own, phase: 'Running' }, 1);
    sample('kube_pod_status_phase', { ...own, phase: 'Failed' }, 0);
    sample('kube_pod_status_ready', { ...own, condition: 'true' }, index % 5 === 0 ? 0 : 1);
    sample(
      'kube_pod_container_resource_requests',
      { ...own, container, node, resource: 'memory', unit: 'byte' },
      3e8 + index * 1e6,
    );
    sample('container_memory_rss', { ...own, container, node }, 2.8e8 + index * 3e6);
    sample('container_memory_working_set_bytes', { ...own, container, node }, 2.9e8 + index * 3e6);
  }
  for (const deployment of ['virt-api', 'virt-controller', 'virt-operator'])
    sample('kube_deployment_spec_replicas', { namespace: 'kubevirt', deployment }, 2);
  const handlers = { namespace: 'kubevirt', daemonset: 'virt-handler' };
  sample('kube_daemonset_status_desired_number_scheduled', handlers, model.nodes.length);
  sample('kube_daemonset_status_number_ready', handlers, model.nodes.length - 1);
  for (const node of model.nodes) {
    sample('kube_node_labels', { node, label_kubevirt_io_schedulable: 'true' }, 1);
    sample('kube_node_role', { node, role: 'worker' }, 1);
    sample('kube_node_spec_unschedulable', { node }, 0);
    sample(
      'kube_node_status_allocatable',
      { node, resource: 'devices_kubevirt_io_kvm', unit: 'integer' },
      1000,
    );
    sample('kube_node_status_allocatable', { node, resource: 'memory', unit: 'byte' }, 6.4e10);
  }
  for (const [index, persistentvolumeclaim] of CLAIMS.entries()) {
    const own = { namespace: 'shop', persistentvolumeclaim };
    sample('kube_persistentvolumeclaim_info', { ...own, storageclass: 'fast' }, 1);
    sample('kube_persistentvolumeclaim_resource_requests_storage_bytes', own, 1e10 * (index + 1));
    if (index === 0)
      sample(
        'kube_persistentvolumeclaim_labels',
        {
          ...own,
          label_restore_kubevirt_io_source_vm_name: 'vm-a',
          label_restore_kubevirt_io_source_vm_namespace: 'shop',
        },
        1,
      );
  }
  const api = { group: 'kubevirt.io', version: 'v1alpha3', resource: 'virtualmachines', subresource: '' };
  sample('apiserver_requested_deprecated_apis', { ...api, removed_release: '' }, 1);
  sample('apiserver_request_total', { ...api, verb: 'GET', code: '200' }, 17);
  return `${lines.join('\n')}\n`;
}
