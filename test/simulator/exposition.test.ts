import t from 'tap';

import { createExposition, goFloat } from '../../simulator/exposition.ts';

t.test('numbers are written as Go writes them', async (t) => {
  const table: [number: number, want: string, why: string][] = [
    [0, '0', 'whole'],
    [-0, '-0', 'negative zero keeps its sign'],
    [42, '42', 'whole'],
    [999_999, '999999', 'the last without an exponent'],
    [1_000_000, '1e+06', 'the first with one'],
    [-1_234_567, '-1.234567e+06', 'negative'],
    [1.7e9, '1.7e+09', 'an exponent has two digits at least'],
    [1.760000000123e12, '1.760000000123e+12', 'all digits are kept'],
    [2 ** 63, '9.223372036854776e+18', 'the shortest that reads back'],
    [1e100, '1e+100', 'three digits when needed'],
    [0.1, '0.1', 'fraction'],
    [0.0001, '0.0001', 'the smallest without an exponent'],
    [0.00001, '1e-05', 'JavaScript would write 0.00001'],
    [9.999999999999999e-6, '9.999999999999999e-06', 'a bound of the work queues'],
    [123456.789, '123456.789', 'digits after the point do not count'],
    [NaN, 'NaN', ''],
    [Infinity, '+Inf', ''],
    [-Infinity, '-Inf', ''],
  ];
  for (const [number, want, why] of table) t.equal(goFloat(number), want, why);
});

t.test('families, labels and series come in the order of client_golang', async (t) => {
  const out = createExposition('virt-handler');
  const vmi = { namespace: 'b', name: 'a', node: 'n' };
  out.sample('kubevirt_vmi_filesystem_used_bytes', { mount_point: 'C:\\ "x"\n', disk_name: 'd' }, 1e6);
  out.sample('kubevirt_vmi_migration_data_bytes_total', vmi, 2, 2000);
  out.sample('kubevirt_vmi_migration_data_bytes_total', vmi, 1, 1000);
  out.sample('kubevirt_vmi_cpu_usage_seconds_total', { ...vmi, name: 'b' }, 1);
  out.sample('kubevirt_vmi_cpu_usage_seconds_total', { ...vmi, kubernetes_vmi_label_a: 'z' }, 2);
  out.sample('kubevirt_vmi_cpu_usage_seconds_total', vmi, 3);
  out.histogram(
    'kubevirt_workqueue_work_duration_seconds',
    { name: 'q' },
    { bounds: [0.1, 1], counts: [1, 2], count: 3, sum: 4.5 },
  );
  out.sample('go_goroutines', {}, 8);
  const vmis = 'name="a",namespace="b",node="n"';
  t.equal(
    out.text(),
    `# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 8
# HELP kubevirt_vmi_cpu_usage_seconds_total Total CPU time spent in all modes (sum of both vcpu and hypervisor usage).
# TYPE kubevirt_vmi_cpu_usage_seconds_total counter
kubevirt_vmi_cpu_usage_seconds_total{${vmis}} 3
kubevirt_vmi_cpu_usage_seconds_total{name="b",namespace="b",node="n"} 1
kubevirt_vmi_cpu_usage_seconds_total{kubernetes_vmi_label_a="z",${vmis}} 2
# HELP kubevirt_vmi_filesystem_used_bytes Used VM filesystem capacity in bytes.
# TYPE kubevirt_vmi_filesystem_used_bytes gauge
kubevirt_vmi_filesystem_used_bytes{disk_name="d",mount_point="C:\\\\ \\"x\\"\\n"} 1e+06
# HELP kubevirt_vmi_migration_data_bytes_total The total Guest OS data to be migrated to the new VM.
# TYPE kubevirt_vmi_migration_data_bytes_total counter
kubevirt_vmi_migration_data_bytes_total{${vmis}} 1 1000
kubevirt_vmi_migration_data_bytes_total{${vmis}} 2 2000
# HELP kubevirt_workqueue_work_duration_seconds How long in seconds processing an item from workqueue takes.
# TYPE kubevirt_workqueue_work_duration_seconds histogram
kubevirt_workqueue_work_duration_seconds_bucket{name="q",le="0.1"} 1
kubevirt_workqueue_work_duration_seconds_bucket{name="q",le="1"} 2
kubevirt_workqueue_work_duration_seconds_bucket{name="q",le="+Inf"} 3
kubevirt_workqueue_work_duration_seconds_sum{name="q"} 4.5
kubevirt_workqueue_work_duration_seconds_count{name="q"} 3
`,
  );
});

t.test('a metric that the component does not have is refused', async (t) => {
  const out = createExposition('virt-api');
  t.throws(() => out.sample('kubevirt_vmi_info', {}, 1), /virt-api has no metric kubevirt_vmi_info/);
});
