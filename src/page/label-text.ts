import type { Labels } from '../discovery/target.ts';

/** Labels as Prometheus writes them, one on each line. */
export function labelText(labels: Labels): string {
  return labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join('\n');
}
