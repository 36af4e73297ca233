import { targetKey } from './differential-compare.ts';
import type { State } from './differential-compare.ts';
import type { Pair } from './pair.ts';
import { described } from './stored.ts';

/** Families that were compared, and what is wrong of them, a line each. */
export interface WrongTypes {
  readonly compared: number;
  readonly lines: readonly string[];
}

const SUFFIXES = ['', '_bucket', '_count', '_sum'];
const SUFFIXES_OF: Readonly<Record<string, readonly string[]>> = {
  // A sample of the bare name is odd, but it is in the family.
  histogram: SUFFIXES,
  summary: ['', '_count', '_sum'],
};

/**
 * Compares type and HELP of the families of text bodies. Where targets disagree the answer follows a rule of its own, so only those families count
 * that all targets describe alike that are up, and of which at least one has samples.
 */
export async function wrongTypes({ direct, through }: Pair, state: State): Promise<WrongTypes> {
  const names = new Map([...state].map(([key, { samples }]) => [key, sampleNames(samples.keys())]));
  const up = (await direct.metadata()).filter(
    ({ target }) => state.get(targetKey(target))?.report.get('up') === '1',
  );
  // Of those, some have samples that no store takes, for their timestamps.
  const said = described(up);
  const stored = new Set(
    up
      .filter(({ target, metric, type }) =>
        (SUFFIXES_OF[type] ?? ['']).some(
          (suffix) => names.get(targetKey(target))?.has(metric + suffix) === true,
        ),
      )
      .map(({ metric }) => metric),
  );
  const openMetrics = new Set(
    [...state].filter(([key]) => key.startsWith('openmetrics')).flatMap(([key]) => [...names.get(key)!]),
  );
  const answered = described(await through.metadata());
  const lines: string[] = [];
  let compared = 0;
  for (const [metric, spellings] of said) {
    if (!stored.has(metric) || spellings.size !== 1) continue;
    // OpenMetrics has types and names of families that text has not.
    if (SUFFIXES.some((suffix) => openMetrics.has(metric + suffix))) continue;
    // What has the name of another family's samples may have to do without a type.
    const base = metric.replace(/_(bucket|count|sum)$/, '');
    if (base !== metric && /histogram|summary/.test([...(said.get(base) ?? [])].join(' '))) continue;
    compared++;
    const [one] = spellings;
    const got = [...(answered.get(metric) ?? ['unknown '])].join(' or ');
    if (got !== one) lines.push(`${metric}: ${one} direct, ${got} through the gateway`);
  }
  return { compared, lines };
}

function sampleNames(labels: Iterable<string>): ReadonlySet<string> {
  return new Set([...labels].map((one) => /__name__="([^"]*)"/.exec(one)?.[1] ?? ''));
}
