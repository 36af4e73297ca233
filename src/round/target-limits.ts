import type { ScrapePools, Target } from '../discovery/target.ts';
import { failed, type Outcome } from '../scrape/outcome.ts';

/** The outcome of every target of the scrape pools that have more targets than their `target_limit`: Prometheus scrapes none of them. */
export function overTargetLimit(targets: readonly Target[], pools: ScrapePools): Map<string, Outcome> {
  const counts = new Map<string, number>();
  for (const { scrapePool } of targets) counts.set(scrapePool, (counts.get(scrapePool) ?? 0) + 1);
  const over = new Map<string, Outcome>();
  for (const [pool, count] of counts) {
    const limit = pools.get(pool)?.limits.targetLimit ?? 0;
    if (limit === 0 || count <= limit) continue;
    const error = `target_limit exceeded (number of targets: ${count}, limit: ${limit})`;
    over.set(pool, failed('target_limit', error, 0));
  }
  return over;
}
