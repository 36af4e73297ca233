import { LIMIT_FIELDS } from './limits-section.ts';
import type { FieldTable } from './yaml-value.ts';

// `notYet` lists what Prometheus 2.42 to 3.x knows beyond that, so that a message can tell a typo from a gap.

export const CONFIG_FIELDS: FieldTable = {
  of: 'configuration',
  place: 'at the top of the file',
  supported: ['global', 'scrape_configs'],
  notYet: [
    'alerting',
    'otlp',
    'remote_read',
    'remote_write',
    'rule_files',
    'runtime',
    'scrape_config_files',
    'storage',
    'tracing',
  ],
};

/** Fields that the global section and scrape configs have in common. */
const SCRAPE_SETTINGS = [
  'always_scrape_classic_histograms',
  'convert_classic_histograms_to_nhcb',
  'extra_scrape_metrics',
  'keep_dropped_targets',
  'metric_name_escaping_scheme',
  'scrape_failure_log_file',
  'scrape_native_histograms',
];

const SCRAPE_LIMITS = Object.values(LIMIT_FIELDS);

/** Settings of Prometheus' HTTP client beyond `tls_config`. */
const HTTP_CLIENT_FIELDS = [
  'authorization',
  'basic_auth',
  'bearer_token',
  'bearer_token_file',
  'enable_http2',
  'http_headers',
  'no_proxy',
  'oauth2',
  'proxy_connect_header',
  'proxy_from_environment',
  'proxy_url',
];

export const GLOBAL_FIELDS: FieldTable = {
  of: 'global section',
  place: 'in global',
  supported: [
    'scrape_interval',
    'scrape_timeout',
    'scrape_protocols',
    'metric_name_validation_scheme',
    ...SCRAPE_LIMITS,
  ],
  notYet: [
    ...SCRAPE_SETTINGS,
    'evaluation_interval',
    'external_labels',
    'query_log_file',
    'rule_query_offset',
  ],
};

export const SCRAPE_CONFIG_FIELDS: FieldTable = {
  of: 'scrape config',
  place: 'in an entry of scrape_configs',
  supported: [
    'job_name',
    'scheme',
    'metrics_path',
    'params',
    'scrape_interval',
    'scrape_timeout',
    'honor_labels',
    'honor_timestamps',
    'enable_compression',
    'follow_redirects',
    ...SCRAPE_LIMITS,
    'tls_config',
    'static_configs',
    'file_sd_configs',
    'kubernetes_sd_configs',
    'relabel_configs',
    'fallback_scrape_protocol',
    'metric_name_validation_scheme',
    'scrape_protocols',
  ],
  notYet: [
    ...SCRAPE_SETTINGS,
    ...HTTP_CLIENT_FIELDS,
    'metric_relabel_configs',
    'native_histogram_bucket_limit',
    'native_histogram_min_bucket_factor',
    'scrape_classic_histograms',
    'track_timestamps_staleness',
    'aws_sd_configs',
    'azure_sd_configs',
    'consul_sd_configs',
    'digitalocean_sd_configs',
    'dns_sd_configs',
    'docker_sd_configs',
    'dockerswarm_sd_configs',
    'ec2_sd_configs',
    'eureka_sd_configs',
    'gce_sd_configs',
    'hetzner_sd_configs',
    'http_sd_configs',
    'ionos_sd_configs',
    'kuma_sd_configs',
    'lightsail_sd_configs',
    'linode_sd_configs',
    'marathon_sd_configs',
    'nerve_sd_configs',
    'nomad_sd_configs',
    'openstack_sd_configs',
    'outscale_sd_configs',
    'ovhcloud_sd_configs',
    'puppetdb_sd_configs',
    'scaleway_sd_configs',
    'serverset_sd_configs',
    'stackit_sd_configs',
    'triton_sd_configs',
    'uyuni_sd_configs',
    'vultr_sd_configs',
  ],
};

export const TLS_CONFIG_FIELDS: FieldTable = {
  of: 'tls_config',
  place: 'in tls_config',
  supported: [
    'ca',
    'ca_file',
    'cert',
    'cert_file',
    'key',
    'key_file',
    'server_name',
    'insecure_skip_verify',
    'min_version',
    'max_version',
  ],
  notYet: ['ca_ref', 'cert_ref', 'key_ref'],
};

export const RELABEL_CONFIG_FIELDS: FieldTable = {
  of: 'relabel rule',
  place: 'in an entry of relabel_configs',
  supported: ['source_labels', 'separator', 'regex', 'modulus', 'target_label', 'replacement', 'action'],
  notYet: [],
};

export const STATIC_CONFIG_FIELDS: FieldTable = {
  of: 'target group',
  place: 'in an entry of static_configs',
  supported: ['targets', 'labels'],
  notYet: [],
};

export const FILE_SD_FIELDS: FieldTable = {
  of: 'file_sd config',
  place: 'in an entry of file_sd_configs',
  supported: ['files', 'refresh_interval'],
  notYet: [],
};

export const KUBERNETES_SD_FIELDS: FieldTable = {
  of: 'kubernetes_sd config',
  place: 'in an entry of kubernetes_sd_configs',
  supported: ['role', 'api_server', 'kubeconfig_file', 'namespaces', 'selectors'],
  notYet: [...HTTP_CLIENT_FIELDS, 'follow_redirects', 'tls_config', 'attach_metadata'],
};

export const NAMESPACES_FIELDS: FieldTable = {
  of: 'namespaces section',
  place: 'in namespaces',
  supported: ['names', 'own_namespace'],
  notYet: [],
};

export const SELECTOR_FIELDS: FieldTable = {
  of: 'selector',
  place: 'in an entry of selectors',
  supported: ['role', 'label', 'field'],
  notYet: [],
};
