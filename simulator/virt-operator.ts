import type { ExpositionWriter } from './exposition.ts';
import type { Model, ModelPod } from './model.ts';
import { writeRestClient, writeWorkqueues } from './process-metrics.ts';
import type { ApiCall } from './process-metrics.ts';

const CALLS: readonly ApiCall[] = [
  {
    path: '/apis/kubevirt.io/v1/namespaces/%7Bnamespace%7D/kubevirts/%7Bname%7D',
    resource: 'kubevirts',
    verb: 'PATCH',
    rate: 0.02,
  },
  {
    path: '/apis/apps/v1/namespaces/%7Bnamespace%7D/deployments/%7Bname%7D',
    resource: 'deployments',
    verb: 'GET',
    rate: 0.01,
  },
];

/** What virt-operator exposes beside the metrics of its process. */
export function writeVirtOperator(out: ExpositionWriter, model: Model, pod: ModelPod, seconds: number): void {
  const leads = model.leader('virt-operator') === pod;
  out.sample('kubevirt_virt_operator_ready_status', {}, 1);
  out.sample('kubevirt_virt_operator_leading_status', {}, leads ? 1 : 0);
  if (leads) out.sample('kubevirt_configuration_emulation_enabled', {}, 0);
  writeRestClient(out, pod, seconds, leads ? CALLS : CALLS.slice(0, 1));
  writeWorkqueues(out, pod, seconds, ['virt-operator']);
}
