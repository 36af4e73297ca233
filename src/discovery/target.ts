import type { ScrapeConfig } from '../config/scrape-config.ts';

/** Label pairs sorted by name, names unique. */
export type Labels = readonly (readonly [name: string, value: string])[];

/** One thing to scrape: a URL with its final labels. Immutable, and a plain value that can cross threads. */
export interface Target {
  /** Identity: equal for two targets exactly when scrape pool, URL and labels are. Stable over runs. */
  readonly key: string;
  /** `job_name` of the scrape config that it comes from. */
  readonly scrapePool: string;
  /** The URL with scheme, address, path and query. */
  readonly url: string;
  /** Labels after relabelling, without those that begin with `__`. */
  readonly labels: Labels;
  /** Labels before relabelling, as discovered. */
  readonly discoveredLabels: Labels;
  /** `__scrape_interval__` and `__scrape_timeout__` after relabelling, as they are written there. */
  readonly scrapeInterval: string;
  readonly scrapeTimeout: string;
  /** The latter in milliseconds. */
  readonly scrapeTimeoutMs: number;
}

/** What relabelling dropped. */
export interface DroppedTarget {
  readonly scrapePool: string;
  readonly discoveredLabels: Labels;
}

/** Every target at one moment, ordered by key within the order of the scrape configs. Immutable; replaced whole on every change. */
export interface TargetSet {
  /** Grows by one with every change. */
  readonly version: number;
  readonly targets: readonly Target[];
  readonly dropped: readonly DroppedTarget[];
}

/** The scrape config of each scrape pool, by `job_name`. */
export type ScrapePools = ReadonlyMap<string, ScrapeConfig>;
