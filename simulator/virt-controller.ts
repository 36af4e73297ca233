import type { ExpositionWriter } from './exposition.ts';
import { launcherOf } from './machine.ts';
import type { Machine } from './machine.ts';
import type { Model, ModelPod } from './model.ts';
import { spread, writeRestClient, writeWorkqueues } from './process-metrics.ts';
import type { ApiCall } from './process-metrics.ts';
import { mix } from './random.ts';
import { count } from './signal.ts';

const KUBEVIRT = '/apis/kubevirt.io/v1/namespaces/%7Bnamespace%7D';
const CALLS: readonly ApiCall[] = [
  {
    path: `${KUBEVIRT}/virtualmachines/%7Bname%7D`,
    resource: 'virtualmachines',
    verb: 'PUT',
    rate: 0.1,
  },
  {
    path: `${KUBEVIRT}/virtualmachineinstances/%7Bname%7D`,
    resource: 'virtualmachineinstances',
    verb: 'PATCH',
    rate: 0.3,
  },
  { path: '/api/v1/namespaces/%7Bnamespace%7D/pods', resource: 'pods', verb: 'POST', rate: 0.02 },
  { path: '/api/v1/pods', resource: 'pods', verb: 'LIST', rate: 0.002 },
  {
    path: '/apis/coordination.k8s.io/v1/namespaces/%7Bnamespace%7D/leases/%7Bname%7D',
    resource: 'leases',
    verb: 'PUT',
    rate: 0.5,
  },
];
const QUEUES = [
  'virt-controller-disruption-budget',
  'virt-controller-evacuation',
  'virt-controller-export-vmexport',
  'virt-controller-migration',
  'virt-controller-node',
  'virt-controller-pool',
  'virt-controller-replicaset',
  'virt-controller-restore-vmrestore',
  'virt-controller-snapshot-crd',
  'virt-controller-snapshot-vmsnapshot',
  'virt-controller-vm',
  'virt-controller-vmclone',
  'virt-controller-vmi',
  'virt-controller-workload-update',
];
const PHASE_BOUNDS = [0.5, 1, 2, 5, 10, 20, 30, 40, 50, 60, 90, 120, 180, 300, 600, 1200, 3600];
const PHASES = ['Pending', 'Scheduling', 'Scheduled', 'Running', 'Succeeded'];

/** What virt-controller exposes beside the metrics of its process. Only the leader knows virtual machines. */
export function writeVirtController(
  out: ExpositionWriter,
  model: Model,
  pod: ModelPod,
  seconds: number,
): void {
  const leads = model.leader('virt-controller') === pod;
  out.sample('kubevirt_virt_controller_ready_status', {}, 1);
  out.sample('kubevirt_virt_controller_leading_status', {}, leads ? 1 : 0);
  writeRestClient(out, pod, seconds, leads ? CALLS : CALLS.slice(-1));
  writeWorkqueues(out, pod, seconds, QUEUES);
  if (!leads) return;
  writePhases(out, pod, seconds);
  const migrating = model.machines.filter(({ status }) => status === 'migrating').length;
  out.sample('kubevirt_vmi_number_of_outdated', {}, model.machines.length >> 4);
  out.sample('kubevirt_vmi_migrations_in_pending_phase', {}, 0);
  out.sample('kubevirt_vmi_migrations_in_running_phase', {}, migrating);
  out.sample('kubevirt_vmi_migrations_in_scheduling_phase', {}, 0);
  out.sample('kubevirt_vmi_migrations_in_unset_phase', {}, 0);
  for (const machine of model.machines) {
    writeVirtualMachine(out, machine);
    if (machine.status !== 'stopped') writeInstance(out, machine, model.time);
    writeMigrations(out, machine);
  }
}

function writePhases(out: ExpositionWriter, pod: ModelPod, seconds: number): void {
  for (const [index, phase] of PHASES.entries()) {
    const seen = count(mix(pod.seed, 500 + index), 0.01, seconds);
    const value = spread(PHASE_BOUNDS, seen, 4 + 5 * index);
    out.histogram('kubevirt_vmi_phase_transition_time_from_creation_seconds', { phase }, value);
    out.histogram('kubevirt_vmi_migration_phase_transition_time_from_creation_seconds', { phase }, value);
    const last_phase = PHASES[index - 1] ?? '';
    out.histogram('kubevirt_vmi_phase_transition_time_seconds', { phase, last_phase }, value);
  }
  const gone = spread(PHASE_BOUNDS, count(mix(pod.seed, 520), 0.004, seconds), 12);
  out.histogram('kubevirt_vmi_phase_transition_time_from_deletion_seconds', { phase: 'Succeeded' }, gone);
}

