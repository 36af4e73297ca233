import { html, type SafeHtml } from '@remix-run/html-template';
import { count, plural } from './format.ts';
import { filterForm } from './filter-form.ts';
import { COLUMNS, pageHref, type Column, type PageQuery } from './page-query.ts';
import { ROWS_PER_PAGE } from './select-rows.ts';
import type { TargetRow } from './target-row.ts';

const NUMBERS: ReadonlySet<Column> = new Set(['duration', 'samples', 'bytes', 'limit', 'age']);

/** The rows of one page of the table. */
export interface TablePage {
  /** From 1, and no more than there are. */
  readonly page: number;
  readonly pages: number;
  /** How many rows are before it. */
  readonly from: number;
  readonly rows: readonly TargetRow[];
}

/** The page that the query asks for of those rows that its filters leave. */
export function tablePage(selected: readonly TargetRow[], query: PageQuery): TablePage {
  const pages = Math.max(1, Math.ceil(selected.length / ROWS_PER_PAGE));
  const page = Math.min(query.page, pages);
  const from = (page - 1) * ROWS_PER_PAGE;
  return { page, pages, from, rows: selected.slice(from, from + ROWS_PER_PAGE) };
}

/** The table of targets with its filters. Of `all` rows, the filters leave so many `selected`; `body` are those of the page. */
export function targetsSection(
  all: readonly TargetRow[],
  selected: number,
  { page, pages, from, rows }: TablePage,
  query: PageQuery,
  body: SafeHtml[],
): SafeHtml {
  return html`<section id="targets" class="card" aria-labelledby="targets-title" tabindex="-1">
    <h2 id="targets-title">Targets</h2>
    ${filterForm(all, query)}
    <p id="found" class="quiet" role="status">${found(all.length, selected, from, rows.length)}</p>
    <div id="rows">
      <table class="targets" role="table">
        <caption class="unseen">
          Targets, sorted by ${COLUMNS[query.sort]}${query.descending ? ', descending' : ''}
        </caption>
        <thead role="rowgroup">
          <tr role="row">
            ${(Object.keys(COLUMNS) as Column[]).map((column) => heading(column, query))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${body}
        </tbody>
      </table>
      ${
        selected === 0
          ? html`<p class="nothing">
              ${all.length === 0 ? 'There are no targets.' : 'No target is like that.'}
            </p>`
          : ''
      }
      ${pages > 1 ? pager({ ...query, page }, pages) : ''}
    </div>
  </section>`;
}

function found(all: number, selected: number, from: number, shown: number): string {
  const of = selected === all ? plural(all, 'target') : `${count(selected)} of ${plural(all, 'target')}`;
  return shown < selected ? `${count(from + 1)} to ${count(from + shown)} of ${of}` : of;
}

function heading(column: Column, query: PageQuery): SafeHtml {
  const isSorted = query.sort === column;
  // Of numbers, the large ones are of interest first.
  const descending = isSorted ? !query.descending : NUMBERS.has(column);
  const direction = query.descending ? 'descending' : 'ascending';
  const link = html`<a
    id="sort-${column}"
    href="${pageHref(query, { sort: column, descending }, 'targets')}"
    data-swap
    >${COLUMNS[column]}${
      isSorted ? html`<span aria-hidden="true"> ${query.descending ? '↓' : '↑'}</span>` : ''
    }</a
  >`;
  const name = `column-${column}${NUMBERS.has(column) ? ' number' : ''}`;
  return isSorted
    ? html`<th scope="col" role="columnheader" class="${name}" aria-sort="${direction}">${link}</th>`
    : html`<th scope="col" role="columnheader" class="${name}">${link}</th>`;
}

function pager(query: PageQuery, pages: number): SafeHtml {
  const to = (page: number, label: string, id: string): SafeHtml =>
    page < 1 || page > pages
      ? html`<span class="quiet">${label}</span>`
      : html`<a id="${id}" href="${pageHref(query, { page }, 'targets')}" data-swap>${label}</a>`;
  return html`<nav class="pager" aria-label="Pages of targets">
    ${to(query.page - 1, '← Previous', 'previous')}
    <span>Page ${count(query.page)} of ${count(pages)}</span>
    ${to(query.page + 1, 'Next →', 'next')}
  </nav>`;
}
