import { isValidLabelName } from '../relabel/relabel.ts';
import { STATIC_CONFIG_FIELDS } from './known-fields.ts';
import type { StaticConfig } from './scrape-config.ts';
import type { YamlValue } from './yaml-value.ts';

/** Reads one entry of `static_configs` or of a YAML file of `file_sd_configs`. */
export function readStaticConfig(
  value: YamlValue,
  { onlyAddresses }: { onlyAddresses: boolean },
): StaticConfig {
  const fields = value.fields(STATIC_CONFIG_FIELDS);
  const targets = (fields.get('targets')?.items() ?? []).map((item) => {
    const target = item.stringOrEmpty();
    if (onlyAddresses && target.includes('/')) {
      item.fail(`target "${target}" must be host or host:port; scheme and path have fields of their own`);
    }
    return target;
  });
  const labels = [...(fields.get('labels')?.entries() ?? [])].map(([name, label]): [string, string] => {
    if (!isValidLabelName(name)) label.fail(`"${name}" is not a valid label name`);
    return [name, label.stringOrEmpty()];
  });
  return { targets, labels: Object.fromEntries(labels) };
}
