import { formatDuration } from '../config/duration.ts';
import type { Target } from '../discovery/target.ts';
import type { OwnedTarget } from '../round/scrape.ts';
import type { Scraper } from '../round/scraper.ts';
import type { GatewayPlace } from './gateway-place.ts';

/** Targets, and scrape pools, that a message names. */
const NAMED = 5;

/** A target group as Prometheus' `http_sd_configs` read it. */
export interface HttpSdGroup {
  readonly targets: readonly [address: string];
  readonly labels: Readonly<Record<string, string>>;
}

/** No target, or not one target, is meant; the message is for the caller. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError';
  readonly status: 400 | 404;

  constructor(status: 400 | 404, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * The list for `http_sd_configs`: every target with its final labels, to be scraped through `/probe` of the gateway at `place`. Its interval
 * and timeout are those of the reader, unless discovery or relabelling gave the target its own: then it has both, since a reader refuses a
 * target whose timeout is above its interval. With a scrape pool, only the targets of that. Throws ProbeError when there is no such pool: a
 * reader keeps the targets that it has then, and with an empty list it would lose them.
 */
export function httpSdGroups(scraper: Scraper, place: GatewayPlace, scrapePool = ''): HttpSdGroup[] {
  checkPool(scraper, scrapePool);
  const listed = scraper.targets.filter(
    ({ target }) => scrapePool === '' || target.scrapePool === scrapePool,
  );
  const counts = new Map<string, number>();
  for (const { target } of listed) counts.set(placeOf(target), (counts.get(placeOf(target)) ?? 0) + 1);
  return listed.map((owned) => {
    const { target } = owned;
    const { scrapeIntervalMs, scrapeTimeoutMs } = scraper.configOf(owned);
    const hasOwnTimes =
      target.scrapeInterval !== formatDuration(scrapeIntervalMs) ||
      target.scrapeTimeoutMs !== scrapeTimeoutMs;
    return {
      targets: [place.address],
      labels: {
        ...Object.fromEntries(target.labels),
        ...(place.scheme && { __scheme__: place.scheme }),
        __metrics_path__: `${place.pathPrefix}/probe`,
        __param_target: target.url,
        __param_scrapePool: target.scrapePool,
        ...(counts.get(placeOf(target))! > 1 && { __param_key: keyOf(target) }),
        ...(hasOwnTimes && {
          __scrape_interval__: target.scrapeInterval,
          __scrape_timeout__: target.scrapeTimeout,
        }),
      },
    };
  });
}

/**
 * The target that a request to `/probe` means: `target` is its URL, or its address where that is enough; `scrapePool` and `key` tell those
 * apart that have the same. Throws ProbeError when there is none, or more than one.
 */
export function probedTarget(targets: readonly OwnedTarget[], query: URLSearchParams): OwnedTarget {
  const wanted = query.get('target') ?? '';
  if (wanted === '')
    throw new ProbeError(400, 'the parameter "target" is missing: the URL of a target, as /sd lists them');
  const [pool, key] = [query.get('scrapePool'), query.get('key')];
  const found = targets.filter(
    ({ target }) =>
      (target.url === wanted || addressOf(target) === wanted) &&
      (pool === null || target.scrapePool === pool) &&
      (key === null || keyOf(target) === key),
  );
  const [one, other] = found;
  if (one === undefined)
    throw new ProbeError(
      404,
      `no target is ${JSON.stringify(wanted.slice(0, 200))}; /sd lists those that there are`,
    );
  if (other === undefined) return one;
  const named = found.slice(0, NAMED).map(({ target }) => `?${probeQuery(target)}`);
  throw new ProbeError(400, `${found.length} targets are meant; ask for one of them:\n${named.join('\n')}`);
}

function checkPool({ configs }: Scraper, scrapePool: string): void {
  const pools = [...configs].map(({ jobName }) => jobName);
  if (scrapePool === '' || pools.includes(scrapePool)) return;
  const named = pools.slice(0, NAMED).map((pool) => JSON.stringify(pool));
  if (pools.length > NAMED) named.push('…');
  throw new ProbeError(
    404,
    `no scrape pool is ${JSON.stringify(scrapePool.slice(0, 200))}; there are ${named.join(', ') || 'none'}`,
  );
}

function probeQuery(target: Target): string {
  const { url, scrapePool } = target;
  return new URLSearchParams({ target: url, scrapePool, key: keyOf(target) }).toString();
}

/** What tells targets of the same scrape pool and URL apart: the end of the target's key. */
function keyOf({ key }: Target): string {
  return key.slice(key.lastIndexOf(' ') + 1);
}

function placeOf({ scrapePool, url }: Target): string {
  return `${scrapePool} ${url}`;
}

function addressOf({ url }: Target): string {
  return /^(?:[^/]*:)?\/\/([^/?]*)/.exec(url)?.[1] ?? '';
}
