import type { RE2JS } from 're2js';
import { hashOf } from './hashmod.ts';
import { compileRegex, expandTemplate, matchRegex } from './regex.ts';
import { isValidLabelName } from './relabel-config.ts';
import type { RelabelConfig } from './relabel-config.ts';
import { toLowerCase, toUpperCase } from './simple-case.ts';

export { RELABEL_ACTIONS, RelabelConfigError, isValidLabelName, relabelConfig } from './relabel-config.ts';
export type { RelabelAction, RelabelConfig } from './relabel-config.ts';

/** Keyed by the rule itself, so that an expression lives as long as the configuration that it belongs to. */
const compiled = new WeakMap<RelabelConfig, RE2JS>();

/**
 * The labels after every rule in order, as a new map, or `undefined` when a rule dropped the target.
 *
 * A label with an empty value is the same as none, and the result has none of them. `labels` is left alone.
 * The order of the result means nothing. `labelmap` can produce a name that is not a valid label name, as in Prometheus;
 * whoever writes labels out has to look.
 *
 * Source of the rules: Prometheus' `model/relabel`. Where 2.42 and 3.x differ this is 3.x: `.` matches a newline, and an
 * empty replacement deletes the label that `target_label` expands to.
 */
export function relabel(
  labels: ReadonlyMap<string, string>,
  configs: readonly RelabelConfig[],
): Map<string, string> | undefined {
  const result = new Map<string, string>();
  for (const [name, value] of labels) setLabel(result, name, value);
  for (const config of configs) {
    if (!applyRule(result, config)) return undefined;
  }
  return result;
}

/** Applies one rule in place; false when it drops the target. */
function applyRule(labels: Map<string, string>, config: RelabelConfig): boolean {
  const { action, targetLabel, replacement } = config;
  const value = config.sourceLabels.map((name) => labels.get(name) ?? '').join(config.separator);
  switch (action) {
    case 'keep':
      return isMatch(config, value);
    case 'drop':
      return !isMatch(config, value);
    case 'keepequal':
      return (labels.get(targetLabel) ?? '') === value;
    case 'dropequal':
      return (labels.get(targetLabel) ?? '') !== value;
    case 'replace':
      replaceLabel(labels, config, value);
      return true;
    case 'lowercase':
      setLabel(labels, targetLabel, toLowerCase(value));
      return true;
    case 'uppercase':
      setLabel(labels, targetLabel, toUpperCase(value));
      return true;
    case 'hashmod':
      setLabel(labels, targetLabel, String(hashOf(value) % BigInt(config.modulus)));
      return true;
    case 'labelmap':
      // By name, so that of several labels mapped to one the last by name wins, run after run.
      for (const [name, mapped] of [...labels].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const match = matchRegex(regexOf(config), name);
        if (match) setLabel(labels, expandTemplate(replacement, match), mapped);
      }
      return true;
    case 'labeldrop':
      for (const name of labels.keys()) if (isMatch(config, name)) labels.delete(name);
      return true;
    case 'labelkeep':
      for (const name of labels.keys()) if (!isMatch(config, name)) labels.delete(name);
      return true;
  }
}

function replaceLabel(labels: Map<string, string>, config: RelabelConfig, value: string): void {
  const match = matchRegex(regexOf(config), value);
  if (!match) return;
  const target = expandTemplate(config.targetLabel, match);
  if (isValidLabelName(target)) setLabel(labels, target, expandTemplate(config.replacement, match));
}

function setLabel(labels: Map<string, string>, name: string, value: string): void {
  if (value === '') labels.delete(name);
  else labels.set(name, value);
}

function isMatch(config: RelabelConfig, text: string): boolean {
  return regexOf(config).test(text);
}

function regexOf(config: RelabelConfig): RE2JS {
  let regex = compiled.get(config);
  if (!regex) {
    regex = compileRegex(config.regex);
    compiled.set(config, regex);
  }
  return regex;
}
