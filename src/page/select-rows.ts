import type { Column, PageQuery } from './page-query.ts';
import { STATES, type TargetRow } from './target-row.ts';

/** Rows on one page of the table. */
export const ROWS_PER_PAGE = 100;

/** What of a row can be chosen from a list. */
export type Facet = 'job' | 'component' | 'namespace' | 'node';

/** The values that there are, by name. */
export function facetValues(rows: readonly TargetRow[], facet: Facet): string[] {
  const values = new Set(rows.map((row) => row[facet]));
  values.delete('');
  return [...values].sort(byName);
}

/** Those rows that the query does not filter out, sorted as it asks for. */
export function selectRows(rows: readonly TargetRow[], query: PageQuery): TargetRow[] {
  const words = query.q.toLowerCase().split(/\s+/).filter(Boolean);
  const nodeIsKnown = rows.some(({ node }) => node === query.node);
  const matches = (row: TargetRow): boolean =>
    (query.state === '' || row.state === query.state) &&
    (query.reason === '' || row.reason === query.reason) &&
    (query.job === '' || row.job === query.job) &&
    (query.component === '' || row.component === query.component) &&
    (query.namespace === '' || row.namespace === query.namespace) &&
    // The node is typed, and should narrow the rows before it is complete.
    (query.node === '' || (nodeIsKnown ? row.node === query.node : row.node.includes(query.node))) &&
    (words.length === 0 || hasWords(row, words));
  const selected = rows.filter(matches);
  const compare = COMPARISONS[query.sort];
  const sign = query.descending ? -1 : 1;
  return selected.sort((a, b) => compare(a, b, sign) || byName(a.name, b.name));
}

function hasWords(row: TargetRow, words: readonly string[]): boolean {
  const { name, url, job, component, namespace, node, state, reason = '', error = '', labels } = row;
  const text = [name, url, job, component, namespace, node, state, reason, error, ...labels.flat()]
    .join('\n')
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

const { compare: byName } = new Intl.Collator('en', { numeric: true });

type Comparison = (a: TargetRow, b: TargetRow, sign: number) => number;

const COMPARISONS: Readonly<Record<Column, Comparison>> = {
  state: (a, b, sign) => sign * (STATES.indexOf(a.state) - STATES.indexOf(b.state)),
  name: (a, b, sign) => sign * byName(a.name, b.name),
  component: (a, b, sign) => sign * byName(a.component, b.component),
  namespace: (a, b, sign) => sign * byName(a.namespace, b.namespace),
  node: (a, b, sign) => sign * byName(a.node, b.node),
  duration: byNumber((row) => row.duration),
  samples: byNumber((row) => row.samples),
  bytes: byNumber((row) => row.bytes),
  limit: byNumber((row) => row.limits[0]?.ratio),
  // A younger scrape has a smaller age.
  age: byNumber((row) => (row.endedAt === undefined ? undefined : -row.endedAt)),
};

/** Rows whose value is not known come last in either direction. */
function byNumber(value: (row: TargetRow) => number | undefined): Comparison {
  return (a, b, sign) => {
    const [one, other] = [value(a), value(b)];
    if (one === undefined || other === undefined)
      return Number(one === undefined) - Number(other === undefined);
    return sign * (one - other);
  };
}
