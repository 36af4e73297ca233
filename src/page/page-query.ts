import { FAILURE_REASONS, type FailureReason } from '../scrape/failure.ts';
import { STATES, type State } from './target-row.ts';

/** The columns by which rows are sorted, with what each is called. */
export const COLUMNS = {
  state: 'State',
  name: 'Target',
  component: 'Component',
  namespace: 'Namespace',
  node: 'Node',
  duration: 'Duration',
  samples: 'Samples',
  bytes: 'Bytes',
  limit: 'Nearest limit',
  age: 'Last scrape',
} as const;
export type Column = keyof typeof COLUMNS;

/** What the address of the page asks for. An empty text filters nothing. */
export interface PageQuery {
  /** Words that each must be found somewhere in what is told of a target. */
  readonly q: string;
  readonly state: State | '';
  readonly reason: FailureReason | '';
  readonly job: string;
  readonly component: string;
  readonly namespace: string;
  readonly node: string;
  readonly sort: Column;
  readonly descending: boolean;
  /** From 1. */
  readonly page: number;
  /** Of the time axis of the last round. */
  readonly scale: 'linear' | 'root';
}

/** The page without any query. */
export const DEFAULT_QUERY: PageQuery = {
  q: '',
  state: '',
  reason: '',
  job: '',
  component: '',
  namespace: '',
  node: '',
  sort: 'state',
  descending: false,
  page: 1,
  scale: 'linear',
};

/** Longer ones can find nothing. */
const LONGEST_TEXT = 1000;

/** Reads the query of the page's address. What means nothing is left out, since a page is there to be looked at. */
export function readPageQuery(params: URLSearchParams): PageQuery {
  const text = (name: string): string => (params.get(name) ?? '').trim().slice(0, LONGEST_TEXT);
  const sort = text('sort');
  const column = sort.replace(/^-/, '');
  const page = Number(text('page'));
  return {
    q: text('q'),
    state: STATES.find((state) => state === text('state')) ?? '',
    reason: Object.hasOwn(FAILURE_REASONS, text('reason')) ? (text('reason') as FailureReason) : '',
    job: text('job'),
    component: text('component'),
    namespace: text('namespace'),
    node: text('node'),
    sort: Object.hasOwn(COLUMNS, column) ? (column as Column) : DEFAULT_QUERY.sort,
    descending: Object.hasOwn(COLUMNS, column) && sort.startsWith('-'),
    page: Number.isInteger(page) && page > 0 ? page : 1,
    scale: text('scale') === 'root' ? 'root' : 'linear',
  };
}

/** The value of `sort` for a column and a direction. */
export function sortValue(column: Column, descending: boolean): string {
  return descending ? `-${column}` : column;
}

/** The relative address of the page with these changes to its query. A change of what is shown begins at the first page. */
export function pageHref(query: PageQuery, changes: Partial<PageQuery>, fragment = ''): string {
  const { sort, descending, page, ...texts } = { ...query, page: 1, ...changes };
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(texts)) {
    if (value !== '' && value !== DEFAULT_QUERY[name as keyof PageQuery]) params.set(name, value);
  }
  const sorted = sortValue(sort, descending);
  if (sorted !== DEFAULT_QUERY.sort) params.set('sort', sorted);
  if (page > 1) params.set('page', String(page));
  return `targets${params.size > 0 ? `?${params.toString()}` : ''}${fragment && `#${fragment}`}`;
}

/** Whether it leaves out any targets. */
export function isFiltering(query: PageQuery): boolean {
  return FILTERS.some((name) => query[name] !== '');
}

export const FILTERS = ['q', 'state', 'reason', 'job', 'component', 'namespace', 'node'] as const;

/** The query without its filters. */
export function withoutFilters(query: PageQuery): PageQuery {
  return { ...DEFAULT_QUERY, sort: query.sort, descending: query.descending, scale: query.scale };
}
