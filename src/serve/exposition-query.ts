import { readShard, type Shard } from '../relabel/shard.ts';
import { MatchLimits, readMatchers, SelectorError, type Selector } from '../selector/selector.ts';

/** Which part of the merged exposition a caller wants. */
export interface ExpositionQuery {
  /** Only series that one of them selects. */
  readonly selectors: readonly Selector[];
  /** Only these targets of the gateway. */
  readonly shard?: Shard;
}

/** What the caller asks for cannot be read. The message is for the caller. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
}

/** Reads `match[]`, which may stand several times, and `shard`. Throws QueryError, for selectors with Prometheus' own message. */
export function readExpositionQuery(query: URLSearchParams): ExpositionQuery {
  const limits = new MatchLimits();
  try {
    const selectors = query.getAll('match[]').map((text) => readMatchers(text, limits));
    const [shard, second] = query.getAll('shard');
    if (second !== undefined) throw new RangeError('it stands twice; ask once for each shard');
    return { selectors, ...(shard !== undefined && { shard: readShard(shard) }) };
  } catch (error) {
    if (error instanceof SelectorError) throw new QueryError(error.message, { cause: error });
    if (error instanceof RangeError)
      throw new QueryError(`invalid parameter "shard": ${error.message}`, { cause: error });
    throw error;
  }
}
