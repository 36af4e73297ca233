import { readFileSync } from 'node:fs';

export type Component =
  'virt-api' | 'virt-controller' | 'virt-exportproxy' | 'virt-handler' | 'virt-operator';
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary';

/** One row of kubevirt-metrics.tsv: a metric family that KubeVirt's pods expose. */
export interface KubevirtMetric {
  /** The components whose pods expose it. */
  readonly components: readonly Component[];
  readonly name: string;
  readonly type: MetricType;
  /** Label names; one that ends in `*` stands for every name that begins so. */
  readonly labels: readonly string[];
  readonly help: string;
}

/** Every metric of KubeVirt v1.9 (105 of its own, 40 of client_golang's default registry), by name. */
export const kubevirtMetrics: ReadonlyMap<string, KubevirtMetric> = read();

function read(): Map<string, KubevirtMetric> {
  const [, ...rows] = readFileSync(new URL('kubevirt-metrics.tsv', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  return new Map(
    rows.map((row) => {
      const [components = '', name = '', type = '', labels = '', help = ''] = row.split('\t');
      const metric = {
        components: components.split(',') as Component[],
        name,
        type: type as MetricType,
        labels: labels === '' ? [] : labels.split(','),
        help,
      };
      return [name, metric];
    }),
  );
}
