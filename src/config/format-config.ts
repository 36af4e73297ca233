import { stringify } from 'yaml';
import type { RelabelConfig } from '../relabel/relabel.ts';
import { formatDuration } from './duration.ts';
import { LIMIT_FIELDS } from './limits-section.ts';
import type {
  Config,
  KubernetesSdConfig,
  ScrapeConfig,
  ScrapeLimits,
  StaticConfig,
  TlsConfig,
  TlsVersion,
} from './scrape-config.ts';
import { formatSize } from './size.ts';
import { TLS_VERSIONS } from './tls-section.ts';

const LIMIT_NAMES = Object.keys(LIMIT_FIELDS) as readonly (keyof ScrapeLimits)[];

/** What stands in place of a secret, as in Prometheus. */
const SECRET = '<secret>';

/**
 * A configuration as Prometheus YAML with every default filled in. Loaded again it is an equal configuration, but for
 * an inline key, which is shown as `<secret>`.
 */
export function formatConfig(config: Config): string {
  const plain = { scrape_configs: config.scrapeConfigs.map(formatScrapeConfig) };
  // 1.1 because Prometheus reads that: text such as `yes` needs its quotes.
  return stringify(plain, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}

function formatScrapeConfig(config: ScrapeConfig): object {
  return withoutEmpty({
    job_name: config.jobName,
    honor_labels: config.honorLabels,
    honor_timestamps: config.honorTimestamps,
    params: config.params,
    scrape_interval: formatDuration(config.scrapeIntervalMs),
    scrape_timeout: formatDuration(config.scrapeTimeoutMs),
    metrics_path: config.metricsPath,
    scheme: config.scheme,
    enable_compression: config.enableCompression,
    follow_redirects: config.followRedirects,
    ...formatLimits(config.limits),
    tls_config: formatTls(config.tls),
    relabel_configs: config.relabelConfigs.map(formatRelabelConfig),
    static_configs: config.staticConfigs.map(formatStaticConfig),
    file_sd_configs: config.fileSdConfigs.map((sd) => ({
      files: sd.files,
      refresh_interval: formatDuration(sd.refreshIntervalMs),
    })),
    kubernetes_sd_configs: config.kubernetesSdConfigs.map(formatKubernetesSd),
  });
}

/** Without those that are 0: nothing is limited then. A negative size lifts the limit of the global section. */
function formatLimits(limits: ScrapeLimits): object {
  const given = LIMIT_NAMES.filter((name) => limits[name] !== 0);
  return Object.fromEntries(
    given.map((name) => [
      LIMIT_FIELDS[name],
      name === 'bodySizeLimit' ? formatSize(limits[name]) : limits[name],
    ]),
  );
}

function formatTls(tls: TlsConfig): object {
  return withoutEmpty({
    ca: tls.ca,
    ca_file: tls.caFile,
    cert: tls.cert,
    cert_file: tls.certFile,
    key: tls.key === undefined ? undefined : SECRET,
    key_file: tls.keyFile,
    server_name: tls.serverName,
    insecure_skip_verify: tls.insecureSkipVerify,
    min_version: formatTlsVersion(tls.minVersion),
    max_version: formatTlsVersion(tls.maxVersion),
  });
}

function formatTlsVersion(version: TlsVersion | undefined): string | undefined {
  return [...TLS_VERSIONS].find(([, known]) => known === version)?.[0];
}

function formatStaticConfig(config: StaticConfig): object {
  return { targets: config.targets, ...withoutEmpty({ labels: config.labels }) };
}

function formatKubernetesSd(sd: KubernetesSdConfig): object {
  const { names, ownNamespace } = sd.namespaces;
  return withoutEmpty({
    role: sd.role,
    api_server: sd.apiServer,
    kubeconfig_file: sd.kubeconfigFile,
    namespaces: ownNamespace || names.length > 0 ? { own_namespace: ownNamespace, names } : undefined,
    selectors: sd.selectors.map(({ role, label, field }) => withoutEmpty({ role, label, field })),
  });
}

/** Only the fields that the action uses: Prometheus refuses some of the others even with their default value. */
function formatRelabelConfig(config: RelabelConfig): object {
  const { action } = config;
  const source = { ...withoutEmpty({ source_labels: config.sourceLabels }), separator: config.separator };
  const { regex, replacement } = config;
  const target_label = config.targetLabel;
  switch (action) {
    case 'keep':
    case 'drop':
      return { ...source, regex, action };
    case 'keepequal':
    case 'dropequal':
      return { ...withoutEmpty({ source_labels: config.sourceLabels }), target_label, action };
    case 'lowercase':
    case 'uppercase':
      return { ...source, target_label, action };
    case 'hashmod':
      return { ...source, modulus: config.modulus, target_label, action };
    case 'labelmap':
      return { regex, replacement, action };
    case 'labeldrop':
    case 'labelkeep':
      return { regex, action };
    case 'replace':
      return { ...source, regex, target_label, replacement, action };
  }
}

/** Leaves out what is absent: `undefined`, empty lists and empty mappings. */
function withoutEmpty(fields: Record<string, unknown>): object {
  const isEmpty = (value: unknown) =>
    value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}
