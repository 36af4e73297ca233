import type { LabelSet, Prometheus, Series, TargetMetadata } from './prometheus.ts';

/** Series by their labels in one spelling, with what is compared of each: a value, or its samples. */
export type Stored = ReadonlyMap<string, string>;

/** Series that each scrape itself gives rise to, whose values say something of the act of scraping. */
export const REPORT_NAMES = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
] as const;

/** Labels by name, then value, as in a selector. */
export function spell(labels: LabelSet): string {
  return Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',');
}

/** The current value of every series that the expression gives. */
export async function values(prometheus: Prometheus, expr: string, seconds?: number): Promise<Stored> {
  return storedOf(await prometheus.query(expr, seconds));
}

/** The values of series, without their timestamps. */
export function storedOf(series: readonly Series[]): Stored {
  return new Map(series.map((one) => [spell(one.labels), one.samples.map(([, value]) => value).join(' ')]));
}

/** Every stored sample of the selected series, with its timestamp. */
export async function samples(prometheus: Prometheus, selector: string): Promise<Stored> {
  const series = await prometheus.raw(selector);
  return new Map(
    series.map((one) => [spell(one.labels), one.samples.map(([at, value]) => `${value}@${at}`).join(' ')]),
  );
}

/** The labels alone. */
export function namesOnly(stored: Stored): Stored {
  return new Map([...stored.keys()].map((key) => [key, '']));
}

/**
 * What is not equal, a line each and at most 20 of them; empty when everything is.
 * `direct` is what a Prometheus has that scraped the pods itself, `through` what one has that scraped the gateway.
 */
export function differences(direct: Stored, through: Stored): readonly string[] {
  const lines: string[] = [];
  for (const [key, value] of direct) {
    const other = through.get(key);
    if (other === undefined) lines.push(`only direct: {${key}} ${value}`);
    else if (other !== value) lines.push(`{${key}}: ${value} direct, ${other} through the gateway`);
  }
  for (const [key, value] of through)
    if (!direct.has(key)) lines.push(`only through the gateway: {${key}} ${value}`);
  return lines.length <= 20 ? lines : [...lines.slice(0, 20), `and ${lines.length - 20} more`];
}

/**
 * The type and help of each metric family, as exposed. Where targets disagree about one, all that was said, so that the gateway's one
 * answer can be looked up among them. Untyped and without help is the same as not described at all.
 */
export function described(metadata: readonly TargetMetadata[]): ReadonlyMap<string, ReadonlySet<string>> {
  const families = new Map<string, Set<string>>();
  for (const { metric, type, help } of metadata) {
    const said = families.get(metric) ?? new Set();
    said.add(`${type} ${help}`);
    families.set(metric, said);
  }
  return families;
}
