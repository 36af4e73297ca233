import { html, type SafeHtml } from '@remix-run/html-template';
import { FAILURE_REASONS } from '../scrape/failure.ts';
import {
  COLUMNS,
  DEFAULT_QUERY,
  isFiltering,
  pageHref,
  sortValue,
  withoutFilters,
  type Column,
  type PageQuery,
} from './page-query.ts';
import { facetValues, type Facet } from './select-rows.ts';
import { STATES, type TargetRow } from './target-row.ts';

/** A list of more nodes than that helps nobody; any can be typed. */
const NODES_OFFERED = 200;

/** The form that narrows and sorts the rows. Without a script it is sent by its button. */
export function filterForm(rows: readonly TargetRow[], query: PageQuery): SafeHtml {
  const jobs = facetValues(rows, 'job');
  const reasons = Object.keys(FAILURE_REASONS).filter(
    (reason) => reason === query.reason || rows.some((row) => row.reason === reason),
  );
  return html`<form
    id="filters"
    class="filters"
    action="targets"
    method="get"
    role="search"
    aria-label="Targets"
  >
    <label class="text"
      >Text
      <input
        type="search"
        name="q"
        value="${query.q}"
        placeholder="pod, address, label, error"
        maxlength="1000"
        autocomplete="off"
        spellcheck="false"
    /></label>
    ${select('State', 'state', STATES, query.state)}
    ${reasons.length > 0 ? select('Reason', 'reason', reasons, query.reason) : ''}
    ${jobs.length > 1 ? facet('Job', 'job', jobs, query) : ''}
    ${facet('Component', 'component', facetValues(rows, 'component'), query)}
    ${facet('Namespace', 'namespace', facetValues(rows, 'namespace'), query)}
    <label
      >Node
      <input
        type="search"
        name="node"
        value="${query.node}"
        list="nodes"
        placeholder="any"
        autocomplete="off"
        spellcheck="false"
      /><datalist id="nodes">
        ${facetValues(rows, 'node')
          .slice(0, NODES_OFFERED)
          .map((node) => html`<option value="${node}"></option>`)}
      </datalist></label
    >
    <label
      >Sorted by
      <select name="sort">
        ${(Object.keys(COLUMNS) as Column[]).flatMap((column) =>
          [false, true].map((descending) => {
            const chosen = query.sort === column && query.descending === descending;
            const label = `${COLUMNS[column]} ${descending ? '↓' : '↑'}`;
            const value = sortValue(column, descending);
            return option(value === DEFAULT_QUERY.sort ? '' : value, label, chosen);
          }),
        )}
      </select></label
    >
    ${query.scale === 'linear' ? '' : html`<input type="hidden" name="scale" value="${query.scale}" />`}
    <button type="submit">Apply</button>
    ${
      isFiltering(query)
        ? html`<a class="clear" href="${pageHref(withoutFilters(query), {}, 'targets')}" data-swap
            >Clear filters</a
          >`
        : ''
    }
  </form>`;
}

function facet(label: string, name: Facet, values: readonly string[], query: PageQuery): SafeHtml {
  return select(label, name, values, query[name]);
}

function select(label: string, name: string, values: readonly string[], chosen: string): SafeHtml {
  // What was asked for stays visible where no target has it any more.
  const all = chosen === '' || values.includes(chosen) ? values : [...values, chosen];
  return html`<label
    >${label}
    <select name="${name}">
      ${option('', 'any', chosen === '')} ${all.map((value) => option(value, value, value === chosen))}
    </select></label
  >`;
}

function option(value: string, label: string, chosen: boolean): SafeHtml {
  return chosen
    ? html`<option value="${value}" selected>${label}</option>`
    : html`<option value="${value}">${label}</option>`;
}
