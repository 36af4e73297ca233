import { readFileSdConfig } from './file-sd-section.ts';
import { SCRAPE_CONFIG_FIELDS } from './known-fields.ts';
import { readKubernetesSdConfig } from './kubernetes-section.ts';
import { readLimits } from './limits-section.ts';
import { checkLegacyNames, checkTextFallback, checkTextProtocols } from './protocol-section.ts';
import { readRelabelConfig } from './relabel-section.ts';
import type { ScrapeConfig, ScrapeLimits } from './scrape-config.ts';
import { readStaticConfig } from './static-section.ts';
import { readTlsConfig } from './tls-section.ts';
import type { YamlValue } from './yaml-value.ts';

/** In milliseconds. */
interface ScrapeTimes {
  readonly scrapeIntervalMs: number;
  readonly scrapeTimeoutMs: number;
}

/** What a scrape config takes from the global section. */
export interface ScrapeDefaults extends ScrapeTimes {
  readonly limits: ScrapeLimits;
}

/** Reads one entry of `scrape_configs`; relative paths count from `baseDir`. */
export function readScrapeConfig(value: YamlValue, defaults: ScrapeDefaults, baseDir: string): ScrapeConfig {
  const fields = value.fields(SCRAPE_CONFIG_FIELDS);
  checkTextFallback(fields.get('fallback_scrape_protocol'));
  checkTextProtocols(fields.get('scrape_protocols'));
  checkLegacyNames(fields.get('metric_name_validation_scheme'));

  const list = <T>(name: string, read: (item: YamlValue) => T): T[] =>
    (fields.get(name)?.items() ?? []).map((item) => {
      if (item.isNull) item.fail(`an entry of ${name} is empty`);
      return read(item);
    });
  const relabelConfigs = list('relabel_configs', readRelabelConfig);
  return {
    jobName: readJobName(value, fields.get('job_name')),
    scheme: readScheme(fields.get('scheme')),
    metricsPath: fields.get('metrics_path')?.string() ?? '/metrics',
    params: readParams(fields.get('params')),
    ...readTimes(fields, defaults),
    honorLabels: fields.get('honor_labels')?.boolean() ?? false,
    honorTimestamps: fields.get('honor_timestamps')?.boolean() ?? true,
    enableCompression: fields.get('enable_compression')?.boolean() ?? true,
    followRedirects: fields.get('follow_redirects')?.boolean() ?? true,
    limits: readLimits(fields, defaults.limits),
    tls: readTlsConfig(fields.get('tls_config'), baseDir),
    // A URL in place of an address is refused here only where no rule could take it apart.
    staticConfigs: list('static_configs', (item) =>
      readStaticConfig(item, { onlyAddresses: relabelConfigs.length === 0 }),
    ),
    fileSdConfigs: list('file_sd_configs', (item) => readFileSdConfig(item, baseDir)),
    kubernetesSdConfigs: list('kubernetes_sd_configs', (item) => readKubernetesSdConfig(item, baseDir)),
    relabelConfigs,
  };
}

function readJobName(config: YamlValue, value: YamlValue | undefined): string {
  const name = value?.stringOrEmpty() ?? '';
  if (name === '') (value ?? config).fail('a scrape config needs a job_name');
  return name;
}

function readScheme(value: YamlValue | undefined): 'http' | 'https' {
  const scheme = value?.string() ?? 'http';
  if (scheme !== 'http' && scheme !== 'https')
    return value!.fail(`scheme must be http or https, not "${scheme}"`);
  return scheme;
}

function readParams(value: YamlValue | undefined): Record<string, string[]> {
  const params = [...(value?.entries() ?? [])].map(([name, values]): [string, string[]] => [
    name,
    values.strings(),
  ]);
  return Object.fromEntries(params);
}

function readTimes(fields: Map<string, YamlValue>, defaults: ScrapeTimes): ScrapeTimes {
  const scrapeIntervalMs = fields.get('scrape_interval')?.durationMs() || defaults.scrapeIntervalMs;
  const givenTimeoutMs = fields.get('scrape_timeout')?.durationMs() || undefined;
  if (givenTimeoutMs !== undefined && givenTimeoutMs > scrapeIntervalMs) {
    fields.get('scrape_timeout')?.fail('scrape_timeout is greater than scrape_interval');
  }
  return {
    scrapeIntervalMs,
    scrapeTimeoutMs: givenTimeoutMs ?? Math.min(defaults.scrapeTimeoutMs, scrapeIntervalMs),
  };
}
