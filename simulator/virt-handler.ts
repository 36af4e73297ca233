import { LabelSet } from './exposition.ts';
import type { ExpositionWriter, LabelRecord } from './exposition.ts';
import { launcherOf } from './machine.ts';
import type { Machine, Migration } from './machine.ts';
import type { Model, ModelPod } from './model.ts';
import { writeRestClient, writeWorkqueues } from './process-metrics.ts';
import type { ApiCall } from './process-metrics.ts';
import { mix } from './random.ts';
import { count, elapsed, level } from './signal.ts';

const MIGRATION_SLOTS = 10;
const MIGRATION_SLOT_MS = 5_000;
const VMIS = '/apis/kubevirt.io/v1/namespaces/%7Bnamespace%7D/virtualmachineinstances/%7Bname%7D';
const CALLS: readonly ApiCall[] = [
  { path: '/api/v1/nodes/%7Bname%7D', resource: 'nodes', verb: 'GET', rate: 0.03 },
  { path: '/api/v1/nodes/%7Bname%7D', resource: 'nodes', verb: 'PATCH', rate: 0.02 },
  { path: VMIS, resource: 'virtualmachineinstances', verb: 'PATCH', rate: 0.05 },
  { path: VMIS, resource: 'virtualmachineinstances', verb: 'PUT', rate: 0.04 },
  {
    path: '/apis/kubevirt.io/v1/virtualmachineinstances',
    resource: 'virtualmachineinstances',
    verb: 'LIST',
    rate: 0.001,
  },
];
const QUEUES = [
  'virt-handler-vm',
  'virt-handler-node-labeller',
  'virt-handler-migration-source',
  'virt-handler-migration-target',
];

/** What virt-handler exposes beside the metrics of its process: its node's instances. */
export function writeVirtHandler(out: ExpositionWriter, model: Model, pod: ModelPod, seconds: number): void {
  out.sample('kubevirt_info', { goversion: 'go1.24.6', kubeversion: 'v1.9.0' }, 1);
  out.sample('kubevirt_virt_handler_ready_status', {}, 1);
  for (const machineType of ['pc-i440fx-rhel7.6.0', 'pc-q35-rhel8.6.0']) {
    const labels = { machine_type: machineType, node: pod.node };
    out.sample('kubevirt_node_deprecated_machine_types', labels, 1);
  }
  writeRestClient(out, pod, seconds, CALLS);
  writeWorkqueues(out, pod, seconds, QUEUES);
  for (const [index, machine] of model.machines.entries()) {
    if (machine.node !== pod.node || machine.status === 'stopped') continue;
    writeMachine(out, machine, model.time);
    if (index % 16 === 3) writeRarities(out, machine);
    if (machine.status === 'migrating' && machine.migration !== undefined) {
      writeMigration(out, machine, machine.migration, model.time);
    }
  }
}

/** The domain metrics of one instance, as `virsh domstats` and the guest agent tell them. */
function writeMachine(out: ExpositionWriter, machine: Machine, time: number): void {
  const { guest, seed, namespace, name } = machine;
  const seconds = (time - machine.bootedAt) / 1000;
  const labelsWith = labelsOf(machine);
  const base = labelsWith('');
  const at = (salt: number): number => mix(seed, salt);
  const available = guest.memory - 180 * 1024 ** 2;
  const usable = Math.floor(level(at(1), available * 0.5, 0.6, seconds) / 4096) * 4096;
  const page = (part: number): number => Math.floor((usable * part) / 4096) * 4096;
  const load = level(at(2), guest.vcpus * 0.4, 0.9, seconds);
  const gauges: [name: string, value: number][] = [
    ['memory_actual_balloon_bytes', guest.memory],
    ['memory_available_bytes', available],
    ['memory_cached_bytes', page(0.4)],
    ['memory_domain_bytes', guest.memory],
    ['memory_pgmajfault_total', count(at(3), 0.3, seconds)],
    ['memory_pgminfault_total', count(at(4), 900, seconds)],
    ['memory_resident_bytes', guest.memory - page(0.2)],
    ['memory_swap_in_traffic_bytes', 0],
    ['memory_swap_out_traffic_bytes', 0],
    ['memory_unused_bytes', page(0.55)],
    ['memory_usable_bytes', usable],
    ['cpu_system_usage_seconds_total', elapsed(at(5), 0.05 * guest.vcpus, seconds)],
    ['cpu_usage_seconds_total', elapsed(at(6), 0.4 * guest.vcpus, seconds)],
    ['cpu_user_usage_seconds_total', elapsed(at(7), 0.02 * guest.vcpus, seconds)],
    ['guest_load_1m', Math.floor(load * 100) / 100],
    ['guest_load_5m', Math.floor(load * 90) / 100],
    ['guest_load_15m', Math.floor(load * 80) / 100],
    ['node_cpu_affinity', 64 * guest.vcpus],
    ['dirty_rate_bytes_per_second', Math.floor(level(at(8), 12, 0.9, seconds)) * 1024 ** 2],
  ];
  for (const [suffix, value] of gauges) out.sample(`kubevirt_vmi_${suffix}`, base, value);
  for (let id = 0; id < guest.vcpus; id += 1) {
    const labels = labelsWith(`vcpu ${id}`, { id: String(id) });
    const running = labelsWith(`running ${id}`, { id: String(id), state: 'RUNNING' });
    out.sample('kubevirt_vmi_vcpu_seconds_total', running, elapsed(at(20 + id), 0.3, seconds));
    out.sample('kubevirt_vmi_vcpu_wait_seconds_total', labels, elapsed(at(40 + id), 0.004, seconds));
    out.sample('kubevirt_vmi_vcpu_delay_seconds_total', labels, elapsed(at(60 + id), 0.01, seconds));
  }
  for (const [index, drive] of guest.drives.entries()) {
    const rates: [suffix: string, rate: number, unit: typeof count][] = [
      ['flush_requests_total', 0.8, count],
      ['flush_times_seconds_total', 0.003, elapsed],
      ['iops_read_total', 14, count],
      ['iops_write_total', 31, count],
      ['read_times_seconds_total', 0.02, elapsed],
      ['read_traffic_bytes_total', 310_000, count],
      ['write_times_seconds_total', 0.05, elapsed],
      ['write_traffic_bytes_total', 520_000, count],
    ];
    const labels = labelsWith(`drive ${drive}`, { drive });
    for (const [salt, [suffix, rate, unit]] of rates.entries()) {
      const value = unit(at(100 + index * 10 + salt), rate / (index + 1), seconds);
      out.sample(`kubevirt_vmi_storage_${suffix}`, labels, value);
    }
  }
  for (const [index, vnic] of guest.interfaces.entries()) {
    const labels = labelsWith(`interface ${vnic}`, { interface: vnic });
    for (const [salt, direction, rate] of [
      [200, 'receive', 42_000],
      [250, 'transmit', 67_000],
    ] as const) {
      const seedOfLine = at(salt + index);
      const bytes = count(seedOfLine, rate, seconds);
      out.sample(`kubevirt_vmi_network_${direction}_bytes_total`, labels, bytes);
      out.sample(
        `kubevirt_vmi_network_${direction}_packets_total`,
        labels,
        count(seedOfLine, rate / 900, seconds),
      );
      out.sample(
        `kubevirt_vmi_network_${direction}_packets_dropped_total`,
        labels,
        count(seedOfLine, 1e-4, seconds),
      );
      out.sample(`kubevirt_vmi_network_${direction}_errors_total`, labels, 0);
      const type = direction === 'receive' ? 'rx' : 'tx';
      const both = labelsWith(`${type} ${vnic}`, { interface: vnic, type });
      out.sample('kubevirt_vmi_network_traffic_bytes_total', both, bytes);
    }
  }
  for (const [index, { disk, mount, type, capacity }] of guest.filesystems.entries()) {
    const filesystem = { disk_name: disk, mount_point: mount, file_system_type: type };
    const labels = labelsWith(`filesystem ${index}`, filesystem);
    const used = Math.floor(level(at(300 + index), capacity * 0.4, 0.2, seconds) / 4096) * 4096;
    out.sample('kubevirt_vmi_filesystem_capacity_bytes', labels, capacity);
    out.sample('kubevirt_vmi_filesystem_used_bytes', labels, used);
  }
  out.sample('kubevirt_vmi_sync_total', { namespace, name }, count(at(9), 0.02, seconds));
}

