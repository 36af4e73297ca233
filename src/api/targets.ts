import type { DroppedTarget, Labels } from '../discovery/target.ts';
import type { OwnedTarget } from '../round/scrape.ts';
import { globalUrl, type OwnAddress } from './global-url.ts';
import { jsonText, separated } from './json-answer.ts';

/** What Go writes for a time that was never set. */
const NEVER = '0001-01-01T00:00:00Z';

/** What there is, as the discovery and the scrapes have it. */
export interface KnownTargets {
  readonly active: readonly OwnedTarget[];
  readonly dropped: readonly DroppedTarget[];
  /** Names of all scrape pools. */
  readonly pools: readonly string[];
  readonly own: OwnAddress;
}

/** The data of `/api/v1/targets`: Prometheus' `TargetDiscovery`. `state` other than its three gives neither list, as there. */
export function* targetsData(known: KnownTargets, query: URLSearchParams): Generator<string, void, void> {
  const pool = query.get('scrapePool') ?? '';
  const state = (query.get('state') ?? '').toLowerCase();
  const isShown = (kind: string): boolean => state === '' || state === 'any' || state === kind;
  const isWanted = (scrapePool: string): boolean => pool === '' || scrapePool === pool;
  const active = isShown('active')
    ? known.active
        .filter(({ target }) => isWanted(target.scrapePool))
        .toSorted((a, b) => byPool(a.target, b.target))
    : [];
  const dropped = isShown('dropped')
    ? known.dropped.filter(({ scrapePool }) => isWanted(scrapePool)).toSorted(byPool)
    : [];
  yield '{"activeTargets":[';
  yield* separated(active.values().map((owned) => jsonText(activeTarget(owned, known.own))));
  yield '],"droppedTargets":[';
  yield* separated(dropped.values().map((one) => jsonText(droppedTarget(one))));
  yield `],"droppedTargetCounts":${jsonText(isShown('dropped') ? droppedCounts(known) : null)}}`;
}

function activeTarget({ target, last }: OwnedTarget, own: OwnAddress): object {
  const { discoveredLabels, labels, scrapePool, url, scrapeInterval, scrapeTimeout } = target;
  return {
    discoveredLabels: labelObject(discoveredLabels),
    labels: labelObject(labels),
    scrapePool,
    scrapeUrl: url,
    globalUrl: globalUrl(url, own),
    lastError: last?.outcome.error ?? '',
    lastScrape: last === undefined ? NEVER : new Date(last.startedAt).toISOString(),
    lastScrapeDuration: last?.outcome.durationSeconds ?? 0,
    health: last === undefined ? 'unknown' : last.outcome.up ? 'up' : 'down',
    scrapeInterval,
    scrapeTimeout,
  };
}

function droppedTarget({ discoveredLabels, scrapePool }: DroppedTarget): object {
  return { discoveredLabels: labelObject(discoveredLabels), scrapePool };
}

/** Of every pool, whatever pool was asked for. */
function droppedCounts({ dropped, pools }: KnownTargets): Record<string, number> {
  const counts = new Map(pools.toSorted().map((pool) => [pool, 0]));
  for (const { scrapePool } of dropped) counts.set(scrapePool, (counts.get(scrapePool) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/** Labels as JSON has them. */
export function labelObject(labels: Labels): Record<string, string> {
  return Object.fromEntries(labels);
}

function byPool(a: { readonly scrapePool: string }, b: { readonly scrapePool: string }): number {
  return a.scrapePool < b.scrapePool ? -1 : Number(a.scrapePool > b.scrapePool);
}
