import { relabel, type RelabelConfig } from './relabel.ts';

/** The index of the rule that drops a target with these labels; `undefined` when none does. */
export function droppingRule(
  labels: ReadonlyMap<string, string>,
  configs: readonly RelabelConfig[],
): number | undefined {
  let left: ReadonlyMap<string, string> = labels;
  for (const [index, config] of configs.entries()) {
    const next = relabel(left, [config]);
    if (next === undefined) return index;
    left = next;
  }
  return undefined;
}
