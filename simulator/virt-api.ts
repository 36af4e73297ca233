import type { ExpositionWriter } from './exposition.ts';
import type { Model, ModelPod } from './model.ts';
import { writeRestClient, writeWorkqueues } from './process-metrics.ts';
import type { ApiCall } from './process-metrics.ts';
import { mix } from './random.ts';
import { level } from './signal.ts';

const CALLS: readonly ApiCall[] = [
  {
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    resource: 'subjectaccessreviews',
    verb: 'POST',
    rate: 0.6,
  },
  {
    path: '/apis/kubevirt.io/v1/namespaces/%7Bnamespace%7D/virtualmachineinstances/%7Bname%7D',
    resource: 'virtualmachineinstances',
    verb: 'GET',
    rate: 0.2,
  },
  { path: '/api/v1/namespaces/%7Bnamespace%7D', resource: 'namespaces', verb: 'GET', rate: 0.05 },
];

/** What virt-api exposes beside the metrics of its process. A series stays for each instance that was ever connected to. */
export function writeVirtApi(out: ExpositionWriter, model: Model, pod: ModelPod, seconds: number): void {
  out.sample('kubevirt_virt_api_ready_status', {}, 1);
  writeRestClient(out, pod, seconds, CALLS);
  writeWorkqueues(out, pod, seconds, ['virt-api-vm-rest']);
  const created = new Map<string, number>();
  for (const machine of model.machines) {
    const { namespace, name, seed } = machine;
    created.set(namespace, (created.get(namespace) ?? 0) + 1);
    const own = mix(seed, pod.seed);
    if (own % 3 === 0) continue;
    const labels = { namespace, vmi: name };
    const open = machine.status === 'stopped' ? 0 : Math.max(0, Math.round(level(own, 0, 1, seconds)));
    const tunnels = level(own, 0.3, 4, seconds);
    out.sample('kubevirt_portforward_active_tunnels', labels, Math.max(0, Math.round(tunnels)));
    out.sample(
      'kubevirt_vmi_last_api_connection_timestamp_seconds',
      labels,
      lastConnection(own, pod, seconds),
    );
    if (own % 5 === 0) out.sample('kubevirt_vnc_active_connections', labels, open);
    if (own % 7 === 0) out.sample('kubevirt_console_active_connections', labels, open);
    if (own % 11 === 0) out.sample('kubevirt_usbredir_active_connections', labels, 0);
  }
  for (const [namespace, value] of created) {
    out.sample('kubevirt_vm_created_by_pod_total', { namespace }, value);
  }
}

/** Somebody comes by every few minutes. */
function lastConnection(seed: number, pod: ModelPod, seconds: number): number {
  const every = 120 + (seed % 900);
  return Math.floor(pod.startedAt / 1000 + Math.floor(seconds / every) * every);
}
