import { totalmem } from 'node:os';
import t from 'tap';
import { availableMemory, defaultMemoryLimit } from '../../src/cli/memory-limit.ts';

const MIB = 1024 * 1024;
const MACHINE = 8192 * MIB;
const ROOT = '/sys/fs/cgroup';
/** What version 1 has in place of no limit. */
const UNLIMITED = '9223372036854771712\n';

t.test('three quarters of the smallest limit', async (t) => {
  const cases: { own?: string; files: Record<string, string>; of: number; why: string }[] = [
    { files: {}, of: MACHINE, why: 'no cgroups at all' },
    { own: '', files: {}, of: MACHINE, why: 'in none' },
    {
      own: '0::/\n',
      files: { [`${ROOT}/memory.max`]: `${256 * MIB}\n` },
      of: 256 * MIB,
      why: 'v2 in a container',
    },
    { own: '0::/\n', files: { [`${ROOT}/memory.max`]: 'max\n' }, of: MACHINE, why: 'v2 without a limit' },
    {
      own: '0::/a/b\n',
      files: { [`${ROOT}/a/b/memory.max`]: 'max\n', [`${ROOT}/a/memory.max`]: `${512 * MIB}\n` },
      of: 512 * MIB,
      why: 'v2, limit of a parent',
    },
    {
      own: '0::/a/b\n',
      files: {
        [`${ROOT}/a/b/memory.max`]: `${300 * MIB}\n`,
        [`${ROOT}/a/memory.max`]: `${512 * MIB}\n`,
      },
      of: 300 * MIB,
      why: 'v2, its own is smaller',
    },
    {
      own: '0::/kubepods/pod1/x\n',
      files: { [`${ROOT}/memory.max`]: `${256 * MIB}\n` },
      of: 256 * MIB,
      why: "v2, the machine's path in a container",
    },
    {
      own: '0::/../other\n',
      files: { [`${ROOT}/memory.max`]: `${256 * MIB}\n`, '/sys/fs/other/memory.max': '1\n' },
      of: 256 * MIB,
      why: 'v2, never above the root',
    },
    {
      own: '3:cpu,cpuacct:/a\n4:memory:/docker/x:y\n0::/\n',
      files: {
        [`${ROOT}/memory/docker/x:y/memory.limit_in_bytes`]: `${700 * MIB}\n`,
        [`${ROOT}/memory/a/memory.limit_in_bytes`]: '1\n',
      },
      of: 700 * MIB,
      why: 'v1, its own, not that of other controllers',
    },
    {
      own: '5:hugetlb,memory:/k/p\n',
      files: {
        [`${ROOT}/memory/k/p/memory.limit_in_bytes`]: UNLIMITED,
        [`${ROOT}/memory/k/memory.limit_in_bytes`]: `${512 * MIB}\n`,
        [`${ROOT}/memory/memory.limit_in_bytes`]: UNLIMITED,
      },
      of: 512 * MIB,
      why: 'v1, limit of a parent',
    },
    {
      own: '4:memory:/k/p\n',
      files: { [`${ROOT}/memory/memory.limit_in_bytes`]: `${128 * MIB}\n` },
      of: 128 * MIB,
      why: "v1, the machine's path in a container",
    },
    {
      own: '4:memory:/\n',
      files: { [`${ROOT}/memory/memory.limit_in_bytes`]: UNLIMITED },
      of: MACHINE,
      why: 'v1 without a limit',
    },
    {
      own: '0::/\n',
      files: { [`${ROOT}/memory.max`]: `${2 * MACHINE}\n` },
      of: MACHINE,
      why: 'more than there is',
    },
    { own: '0::/\n', files: { [`${ROOT}/memory.max`]: 'nonsense\n' }, of: MACHINE, why: 'no number' },
  ];
  for (const { own, files, of, why } of cases) {
    const all = new Map(Object.entries(files));
    if (own !== undefined) all.set('/proc/self/cgroup', own);
    const readings = { readText: (path: string) => all.get(path), machineBytes: MACHINE };
    t.equal(availableMemory(readings), of, why);
    t.equal(defaultMemoryLimit(readings), of * 0.75, why);
  }
});

t.test('on this machine', async (t) => {
  const limit = defaultMemoryLimit();
  t.ok(Number.isInteger(limit) && limit > 0 && limit <= totalmem() * 0.75, `${limit}`);
});
