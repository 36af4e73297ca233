/** The Service that KubeVirt's operator installs for its metrics, and the value of `job`. */
export const KUBEVIRT_METRICS_SERVICE = 'kubevirt-prometheus-metrics';

/**
 * The built-in configuration: what prometheus-operator makes of KubeVirt's ServiceMonitor, as Prometheus YAML.
 * Without namespaces it looks in all of them. Differences, on purpose: the label `prometheus.kubevirt.io` may have any
 * value (older versions leave it empty); selectors narrow what is watched to KubeVirt's own objects; the address's own
 * reference to a pod comes last, so that `pod` is right also while the pod itself is not known yet; and EndpointSlices give the same
 * targets with the same labels as Endpoints do, so that it makes no difference which of them a target comes from.
 */
export function kubevirtConfig(namespaces: readonly string[]): string {
  return `scrape_configs:
  - job_name: ${KUBEVIRT_METRICS_SERVICE}
    scheme: https
    # The pods' certificates carry Service names only, never the addresses that are scraped.
    tls_config:
      insecure_skip_verify: true
    # Metrics of virtual machines carry the namespace, name and node of the machine, which must survive.
    honor_labels: true
    scrape_interval: 30s
    scrape_timeout: 10s
    kubernetes_sd_configs:
      - role: endpoints
${namespacesSection(namespaces)}        selectors:
          - role: endpoints
            field: metadata.name=${KUBEVIRT_METRICS_SERVICE}
          - role: service
            field: metadata.name=${KUBEVIRT_METRICS_SERVICE}
          - role: pod
            label: prometheus.kubevirt.io
      # Stands in for the first where Endpoints are over capacity or missing. In a file, both are used at once.
      - role: endpointslice
${namespacesSection(namespaces)}        selectors:
          - role: endpointslice
            label: kubernetes.io/service-name=${KUBEVIRT_METRICS_SERVICE}
          - role: service
            field: metadata.name=${KUBEVIRT_METRICS_SERVICE}
          - role: pod
            label: prometheus.kubevirt.io
    relabel_configs:
      - source_labels: [__meta_kubernetes_service_name, __meta_kubernetes_service_labelpresent_prometheus_kubevirt_io]
        regex: ${KUBEVIRT_METRICS_SERVICE};true
        action: keep
      - source_labels: [__meta_kubernetes_endpoint_port_name, __meta_kubernetes_endpointslice_port_name]
        regex: metrics;|;metrics
        action: keep
      # Endpoints do not have pods that are being deleted.
      - source_labels: [__meta_kubernetes_endpointslice_endpoint_conditions_terminating]
        regex: 'true'
        action: drop
      - source_labels: [__meta_kubernetes_pod_phase]
        regex: Failed|Succeeded
        action: drop
      - source_labels: [__meta_kubernetes_pod_name]
        target_label: pod
      - source_labels: [__meta_kubernetes_endpoint_address_target_kind, __meta_kubernetes_endpoint_address_target_name]
        regex: Node;(.*)
        target_label: node
      - source_labels: [__meta_kubernetes_endpointslice_address_target_kind, __meta_kubernetes_endpointslice_address_target_name]
        regex: Node;(.*)
        target_label: node
      - source_labels: [__meta_kubernetes_endpoint_address_target_kind, __meta_kubernetes_endpoint_address_target_name]
        regex: Pod;(.*)
        target_label: pod
      - source_labels: [__meta_kubernetes_endpointslice_address_target_kind, __meta_kubernetes_endpointslice_address_target_name]
        regex: Pod;(.*)
        target_label: pod
      - source_labels: [__meta_kubernetes_namespace]
        target_label: namespace
      - source_labels: [__meta_kubernetes_service_name]
        target_label: service
      - source_labels: [__meta_kubernetes_pod_container_name]
        target_label: container
      - source_labels: [__meta_kubernetes_service_name]
        target_label: job
      - target_label: endpoint
        replacement: metrics
`;
}

function namespacesSection(namespaces: readonly string[]): string {
  if (namespaces.length === 0) return '';
  // Quoted because a name may look like a number to YAML.
  const names = namespaces.map((name) => `            - ${JSON.stringify(name)}\n`);
  return `        namespaces:\n          names:\n${names.join('')}`;
}
