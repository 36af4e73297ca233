import { spawnSync } from 'node:child_process';
import { findPrometheus } from './real/prometheus.ts';

/** The promtool of every Prometheus that was found. */
export const PROMTOOLS: readonly string[] = findPrometheus()
  .map(({ promtool }) => promtool)
  .filter((promtool) => promtool !== undefined);

/** Why promtool cannot be asked, or false where it can. */
export const PROMTOOL_MISSING: string | false =
  PROMTOOLS.length > 0 ? false : 'promtool is not installed: NOT CHECKED AGAINST PROMETHEUS';

/** What the strict reader of each promtool refuses of an exposition; nothing when all take it. */
export function refusalsOf(exposition: string): string {
  return PROMTOOLS.map((promtool) => {
    const { status, stderr } = spawnSync(promtool, ['check', 'metrics'], {
      input: exposition,
      encoding: 'utf8',
    });
    // 3 says that the text can be read, and names could be better.
    return status === 0 || status === 3 ? '' : `${promtool}: ${stderr}`;
  }).join('');
}
