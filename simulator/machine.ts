import { createRandom, seedOf, mix } from './random.ts';
import type { Random } from './random.ts';

export interface Filesystem {
  readonly disk: string;
  readonly mount: string;
  readonly type: string;
  readonly capacity: number;
}

/** What a virtual machine is made of. */
export interface Guest {
  readonly os: string;
  readonly osName: string;
  readonly osVersion: string;
  readonly kernel: string;
  readonly machine: string;
  readonly vcpus: number;
  readonly memory: number;
  readonly drives: readonly string[];
  readonly interfaces: readonly string[];
  readonly filesystems: readonly Filesystem[];
}

/** A live migration. Times in milliseconds. */
export interface Migration {
  readonly name: string;
  readonly source: string;
  readonly target: string;
  readonly startedAt: number;
  readonly endedAt?: number;
}

export type MachineStatus = 'running' | 'starting' | 'migrating' | 'stopped';

/** A virtual machine and, unless it is stopped, its instance. Changed by the model only. Times in milliseconds. */
export interface Machine {
  readonly namespace: string;
  readonly name: string;
  readonly seed: number;
  readonly guest: Guest;
  /** The instance's labels under their Kubernetes names. */
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: number;
  status: MachineStatus;
  /** Where the instance runs; empty when stopped. */
  node: string;
  /** When the present QEMU process began: its counters begin with it. */
  bootedAt: number;
  /** When it last changed to each status. */
  readonly changedAt: Partial<Record<MachineStatus, number>>;
  /** The one under way or the last one. */
  migration: Migration | undefined;
  readonly launcherSuffix: string;
}

const GIB = 1024 ** 3;
const KINDS = ['web', 'db', 'cache', 'build', 'desktop', 'queue', 'mail', 'search'] as const;

/** The `index`th virtual machine of a cluster; the same for the same seed. `labelCount` more labels than the three of KubeVirt. */
export function createMachine(options: {
  readonly seed: number;
  readonly index: number;
  readonly namespaces: readonly string[];
  readonly time: number;
  readonly labelCount?: number;
  readonly guest?: Guest;
}): Machine {
  const { seed, index, namespaces, time, labelCount = 3 } = options;
  const random = createRandom(mix(seed, index + 1000));
  const kind = random.pick(KINDS);
  const namespace = random.pick(namespaces);
  const name = `${kind}-${index}`;
  const guest = options.guest ?? createGuest(random, kind);
  const createdAt = time - random.whole(2, 90 * 24) * 3_600_000;
  const more: [string, string][] = [
    ['app.kubernetes.io/name', kind],
    ['kubevirt.io/size', guest.memory > 4 * GIB ? 'large' : 'small'],
    ['team', random.pick(['platform', 'shop', 'research'])],
    ['cost-center', String(random.whole(1000, 9999))],
    ['backup.example.com/plan', random.pick(['daily', 'weekly', 'none'])],
  ];
  return {
    namespace,
    name,
    seed: mix(seed, seedOf(`${namespace}/${name}`)),
    guest,
    labels: Object.fromEntries([
      ...(labelCount > 0 ? [['vm.kubevirt.io/name', name] as const] : []),
      ...more.slice(0, Math.max(0, labelCount - 1)),
    ]),
    createdAt,
    status: 'stopped',
    node: '',
    bootedAt: createdAt,
    changedAt: { stopped: createdAt },
    migration: undefined,
    launcherSuffix: random.suffix(5),
  };
}

/** The guest that facts about cardinality count with: 4 vCPUs, 3 drives, 1 interface, 4 filesystems, 74 series. */
export function typicalGuest(): Guest {
  return createGuest(createRandom(7), 'web', { vcpus: 4, drives: 3, interfaces: 1 });
}

function createGuest(
  random: Random,
  kind: (typeof KINDS)[number],
  size: { vcpus?: number; drives?: number; interfaces?: number } = {},
): Guest {
  const windows = kind === 'desktop';
  const vcpus = size.vcpus ?? random.pick([1, 2, 2, 4, 4, 8]);
  const memory = vcpus * random.pick([1, 2, 4]) * GIB;
  const drives = ['vda', 'vdb', 'vdc', 'vdd'].slice(0, size.drives ?? random.whole(1, 3));
  const interfaces = ['default', 'storage', 'backup'].slice(0, size.interfaces ?? random.whole(1, 2));
  const filesystems: Filesystem[] = windows
    ? [
        { disk: 'disk0', mount: 'C:\\', type: 'NTFS', capacity: 64 * GIB },
        { disk: 'disk0', mount: 'System Reserved', type: 'NTFS', capacity: GIB / 2 },
      ]
    : [
        { disk: 'vda1', mount: '/', type: 'ext4', capacity: 20 * GIB },
        { disk: 'vda15', mount: '/boot/efi', type: 'vfat', capacity: GIB / 8 },
        { disk: 'vda16', mount: '/boot', type: 'ext4', capacity: GIB },
        { disk: 'vdb', mount: '/var/lib/data', type: 'xfs', capacity: 100 * GIB },
      ];
  return {
    os: windows ? 'windows' : 'linux',
    osName: windows ? 'Microsoft Windows' : 'Fedora Linux',
    osVersion: windows ? '2k22' : '42',
    kernel: windows ? '20348' : '6.14.0-63.fc42.x86_64',
    machine: 'pc-q35-rhel9.6.0',
    vcpus,
    memory,
    drives,
    interfaces,
    filesystems,
  };
}

/** Name of the pod that the instance runs in. */
export function launcherOf(machine: Machine): string {
  return `virt-launcher-${machine.name}-${machine.launcherSuffix}`;
}
