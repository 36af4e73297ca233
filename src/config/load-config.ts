import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from './config-error.ts';
import { deepFreeze } from './deep-freeze.ts';
import { CONFIG_FIELDS, GLOBAL_FIELDS } from './known-fields.ts';
import { NO_LIMITS, readLimits } from './limits-section.ts';
import { checkLegacyNames, checkTextProtocols } from './protocol-section.ts';
import type { Config } from './scrape-config.ts';
import { readScrapeConfig } from './scrape-section.ts';
import type { ScrapeDefaults } from './scrape-section.ts';
import { whyUnreadable } from './unreadable.ts';
import { readYaml } from './yaml-value.ts';
import type { YamlValue } from './yaml-value.ts';

const DEFAULT_SCRAPE_INTERVAL_MS = 60_000;
const DEFAULT_SCRAPE_TIMEOUT_MS = 10_000;

export interface LoadOptions {
  /** The name that messages show. */
  readonly fileName: string;
  /** The directory that relative paths in the text count from. */
  readonly baseDir: string;
}

/**
 * Reads Prometheus YAML and interprets it: defaults filled in, paths absolute, the result frozen.
 * An empty text is a configuration without scrape configs, as it is for Prometheus.
 * @throws ConfigError with file, line and column for whatever Prometheus refuses, and for every field that is not supported
 */
export function loadConfig(text: string, options: LoadOptions): Config {
  const fields = readYaml(text, options.fileName).fields(CONFIG_FIELDS);
  const defaults = readGlobal(fields.get('global'));
  const jobNames = new Set<string>();
  const scrapeConfigs = (fields.get('scrape_configs')?.items() ?? []).map((value) => {
    if (value.isNull) value.fail('a scrape config is empty');
    const config = readScrapeConfig(value, defaults, options.baseDir);
    if (jobNames.has(config.jobName)) {
      (value.entries().get('job_name') ?? value).fail(
        `job_name "${config.jobName}" is used by two scrape configs`,
      );
    }
    jobNames.add(config.jobName);
    return config;
  });
  return deepFreeze({ scrapeConfigs });
}

/**
 * Loads a configuration file; relative paths in it count from its directory.
 * @throws ConfigError, also when the file cannot be read or is not UTF-8
 */
export function readConfigFile(path: string): Config {
  const text = readTextFile(path);
  return loadConfig(text, { fileName: path, baseDir: dirname(resolve(path)) });
}

const NOT_UTF8 = 'ERR_ENCODING_INVALID_ENCODED_DATA';

function readTextFile(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    const error = cause as NodeJS.ErrnoException;
    const reason =
      error.code === NOT_UTF8
        ? 'the text is not UTF-8; store it as such'
        : (whyUnreadable(error, '--config.file') ?? `cannot be read: ${error.message}`);
    throw new ConfigError({ fileName: path }, reason, { cause });
  }
}

function readGlobal(value: YamlValue | undefined): ScrapeDefaults {
  const fields = value?.fields(GLOBAL_FIELDS);
  checkTextProtocols(fields?.get('scrape_protocols'));
  checkLegacyNames(fields?.get('metric_name_validation_scheme'));
  // Zero means the default, here and in scrape configs, as in Prometheus.
  const scrapeIntervalMs = fields?.get('scrape_interval')?.durationMs() || DEFAULT_SCRAPE_INTERVAL_MS;
  const givenTimeoutMs = fields?.get('scrape_timeout')?.durationMs() || undefined;
  if (givenTimeoutMs !== undefined && givenTimeoutMs > scrapeIntervalMs) {
    fields?.get('scrape_timeout')?.fail('global scrape_timeout is greater than scrape_interval');
  }
  return {
    scrapeIntervalMs,
    scrapeTimeoutMs: givenTimeoutMs ?? Math.min(DEFAULT_SCRAPE_TIMEOUT_MS, scrapeIntervalMs),
    limits: readLimits(fields, NO_LIMITS),
  };
}
