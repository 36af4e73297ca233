import { resolve } from 'node:path';
import { FILE_SD_FIELDS } from './known-fields.ts';
import type { FileSdConfig } from './scrape-config.ts';
import type { YamlValue } from './yaml-value.ts';

const DEFAULT_REFRESH_INTERVAL_MS = 300_000;

/** Prometheus' rule: at most one `*` and only in the last part, and an ending that names the format. */
const FILE_PATTERN = /^[^*]*(?:\*[^/]*)?\.(?:json|yml|yaml|JSON|YML|YAML)$/;

/** Reads one entry of `file_sd_configs`. */
export function readFileSdConfig(value: YamlValue, baseDir: string): FileSdConfig {
  const fields = value.fields(FILE_SD_FIELDS);
  const items = fields.get('files')?.items() ?? [];
  if (items.length === 0)
    (fields.get('files') ?? value).fail('a file_sd config needs at least one path in files');
  const files = items.map((item) => {
    const file = item.string();
    if (!FILE_PATTERN.test(file)) {
      item.fail(`"${file}" must end in .json, .yml or .yaml, and may have a * only in its last part`);
    }
    return resolve(baseDir, file);
  });
  const refresh = fields.get('refresh_interval');
  const refreshIntervalMs = refresh?.durationMs() ?? DEFAULT_REFRESH_INTERVAL_MS;
  if (refreshIntervalMs === 0) refresh?.fail('refresh_interval must be greater than zero');
  return { files, refreshIntervalMs };
}
