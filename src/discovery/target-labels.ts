import { createHash } from 'node:crypto';
import { durationMs, formatDuration } from '../config/duration.ts';
import type { ScrapeConfig } from '../config/scrape-config.ts';
import { isValidLabelName, relabel } from '../relabel/relabel.ts';
import type { DroppedTarget, Labels, Target } from './target.ts';
import type { LabelSet } from './target-group.ts';

/** What became of one discovered target: exactly one of the three is there. */
export interface Outcome {
  readonly target?: Target;
  /** Relabelling dropped it. */
  readonly dropped?: DroppedTarget;
  /** Why it cannot be a target, to be logged with its group. */
  readonly error?: string;
}

/**
 * Makes a target of discovered labels and a scrape config: Prometheus' `PopulateLabels` and `Target.URL` of 2.42
 * (`scrape/target.go`). An address without a port gets `:80` or `:443` by its scheme, and so does the `instance` label; Prometheus 3
 * leaves both as they are.
 */
export function populateLabels(discovered: LabelSet, group: LabelSet, config: ScrapeConfig): Outcome {
  const labels = new Map<string, string>();
  for (const set of [group, discovered]) {
    for (const [name, value] of Object.entries(set)) labels.set(name, value);
  }
  const defaults = {
    job: config.jobName,
    __scrape_interval__: formatDuration(config.scrapeIntervalMs),
    __scrape_timeout__: formatDuration(config.scrapeTimeoutMs),
    __metrics_path__: config.metricsPath,
    __scheme__: config.scheme,
  };
  for (const [name, value] of Object.entries(defaults)) {
    if ((labels.get(name) ?? '') === '') labels.set(name, value);
  }
  for (const [name, [first]] of Object.entries(config.params)) {
    if (first !== undefined) labels.set(`__param_${name}`, first);
  }
  for (const [name, value] of labels) {
    if (value === '') labels.delete(name);
  }
  const discoveredLabels = sorted(labels);
  const relabelled = relabel(labels, config.relabelConfigs);
  if (relabelled === undefined) return { dropped: { scrapePool: config.jobName, discoveredLabels } };
  try {
    return { target: finish(relabelled, discoveredLabels, config) };
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    return { error: error.message };
  }
}

class TargetError extends Error {
  override readonly name = 'TargetError';
}

function finish(labels: ReadonlyMap<string, string>, discoveredLabels: Labels, config: ScrapeConfig): Target {
  const get = (name: string): string => labels.get(name) ?? '';
  if (get('__address__') === '') throw new TargetError('no address');
  const scheme = get('__scheme__');
  const address = withPort(get('__address__'), scheme);
  if (address.includes('/')) throw new TargetError(`${JSON.stringify(address)} is not a valid hostname`);
  const interval = duration(get('__scrape_interval__'), 'interval');
  const timeout = duration(get('__scrape_timeout__'), 'timeout');
  if (timeout > interval) {
    throw new TargetError(
      `scrape timeout cannot be greater than scrape interval ("${get('__scrape_timeout__')}" > "${get('__scrape_interval__')}")`,
    );
  }
  const kept = new Map(labels);
  if (get('instance') === '') kept.set('instance', address);
  for (const [name, value] of kept) {
    if (value === '' || name.startsWith('__meta_')) kept.delete(name);
    else if (!value.isWellFormed()) {
      throw new TargetError(`invalid label value for ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
    }
  }
  const url = targetUrl(address, scheme, kept, config);
  for (const name of kept.keys()) {
    if (name.startsWith('__')) kept.delete(name);
    // labelmap can make one. Prometheus takes the target and fails every scrape of it.
    else if (!isValidLabelName(name)) throw new TargetError(`invalid label name ${JSON.stringify(name)}`);
  }
  const finalLabels = sorted(kept);
  return Object.freeze({
    key: targetKey(config.jobName, url, finalLabels),
    scrapePool: config.jobName,
    url,
    labels: finalLabels,
    discoveredLabels,
    scrapeInterval: get('__scrape_interval__'),
    scrapeTimeout: get('__scrape_timeout__'),
    scrapeTimeoutMs: timeout,
  });
}

/** Readable, and in the order of the URLs within a scrape pool. */
function targetKey(pool: string, url: string, labels: Labels): string {
  const hash = createHash('sha256').update(JSON.stringify(labels)).digest('base64url').slice(0, 22);
  return `${pool} ${url} ${hash}`;
}

function duration(text: string, what: string): number {
  let ms: number;
  try {
    ms = durationMs(text);
  } catch (error) {
    throw new TargetError(`error parsing scrape ${what}: ${(error as Error).message}`, { cause: error });
  }
  if (ms === 0) throw new TargetError(`scrape ${what} cannot be 0`);
  return ms;
}

function withPort(address: string, scheme: string): string {
  // An address that a port would not make valid stays as it is, and fails when it is scraped.
  if (splitsIntoHostAndPort(address) || !splitsIntoHostAndPort(`${address}:1234`)) return address;
  if (scheme === 'http' || scheme === '') return `${address}:80`;
  if (scheme === 'https') return `${address}:443`;
  throw new TargetError(`invalid scheme: ${JSON.stringify(scheme)}`);
}

/** Go's `net.SplitHostPort`: the last colon parts host and port, a host with colons needs brackets, either may be empty. */
function splitsIntoHostAndPort(address: string): boolean {
  return /^(?:\[[^[\]]*\]|[^:[\]]*):[^:[\]]*$/.test(address);
}

function targetUrl(
  address: string,
  scheme: string,
  labels: ReadonlyMap<string, string>,
  config: ScrapeConfig,
): string {
  const params = new Map(Object.entries(config.params).map(([name, values]) => [name, [...values]]));
  for (const [label, value] of labels) {
    if (!label.startsWith('__param_')) continue;
    const name = label.slice('__param_'.length);
    const values = params.get(name);
    if (values === undefined || values.length === 0) params.set(name, [value]);
    else values[0] = value;
  }
  const query = [...params]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, values]) => values.map((value) => `${escapeQuery(name)}=${escapeQuery(value)}`))
    .join('&');
  const path = labels.get('__metrics_path__') ?? '';
  const slash = path === '' || path.startsWith('/') ? '' : '/';
  return `${scheme === '' ? '' : `${scheme}:`}//${address}${slash}${escapePath(path)}${query === '' ? '' : `?${query}`}`;
}

/** Go's `url.QueryEscape`. */
function escapeQuery(text: string): string {
  return escapeMore(text).replaceAll('%20', '+');
}

/** Go's `URL.EscapedPath` for a path that is not escaped yet: these stand for themselves, as unreserved characters do. */
function escapePath(text: string): string {
  return escapeMore(text).replaceAll(/%(?:24|26|2B|2C|2F|3A|3B|3D|40)/g, decodeURIComponent);
}

function escapeMore(text: string): string {
  const percent = (character: string): string =>
    `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, percent);
}

function sorted(labels: ReadonlyMap<string, string>): Labels {
  return [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
}
