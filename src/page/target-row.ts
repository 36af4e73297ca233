import type { ScrapeConfig } from '../config/scrape-config.ts';
import type { Labels } from '../discovery/target.ts';
import { limitUsage, type LimitUsage } from '../round/limit-usage.ts';
import type { OwnedTarget } from '../round/scrape.ts';
import type { PastScrape } from '../round/target-history.ts';
import type { FailureReason } from '../scrape/failure.ts';

/** In the order in which they deserve to be looked at. */
export const STATES = ['down', 'unknown', 'up'] as const;
export type State = (typeof STATES)[number];

/** One target as the page shows it: plain values, most of which a pod or somebody who labels pods may have chosen. */
export interface TargetRow {
  readonly key: string;
  /** The pod where it is known, else the instance. */
  readonly name: string;
  readonly url: string;
  readonly job: string;
  readonly component: string;
  readonly namespace: string;
  readonly node: string;
  readonly state: State;
  readonly reason: FailureReason | undefined;
  readonly error: string | undefined;
  /** Whether a scrape of it is under way. */
  readonly scraping: boolean;
  /** The last scrape, where there was one; its end in milliseconds since the epoch. */
  readonly endedAt: number | undefined;
  readonly duration: number | undefined;
  readonly samples: number | undefined;
  readonly bytes: number | undefined;
  readonly wireBytes: number | undefined;
  /** The nearest first. */
  readonly limits: readonly LimitUsage[];
  readonly labels: Labels;
  readonly discoveredLabels: Labels;
  /** Its last scrapes, the oldest first. */
  history(): readonly PastScrape[];
}

/** What the gateway knows of a target, as a row. */
export function targetRow(owned: OwnedTarget, config: ScrapeConfig): TargetRow {
  const { target, last } = owned;
  const { labels, discoveredLabels } = target;
  const find = valueFinder(labels, discoveredLabels);
  const { up, reason, error, durationSeconds, samples, bodyBytes, wireBytes } = last?.outcome ?? {};
  return {
    key: target.key,
    name: find('pod', '__meta_kubernetes_pod_name', 'instance'),
    url: target.url,
    job: target.scrapePool,
    component: find('__meta_kubernetes_pod_label_kubevirt_io', 'container', 'job'),
    namespace: find('namespace', '__meta_kubernetes_namespace'),
    node: find('node', '__meta_kubernetes_pod_node_name', '__meta_kubernetes_endpoint_node_name'),
    state: up === undefined ? 'unknown' : up ? 'up' : 'down',
    reason,
    error,
    scraping: owned.inFlight !== undefined,
    endedAt: last?.endedAt,
    duration: durationSeconds,
    samples,
    bytes: bodyBytes,
    wireBytes,
    limits:
      last === undefined ? [] : limitUsage(last.outcome, config.limits).sort((a, b) => b.ratio - a.ratio),
    labels,
    discoveredLabels,
    history: () => owned.history.list(),
  };
}

/** Finds the value of the first of these labels that is there; names that begin with `__` are those before relabelling. */
function valueFinder(labels: Labels, discovered: Labels): (...names: string[]) => string {
  return (...names) => {
    for (const wanted of names) {
      const among = wanted.startsWith('__') ? discovered : labels;
      const found = among.find(([name]) => name === wanted);
      if (found !== undefined) return found[1];
    }
    return '';
  };
}