function writeVirtualMachine(out: ExpositionWriter, machine: Machine): void {
  const { namespace, name, guest, labels, changedAt, seed } = machine;
  const base = { namespace, name };
  const [status, status_group] = statusOf(machine);
  out.sample('kubevirt_vm_create_date_timestamp_seconds', base, Math.floor(machine.createdAt / 1000));
  const about = { os: guest.os, workload: 'server', flavor: 'medium', machine_type: guest.machine };
  const type = { instance_type: 'u1.medium', preference: guest.os === 'linux' ? 'fedora' : 'windows.2k22' };
  out.sample('kubevirt_vm_info', { ...base, ...about, ...type, status, status_group }, 1);
  const kept = Object.entries(labels).map(([key, value]) => [
    `label_${key.replaceAll(/[./-]/g, '_')}`,
    value,
  ]);
  out.sample('kubevirt_vm_labels', { ...base, ...Object.fromEntries(kept) }, 1);
  for (const [kind, when] of [
    ['error', 0],
    ['migrating', changedAt.migrating],
    ['non_running', changedAt.stopped],
    ['running', changedAt.running],
    ['starting', changedAt.starting],
  ] as const) {
    const seconds = Math.floor((when ?? 0) / 1000);
    out.sample(`kubevirt_vm_${kind}_status_last_transition_timestamp_seconds`, base, seconds);
  }
  const cores = { resource: 'cpu', unit: 'cores' };
  const bytes = { resource: 'memory', unit: 'bytes' };
  out.sample('kubevirt_vm_resource_limits', { ...base, ...cores }, guest.vcpus);
  out.sample('kubevirt_vm_resource_limits', { ...base, ...bytes }, guest.memory);
  out.sample('kubevirt_vm_resource_requests', { ...base, ...cores, source: 'domain' }, guest.vcpus);
  out.sample('kubevirt_vm_resource_requests', { ...base, ...bytes, source: 'guest' }, guest.memory);
  for (const [index, device] of guest.drives.entries()) {
    const disk = {
      persistentvolumeclaim: `${name}-${device}`,
      volume_mode: index === 0 ? 'Block' : 'Filesystem',
    };
    const size = (index + 1) * 20 * 1024 ** 3;
    out.sample('kubevirt_vm_disk_allocated_size_bytes', { ...base, ...disk, device }, size);
  }
  for (const vnic_name of guest.interfaces) {
    out.sample('kubevirt_vm_vnic_info', { ...base, ...vnicOf(vnic_name) }, 1);
  }
  if (seed % 4 === 0) {
    const at = Math.floor(machine.createdAt / 1000) + 3_600;
    const labels_ = { ...base, snapshot_name: `${name}-before-update` };
    out.sample('kubevirt_vmsnapshot_succeeded_timestamp_seconds', labels_, at);
  }
}

function writeInstance(out: ExpositionWriter, machine: Machine, time: number): void {
  const { namespace, name, node, guest, seed } = machine;
  const base = { namespace, name };
  // virt-controller knows no guest agent data until the agent has answered: empty labels.
  const known = machine.status !== 'starting';
  out.sample(
    'kubevirt_vmi_info',
    {
      ...base,
      node,
      phase: known ? 'running' : 'scheduling',
      os: known ? guest.os : '',
      workload: 'server',
      flavor: 'medium',
      instance_type: 'u1.medium',
      preference: '',
      guest_os_kernel_release: known ? guest.kernel : '',
      guest_os_machine: known ? 'x86_64' : '',
      guest_os_arch: known ? 'amd64' : '',
      guest_os_name: known ? guest.osName : '',
      guest_os_version_id: known ? guest.osVersion : '',
      evictable: 'true',
      outdated: String(seed % 16 === 0),
      vmi_pod: launcherOf(machine),
    },
    1,
  );
  out.sample('kubevirt_vmi_launcher_memory_overhead_bytes', base, 2.5e8 + guest.vcpus * 8_388_608);
  out.sample('kubevirt_vmi_non_evictable', { ...base, node }, seed % 9 === 0 ? 1 : 0);
  out.sample('kubevirt_vmi_sync_total', base, count(mix(seed, 10), 0.01, (time - machine.bootedAt) / 1000));
  for (const [index, vnic_name] of guest.interfaces.entries()) {
    out.sample('kubevirt_vmi_vnic_info', { ...base, ...vnicOf(vnic_name) }, 1);
    const address = `10.244.${seed % 250}.${((seed >>> 8) + index) % 250}`;
    const where = { interface_name: `eth${index}`, address, type: 'InternalIP' };
    out.sample('kubevirt_vmi_status_addresses', { ...base, node, vnic_name, ...where }, 1);
  }
}

function writeMigrations(out: ExpositionWriter, machine: Machine): void {
  const { migration, namespace, name } = machine;
  if (migration === undefined) return;
  const base = { namespace, name, migration_name: migration.name };
  const start = Math.floor(migration.startedAt / 1000);
  out.sample('kubevirt_vmi_migration_start_time_seconds', { ...base, node: migration.source }, start);
  if (migration.endedAt === undefined) return;
  const end = { ...base, node: migration.target, status: 'succeeded' };
  out.sample('kubevirt_vmi_migration_end_time_seconds', end, Math.floor(migration.endedAt / 1000));
  const labels = { namespace, vmi: name, vmim: migration.name };
  out.sample('kubevirt_vmi_migration_succeeded', labels, 1);
  out.sample('kubevirt_vmi_migration_failed', labels, 0);
}

function vnicOf(vnic_name: string) {
  const primary = vnic_name === 'default';
  return {
    vnic_name,
    binding_type: 'core',
    network: primary ? 'pod networking' : `networks/${vnic_name}`,
    binding_name: primary ? 'masquerade' : 'bridge',
    model: 'virtio',
  };
}

function statusOf(machine: Machine): readonly [status: string, group: string] {
  switch (machine.status) {
    case 'running':
      return ['running', 'running'];
    case 'starting':
      return ['starting', 'starting'];
    case 'migrating':
      return ['migrating', 'migrating'];
    case 'stopped':
      return ['stopped', 'non_running'];
  }
}
