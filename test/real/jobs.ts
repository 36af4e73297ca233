import type { Fleet } from './fleet.ts';

/** The jobs that both are given, in one file. Each is a way to move a job's YAML from a Prometheus to the gateway. */
export function scrapeConfigs(fleet: Fleet): readonly object[] {
  const pods = {
    scheme: 'https',
    tls_config: { insecure_skip_verify: true },
    file_sd_configs: [{ files: [fleet.targetFile('pods')] }],
  };
  return [
    {
      ...pods,
      job_name: 'kubevirt-prometheus-metrics',
      honor_labels: true,
      file_sd_configs: [{ files: [fleet.targetFile('pods'), fleet.targetFile('real')] }],
    },
    { ...pods, job_name: 'honor-labels-false', honor_labels: false },
    {
      ...pods,
      job_name: 'honor-timestamps-false',
      honor_labels: false,
      honor_timestamps: false,
    },
    {
      ...pods,
      job_name: 'relabelled',
      honor_labels: false,
      params: { 'a b': ['1', '2'] },
      relabel_configs: [
        { source_labels: ['container'], regex: 'virt-(api|operator)', action: 'keep' },
        { source_labels: ['pod'], regex: '.*-refuses', action: 'drop' },
        {
          source_labels: ['namespace', 'pod'],
          separator: '/',
          regex: '(.*)/virt-(.*?)-(.*)',
          target_label: 'component',
          replacement: '${1}_$2',
        },
        { source_labels: ['pod'], modulus: 7, target_label: 'shard', action: 'hashmod' },
        { regex: 'name(.*)', replacement: 'ns_$1', action: 'labelmap' },
        { source_labels: ['pod'], target_label: 'pod', action: 'uppercase' },
        { regex: 'service|endpoint', action: 'labeldrop' },
        { target_label: 'job', replacement: 'another job' },
        { source_labels: ['__address__'], regex: '(.*):.*', target_label: 'instance' },
      ],
    },
  ];
}
