import type { PodAddress } from '../simulator/pods.ts';

/** The labels that KubeVirt's ServiceMonitor gives a virt-handler, beside `job` and `instance`. */
export function podLabels(pod: string): Readonly<Record<string, string>> {
  return {
    namespace: 'kubevirt',
    service: 'kubevirt-prometheus-metrics',
    pod,
    container: 'virt-handler',
    endpoint: 'metrics',
  };
}

/**
 * The pods as one job, in Prometheus' own YAML; the gateway and a Prometheus get the same. A static list, as not every Prometheus is built
 * with Kubernetes discovery.
 */
export function scrapeConfig(pods: readonly PodAddress[], interval: string, timeout: string): object {
  return {
    global: { scrape_interval: interval, scrape_timeout: timeout },
    scrape_configs: [
      {
        job_name: 'kubevirt-prometheus-metrics',
        scheme: 'https',
        honor_labels: true,
        tls_config: { insecure_skip_verify: true },
        static_configs: pods.map(({ name, address }) => ({ targets: [address], labels: podLabels(name) })),
      },
    ],
  };
}
