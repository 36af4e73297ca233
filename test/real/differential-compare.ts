import { NOT_OWN } from './pair.ts';
import type { Pair } from './pair.ts';
import type { LabelSet, Prometheus } from './prometheus.ts';
import { eventually } from './server.ts';
import { spell } from './stored.ts';

/** The target labels that say which body a series is of, and in which job: no body has labels of these names, so no series has two origins. */
export const FIXTURE = 'fixture_body';
export const VARIANT = 'fixture_job';

/** What a Prometheus has of one target. */
export interface TargetState {
  /** Each report series with its last value. */
  readonly report: ReadonlyMap<string, string>;
  /** Every stored sample of each series: explicit timestamps with their values, and the values at the times of scrapes. */
  readonly samples: ReadonlyMap<string, string>;
}

/** By job and body. */
export type State = ReadonlyMap<string, TargetState>;

const REPORTS: ReadonlySet<string> = new Set([
  'up',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
]);
/** What only one of the two has. */
const UNCOMPARED = ['scrape_duration_seconds', 'scrape_series_added', 'scrape_failure_reason'];

/**
 * Reads everything. Samples before `startMs`, or 280 s after it, have timestamps of their own; what lies between are times of scrapes. Of the
 * report series only the scrapes since `sinceMs` count, of the rest all: what a Prometheus keeps of a series that has samples with and without
 * timestamps may be less in each later scrape.
 */
async function readState(prometheus: Prometheus, startMs: number, sinceMs: number): Promise<State> {
  const state = new Map<string, { report: Map<string, string>; samples: Map<string, string> }>();
  // Beyond the future samples that the store takes.
  const end = Date.now() / 1000 + 700;
  const selector = `{__name__!~"${UNCOMPARED.join('|')}",${FIXTURE}!="",${NOT_OWN}}`;
  for (const { labels, samples } of await prometheus.query(`${selector}[3h]`, end)) {
    const key = targetKey(labels);
    const target = state.get(key) ?? {
      report: new Map<string, string>(),
      samples: new Map<string, string>(),
    };
    state.set(key, target);
    const name = labels['__name__'] ?? '';
    const isReport = REPORTS.has(name);
    const explicit: string[] = [];
    const scraped = new Set<string>();
    for (const [seconds, value] of samples) {
      const ms = Math.round(seconds * 1000);
      if (ms < startMs || ms > startMs + 280_000) explicit.push(`${value}@${ms - startMs}`);
      else if (!isReport || ms >= sinceMs) scraped.add(value);
    }
    if (isReport) target.report.set(name, [...scraped].join(' '));
    else target.samples.set(spell(withoutOrigin(labels)), [...explicit, ...scraped].join(' '));
  }
  return state;
}

export function targetKey(labels: LabelSet): string {
  return `${labels[VARIANT]} ${labels[FIXTURE]}`;
}

function withoutOrigin(labels: LabelSet): LabelSet {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => name !== FIXTURE && name !== VARIANT));
}

/** Resolves when all `count` targets have been scraped after `afterMs`, and what was scraped is stored. */
export async function scrapedSince(prometheus: Prometheus, count: number, afterMs: number): Promise<void> {
  const query = `count(timestamp(up{${FIXTURE}!="",${NOT_OWN}}) > ${afterMs / 1000})`;
  await eventually(
    `${count} targets are scraped`,
    async (reason) => {
      const found = Number((await prometheus.query(query))[0]?.samples[0]?.[1] ?? 0);
      reason(`${found} of them\n${prometheus.output().slice(-2_000)}`);
      return found === count ? true : undefined;
    },
    { everyMs: 500 },
  );
}

/**
 * Reads both when they have scraped all their targets (`counts`, of the direct one first) since `openMs`. A scrape that a busy machine made fail
 * shows as two values of one report series: then the next round is read.
 */
export async function readSettled(
  { direct, through }: Pair,
  counts: readonly [number, number],
  startMs: number,
  openMs: number,
): Promise<readonly [direct: State, through: State]> {
  // What is in flight at that moment may still be of the time before.
  let sinceMs = openMs + 1_500;
  for (let rounds = 0; ; rounds++) {
    await scrapedSince(direct, counts[0], sinceMs);
    await scrapedSince(through, counts[1], sinceMs);
    const a = await readState(direct, startMs, sinceMs);
    const b = await readState(through, startMs, sinceMs);
    if (rounds === 3 || (isSteady(a) && isSteady(b))) return [a, b];
    sinceMs = Date.now();
  }
}

function isSteady(state: State): boolean {
  return [...state.values()].every(({ report }) =>
    [...report.values()].every((value) => !value.includes(' ')),
  );
}

/** One body in which the two differ: what of it, a line each. */
export interface Difference {
  readonly target: string;
  readonly lines: readonly string[];
}

/** All bodies in which they differ, in verdict, counts or samples. */
export function compareStates(direct: State, through: State): readonly Difference[] {
  const keys = new Set([...direct.keys(), ...through.keys()]);
  const found: Difference[] = [];
  for (const target of [...keys].sort()) {
    const lines = compareTargets(direct.get(target), through.get(target));
    if (lines.length > 0) found.push({ target, lines });
  }
  return found;
}

/** A line for each series that differs: verdict and counts first. */
export function compareTargets(
  direct: TargetState | undefined,
  through: TargetState | undefined,
): readonly string[] {
  return [...compareMaps(direct?.report, through?.report), ...compareMaps(direct?.samples, through?.samples)];
}

const NONE: ReadonlyMap<string, string> = new Map();

function compareMaps(a = NONE, b = NONE): string[] {
  const lines: string[] = [];
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const [one, other] = [a.get(key), b.get(key)];
    if (one !== other) lines.push(`${key}: direct ${one ?? 'none'}, through the gateway ${other ?? 'none'}`);
  }
  return lines;
}
