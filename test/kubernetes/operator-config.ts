import type { ApiObject } from './api-client.ts';

interface ServiceMonitorSpec {
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly namespaceSelector: { readonly matchNames: readonly string[] };
  readonly endpoints: readonly {
    readonly port: string;
    readonly path?: string;
    readonly scheme?: string;
    readonly honorLabels: boolean;
    readonly tlsConfig?: { readonly insecureSkipVerify: boolean };
    readonly relabelings?: readonly { readonly action: string; readonly regex: string }[];
  }[];
}

/**
 * The scrape configs that prometheus-operator makes of a ServiceMonitor with the fields that KubeVirt's and the chart's have (its
 * `generateServiceMonitorConfig`), with a kubeconfig in the place of the pod's ServiceAccount.
 */
export function operatorScrapeConfigs(monitor: ApiObject, kubeconfig: string): object[] {
  const { namespace = '', name } = monitor.metadata;
  const { selector, namespaceSelector, endpoints } = monitor['spec'] as ServiceMonitorSpec;
  const from = (...labels: string[]) => labels.map((label) => `__meta_kubernetes_${label}`);
  const keepLabels = Object.entries(selector.matchLabels).map(([label, value]) => {
    const clean = label.replaceAll(/[^a-zA-Z0-9_]/g, '_');
    return {
      source_labels: from(`service_label_${clean}`, `service_labelpresent_${clean}`),
      regex: `(${value});true`,
      action: 'keep',
    };
  });
  return endpoints.map((endpoint, index) => ({
    job_name: `serviceMonitor/${namespace}/${name}/${index}`,
    honor_labels: endpoint.honorLabels,
    ...(endpoint.path === undefined ? {} : { metrics_path: endpoint.path }),
    ...(endpoint.scheme === undefined ? {} : { scheme: endpoint.scheme }),
    ...(endpoint.tlsConfig === undefined
      ? {}
      : { tls_config: { insecure_skip_verify: endpoint.tlsConfig.insecureSkipVerify } }),
    kubernetes_sd_configs: [
      {
        role: 'endpoints',
        kubeconfig_file: kubeconfig,
        namespaces: { names: namespaceSelector.matchNames },
      },
    ],
    relabel_configs: [
      { source_labels: ['job'], target_label: '__tmp_prometheus_job_name' },
      ...keepLabels,
      { source_labels: from('endpoint_port_name'), regex: endpoint.port, action: 'keep' },
      ...(['Node', 'Pod'] as const).map((kind) => ({
        source_labels: from('endpoint_address_target_kind', 'endpoint_address_target_name'),
        separator: ';',
        regex: `${kind};(.*)`,
        replacement: '${1}',
        target_label: kind.toLowerCase(),
      })),
      { source_labels: from('namespace'), target_label: 'namespace' },
      { source_labels: from('service_name'), target_label: 'service' },
      { source_labels: from('pod_name'), target_label: 'pod' },
      { source_labels: from('pod_container_name'), target_label: 'container' },
      { source_labels: from('pod_phase'), regex: '(Failed|Succeeded)', action: 'drop' },
      { source_labels: from('service_name'), target_label: 'job', replacement: '${1}' },
      { target_label: 'endpoint', replacement: endpoint.port },
      ...(endpoint.relabelings ?? []),
      {
        source_labels: ['__address__', '__tmp_hash'],
        regex: '(.+);',
        target_label: '__tmp_hash',
        replacement: '${1}',
        action: 'replace',
      },
      { source_labels: ['__tmp_hash'], target_label: '__tmp_hash', modulus: 1, action: 'hashmod' },
      { source_labels: ['__tmp_hash'], regex: '0|', action: 'keep' },
    ],
  }));
}