/** What few instances have: a GPU (its `pod` is the launcher's, not virt-handler's), a guest that panicked. */
function writeRarities(out: ExpositionWriter, machine: Machine): void {
  const { namespace, name, node, seed } = machine;
  const uuid = `GPU-${seed.toString(16).padStart(8, '0')}-0b5d-4c1e-9f3a-6a1c2d3e4f50`;
  const resource = 'nvidia.com/GA102GL_A10';
  out.sample('kubevirt_vmi_gpu_info', { namespace, node, pod: launcherOf(machine), resource, uuid }, 1);
  const panic = { namespace, name, type: 'hyper-v', bugcheck_code: '0x0000007e' };
  out.sample('kubevirt_vmi_guest_os_panic_total', panic, 1);
}

/** The ring of up to ten readings, one each 5 s, that virt-handler gives with their own timestamps, all of them again and again. */
function writeMigration(out: ExpositionWriter, machine: Machine, migration: Migration, time: number): void {
  const { namespace, name, node, guest } = machine;
  const labels = { namespace, name, node };
  const last = Math.floor((time - migration.startedAt) / MIGRATION_SLOT_MS);
  for (let slot = Math.max(0, last - MIGRATION_SLOTS + 1); slot <= last; slot += 1) {
    const timestamp = migration.startedAt + slot * MIGRATION_SLOT_MS;
    const processed = Math.min(guest.memory, Math.floor((guest.memory * slot) / 12));
    const readings: [suffix: string, value: number][] = [
      ['data_bytes_total', guest.memory],
      ['data_processed_bytes', processed],
      ['data_remaining_bytes', guest.memory - processed],
      ['dirty_memory_rate_bytes', 4_096 * (200 + slot)],
      ['memory_transfer_rate_bytes', 117_440_512 - 1_024 * slot],
    ];
    for (const [suffix, value] of readings) {
      out.sample(`kubevirt_vmi_migration_${suffix}`, labels, value, timestamp);
    }
  }
}

interface MachineLabels {
  readonly node: string;
  readonly sets: Map<string, LabelSet>;
  readonly base: LabelRecord;
}

const known = new WeakMap<Machine, MachineLabels>();

/** The label sets of an instance's domain metrics, each made once for as long as it stays on its node. */
function labelsOf(machine: Machine): (key: string, more?: LabelRecord) => LabelSet {
  let labels = known.get(machine);
  if (labels?.node !== machine.node) {
    const { node, namespace, name } = machine;
    labels = { node, sets: new Map(), base: { node, namespace, name, ...vmiLabels(machine) } };
    known.set(machine, labels);
  }
  const { sets, base } = labels;
  return (key, more) => {
    let set = sets.get(key);
    if (set === undefined) {
      set = new LabelSet({ ...base, ...more });
      sets.set(key, set);
    }
    return set;
  };
}

function vmiLabels(machine: Machine): LabelRecord {
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(machine.labels)) {
    labels[`kubernetes_vmi_label_${key.replaceAll(/[./-]/g, '_')}`] = value;
  }
  return labels;
}
