import type { OwnedTarget } from '../round/scrape.ts';
import type { TargetsMetadata } from '../round/targets-metadata.ts';
import { compileSelector, readMatchers, SelectorError } from '../selector/selector.ts';
import { ApiError, readCount } from './api-error.ts';
import { jsonText, separated } from './json-answer.ts';
import { labelObject } from './targets.ts';

/** What is asked of `/api/v1/targets/metadata`. */
export interface TargetsMetadataQuestion {
  /** No further target once so many entries are there; undefined for all. */
  readonly limit: number | undefined;
  /** Empty for every metric. */
  readonly metric: string;
  readonly isMatch: (target: OwnedTarget) => boolean;
}

/** @throws ApiError */
export function readTargetsMetadataQuestion(query: URLSearchParams): TargetsMetadataQuestion {
  const limit = readLimit(query, 'limit');
  return { limit, metric: query.get('metric') ?? '', isMatch: readMatch(query.get('match_target') ?? '') };
}

/** What is asked of `/api/v1/metadata`. */
export interface MetadataQuestion {
  /** Metrics at most, and different metadata of one metric at most. */
  readonly limit: number | undefined;
  readonly limitPerMetric: number | undefined;
  readonly metric: string;
}

/** @throws ApiError */
export function readMetadataQuestion(query: URLSearchParams): MetadataQuestion {
  const limit = readLimit(query, 'limit');
  const limitPerMetric = readLimit(query, 'limit_per_metric');
  return {
    limit,
    limitPerMetric: limitPerMetric === 0 ? undefined : limitPerMetric,
    metric: query.get('metric') ?? '',
  };
}

/** The data of `/api/v1/targets/metadata`: as Prometheus', an entry has its metric only where none was asked for. */
export function* targetsMetadata(
  targets: readonly OwnedTarget[],
  known: TargetsMetadata,
  question: TargetsMetadataQuestion,
): Generator<string, void, void> {
  yield '[';
  yield* separated(targetEntries(targets, known, question));
  yield ']';
}

function* targetEntries(
  targets: readonly OwnedTarget[],
  known: TargetsMetadata,
  { limit, metric, isMatch }: TargetsMetadataQuestion,
): Generator<string, void, void> {
  let count = 0;
  for (const target of targets) {
    if (limit !== undefined && count >= limit) return;
    const list = known.get(target.id);
    if (list === undefined || !isMatch(target)) continue;
    const before = `{"target":${jsonText(labelObject(target.target.labels))},`;
    for (const family of list) {
      if (metric !== '' && family.name !== metric) continue;
      count++;
      const name = metric === '' ? `"metric":${jsonText(family.name)},` : '';
      const { type, help } = family;
      yield `${before}${name}${jsonText({ type, help, unit: '' }).slice(1)}`;
    }
  }
}

/** The data of `/api/v1/metadata`: by metric, what targets say of it, the metrics by name. */
export function* metricMetadata(
  targets: readonly OwnedTarget[],
  known: TargetsMetadata,
  { limit, limitPerMetric, metric }: MetadataQuestion,
): Generator<string, void, void> {
  const byName = new Map<string, Set<string>>();
  const lists = new Set(targets.map(({ id }) => known.get(id) ?? []));
  for (const list of lists) {
    for (const family of list) {
      if (metric !== '' && family.name !== metric) continue;
      let entries = byName.get(family.name);
      if (entries === undefined) byName.set(family.name, (entries = new Set()));
      if (limitPerMetric === undefined || entries.size < limitPerMetric)
        entries.add(jsonText({ type: family.type, unit: '', help: family.help }));
    }
    // Others may have their turn.
    yield '';
  }
  yield '{';
  const names = [...byName.keys()].sort().slice(0, limit);
  yield* separated(names.values().map((name) => `${jsonText(name)}:[${[...byName.get(name)!].join(',')}]`));
  yield '}';
}

/** A negative limit is none. */
function readLimit(query: URLSearchParams, name: string): number | undefined {
  const count = readCount(query, name);
  return count === undefined || count < 0 ? undefined : count;
}

function readMatch(text: string): (target: OwnedTarget) => boolean {
  if (text === '') return () => true;
  try {
    // Without matchers there is nothing that a target fails.
    const matchers = compileSelector(readMatchers(text));
    return ({ target }) => {
      const labels = new Map(target.labels);
      return matchers.every(({ name, fits }) => fits(labels.get(name) ?? ''));
    };
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    throw new ApiError('bad_data', `invalid parameter "match_target": ${error.message}`, { cause: error });
  }
}
