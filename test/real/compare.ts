import type { Test } from 'tap';

import { DECIDED_OTHERWISE_IN_3, TIMESTAMPED } from './bodies.ts';
import { lastDifferences, NOT_OWN } from './pair.ts';
import type { Pair } from './pair.ts';
import type { Prometheus } from './prometheus.ts';
import { described, differences, namesOnly, REPORT_NAMES, samples, spell, values } from './stored.ts';
import type { Stored } from './stored.ts';

/** Series that say something of the act of scraping. */
export const ABOUT_SCRAPING = [...REPORT_NAMES, 'scrape_series_added', 'scrape_failure_reason'].join('|');

/** What differs of what both have stored of a selector. */
export async function both(
  pair: Pair,
  read: (prometheus: Prometheus, selector: string) => Promise<Stored>,
  selector: string,
): Promise<readonly string[]> {
  const [direct, through] = await Promise.all([read(pair.direct, selector), read(pair.through, selector)]);
  return differences(direct, through);
}

/** The labels of what is stored, for values that are never equal. */
export async function labelsAlone(prometheus: Prometheus, selector: string): Promise<Stored> {
  return namesOnly(await values(prometheus, selector));
}

/** Every sample of the pods; those of real servers, which are never equal, are left out. */
export async function compareSamples(t: Test, pair: Pair): Promise<void> {
  await t.test('labels and values of all that has no timestamp of its own', async (t) => {
    const elsewhere = [ABOUT_SCRAPING, TIMESTAMPED];
    if (!pair.direct.program.version.startsWith('2.')) elsewhere.push(DECIDED_OTHERWISE_IN_3);
    const selector = `{__name__=~".+",__name__!~"${elsewhere.join('|')}",pod!~"real-.*",${NOT_OWN}}`;
    t.ok((await values(pair.direct, selector)).size > 200, 'there is something to compare');
    t.same(await lastDifferences(() => both(pair, values, selector)), []);
  });

  await t.test('every sample that has a timestamp of its own, with it', async (t) => {
    const selector = `{__name__=~"${TIMESTAMPED}",job!="honor-timestamps-false"}`;
    const stored = await samples(pair.direct, selector);
    t.ok(
      [...stored.values()].some((line) => line.split(' ').length === 10),
      'ten samples of one series arrived in one body',
    );
    t.same(await lastDifferences(() => both(pair, samples, selector)), []);
  });

  await t.test('honor_timestamps: false', async (t) => {
    const selector = `{__name__=~"${TIMESTAMPED}",job="honor-timestamps-false"}`;
    t.ok((await values(pair.direct, selector)).size > 5);
    t.same(await lastDifferences(() => both(pair, values, selector)), []);
  });
}

/** What is known of the type and help of each metric family. */
export async function compareFamilies(t: Test, pair: Pair, least: number = 40): Promise<void> {
  await t.test('types and helps', async (t) => {
    t.same(await lastDifferences(() => wrongDescriptions(pair)), []);
    t.ok(described(await pair.through.metadata()).size > least, 'there is something to compare');
  });
}

async function wrongDescriptions({ direct, through }: Pair): Promise<readonly string[]> {
  const targets = await direct.targets();
  const down = new Set(targets.filter(({ health }) => health !== 'up').map(({ labels }) => spell(labels)));
  // What a target that is down said before its bad line is remembered by Prometheus, but belongs to no sample.
  const said = described((await direct.metadata()).filter(({ target }) => !down.has(spell(target))));
  const answered = described(await through.metadata());
  const series = await direct.query(`{__name__=~".+",${NOT_OWN}}`);
  const names = new Set(series.map(({ labels }) => labels['__name__']?.replace(/_count$/, '')));
  const wrong: string[] = [];
  // A family of which there is a HELP or TYPE but no sample is none.
  for (const [metric, spellings] of [...said].filter(([name]) => names.has(name)))
    for (const one of answered.get(metric) ?? ['unknown '])
      // Text has no stateset; it is written as a gauge.
      if (!spellings.has(one) && !spellings.has(one.replace(/^gauge/, 'stateset')))
        wrong.push(`${metric}: ${one}; direct: ${[...spellings].join(' or ')}`);
  return wrong.slice(0, 20);
}
