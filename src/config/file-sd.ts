import { extname } from 'node:path';
import { isValidLabelName } from '../relabel/relabel.ts';
import { ConfigError } from './config-error.ts';
import { deepFreeze } from './deep-freeze.ts';
import type { StaticConfig } from './scrape-config.ts';
import { readStaticConfig } from './static-section.ts';
import { readYaml } from './yaml-value.ts';

/**
 * Reads the text of a `file_sd_configs` file; the ending of `fileName` names its format. One bad group refuses the whole
 * file, as in Prometheus' `discovery/file`, so that the caller keeps what it had.
 * @throws ConfigError
 */
export function loadFileSd(text: string, { fileName }: { readonly fileName: string }): StaticConfig[] {
  switch (extname(fileName).toLowerCase()) {
    case '.json':
      return loadJson(text, fileName);
    case '.yml':
    case '.yaml':
      return loadYaml(text, fileName);
    default:
      throw new ConfigError({ fileName }, 'a file of targets must end in .json, .yml or .yaml');
  }
}

function loadYaml(text: string, fileName: string): StaticConfig[] {
  return readYaml(text, fileName)
    .items()
    .map((group) => {
      if (group.isNull) group.fail('a target group is empty');
      return deepFreeze(readStaticConfig(group, { onlyAddresses: false }));
    });
}

function loadJson(text: string, fileName: string): StaticConfig[] {
  const fail = (message: string, options?: ErrorOptions): never => {
    throw new ConfigError({ fileName }, message, options);
  };
  let groups: unknown;
  try {
    groups = JSON.parse(text);
  } catch (cause) {
    return fail(`is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (groups === null) return [];
  if (!Array.isArray(groups)) return fail('must hold a list of target groups');
  return groups.map((group, index) =>
    readJsonGroup(group, (message) => fail(`target group ${index + 1}: ${message}`)),
  );
}

function readJsonGroup(group: unknown, fail: (message: string) => never): StaticConfig {
  if (!isRecord(group)) return fail('must be an object with targets and labels');
  let targets: string[] = [];
  const labels: [string, string][] = [];
  for (const [key, value] of Object.entries(group)) {
    // Go takes field names of JSON in any case.
    const name = key.toLowerCase();
    if (name === 'targets') {
      if (value !== null && !Array.isArray(value)) return fail('targets must be a list of strings');
      targets = (value ?? []).map(
        (target: unknown) => textOf(target) ?? fail('targets must be a list of strings'),
      );
    } else if (name === 'labels') {
      if (value !== null && !isRecord(value)) return fail('labels must be an object of strings');
      for (const [label, labelValue] of Object.entries(value ?? {})) {
        if (!isValidLabelName(label)) return fail(`"${label}" is not a valid label name`);
        labels.push([label, textOf(labelValue) ?? fail(`the value of label "${label}" must be a string`)]);
      }
    } else {
      return fail(`unknown field "${key}"; known fields are targets, labels`);
    }
  }
  return deepFreeze({ targets, labels: Object.fromEntries(labels) });
}

/** Go reads null into a string as empty text. */
function textOf(value: unknown): string | undefined {
  if (value === null) return '';
  return typeof value === 'string' ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
