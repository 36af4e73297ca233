import { availableParallelism } from 'node:os';
import t from 'tap';
import { usableProcessors } from '../../src/cli/processors.ts';

const MACHINE = 16;
const ROOT = '/sys/fs/cgroup';

/** The files of a quota of version 1. */
function quota(folder: string, quotaUs: number, periodUs = 100_000): Record<string, string> {
  return { [`${folder}/cpu.cfs_quota_us`]: `${quotaUs}\n`, [`${folder}/cpu.cfs_period_us`]: `${periodUs}\n` };
}

t.test('the smallest quota, in whole processors', async (t) => {
  const cases: { own?: string; files?: Record<string, string>; want: number; why: string }[] = [
    { want: MACHINE, why: 'no cgroups at all' },
    { own: '', want: MACHINE, why: 'in none' },
    {
      own: '0::/\n',
      files: { [`${ROOT}/cpu.max`]: 'max 100000\n' },
      want: MACHINE,
      why: 'v2 without a quota',
    },
    { own: '0::/\n', files: { [`${ROOT}/cpu.max`]: '200000 100000\n' }, want: 2, why: 'v2 in a container' },
    {
      own: '0::/\n',
      files: { [`${ROOT}/cpu.max`]: '150000 100000\n' },
      want: 1,
      why: 'one and a half is one',
    },
    {
      own: '0::/\n',
      files: { [`${ROOT}/cpu.max`]: '399999 100000\n' },
      want: 3,
      why: 'nearly four is three',
    },
    { own: '0::/\n', files: { [`${ROOT}/cpu.max`]: '10000 100000\n' }, want: 1, why: 'a tenth is one' },
    { own: '0::/\n', files: { [`${ROOT}/cpu.max`]: '60000 20000\n' }, want: 3, why: 'v2, another period' },
    {
      own: '0::/a/b\n',
      files: { [`${ROOT}/a/b/cpu.max`]: 'max 100000\n', [`${ROOT}/a/cpu.max`]: '300000 100000\n' },
      want: 3,
      why: 'v2, quota of a parent',
    },
    {
      own: '0::/a/b\n',
      files: { [`${ROOT}/a/b/cpu.max`]: '90000 20000\n', [`${ROOT}/a/cpu.max`]: '500000 100000\n' },
      want: 4,
      why: 'v2, its own is smaller, though of more microseconds in all',
    },
    {
      own: '0::/kubepods/pod1/x\n',
      files: { [`${ROOT}/cpu.max`]: '200000 100000\n' },
      want: 2,
      why: "v2, the machine's path in a container",
    },
    {
      own: '0::/../other\n',
      files: { [`${ROOT}/cpu.max`]: '200000 100000\n', '/sys/fs/other/cpu.max': '100000 100000\n' },
      want: 2,
      why: 'v2, never above the root',
    },
    {
      own: '3:cpuset,cpu:/docker/x:y\n4:memory:/a\n0::/\n',
      files: { ...quota(`${ROOT}/cpu/docker/x:y`, 250_000), ...quota(`${ROOT}/cpu/a`, 100_000) },
      want: 2,
      why: 'v1, its own, not that of other controllers',
    },
    {
      own: '5:cpu,cpuacct:/k/p\n',
      files: {
        ...quota(`${ROOT}/cpu/k/p`, -1),
        ...quota(`${ROOT}/cpu/k`, 30_000, 10_000),
        ...quota(`${ROOT}/cpu`, -1),
      },
      want: 3,
      why: 'v1, quota of a parent',
    },
    {
      own: '4:cpu:/k/p\n',
      files: quota(`${ROOT}/cpu`, 100_000),
      want: 1,
      why: "v1, the machine's path in a container",
    },
    { own: '4:cpu:/\n', files: quota(`${ROOT}/cpu`, -1), want: MACHINE, why: 'v1 without a quota' },
    {
      own: '4:cpu:/\n',
      files: { [`${ROOT}/cpu/cpu.cfs_quota_us`]: '100000\n' },
      want: MACHINE,
      why: 'v1, no period',
    },
    {
      own: '0::/\n',
      files: { [`${ROOT}/cpu.max`]: '3200000 100000\n' },
      want: MACHINE,
      why: 'more than there are',
    },
    { own: '0::/\n', files: { [`${ROOT}/cpu.max`]: '100000 0\n' }, want: MACHINE, why: 'no period' },
    { own: '0::/\n', files: { [`${ROOT}/cpu.max`]: 'nonsense\n' }, want: MACHINE, why: 'no numbers' },
    {
      own: '2:cpuacct:/\n1:cpu:/x\n0::/\n',
      files: { ...quota(`${ROOT}/cpu/x`, 500_000), [`${ROOT}/cpu.max`]: '400000 100000\n' },
      want: 4,
      why: 'both versions',
    },
  ];
  for (const { own, files = {}, want, why } of cases) {
    const all = new Map(Object.entries(files));
    if (own !== undefined) all.set('/proc/self/cgroup', own);
    t.equal(usableProcessors({ readText: (path) => all.get(path), available: MACHINE }), want, why);
  }
});

t.test('never less than one', async (t) => {
  t.equal(usableProcessors({ readText: () => undefined, available: 0 }), 1);
});

t.test('on this machine', async (t) => {
  const processors = usableProcessors();
  t.ok(
    Number.isInteger(processors) && processors >= 1 && processors <= availableParallelism(),
    `${processors}`,
  );
});
