import { html, type SafeHtml } from '@remix-run/html-template';
import type { LimitUsage } from '../round/limit-usage.ts';
import { FAILURE_REASONS } from '../scrape/failure.ts';
import { ago, bytes, coordinate, count, percent, seconds, UNKNOWN } from './format.ts';
import { historyBars } from './history-bars.ts';
import { labelText } from './label-text.ts';
import { COLUMNS, type Column } from './page-query.ts';
import type { TargetRow } from './target-row.ts';

/** From here on a limit deserves to be looked at. */
const NEAR = 0.8;

/** A row of the table. */
export function tableRow(row: TargetRow, now: number): SafeHtml {
  return html`<tr role="row" class="row-${row.state}">
    ${cell('state', stateOf(row))}
    <th scope="row" role="rowheader" class="column-name">
      <a href="${probeHref(row)}" title="Scrape ${row.url} through the gateway">${row.name || row.url}</a>
    </th>
    ${cell('component', row.component || UNKNOWN)} ${cell('namespace', row.namespace || UNKNOWN)}
    ${cell('node', row.node || UNKNOWN)}
    ${cell('duration', html`${historyBars(row.history())} <span>${seconds(row.duration)}</span>`)}
    ${cell('samples', count(row.samples))} ${cell('bytes', bytes(row.bytes))}
    ${cell('limit', nearest(row.limits))} ${cell('age', ago(row.endedAt, now))}
    <td role="cell" class="column-more">${more(row)}</td>
  </tr>`;
}

function cell(column: Column, content: SafeHtml | string): SafeHtml {
  return html`<td role="cell" class="column-${column}" data-label="${COLUMNS[column]}">${content}</td>`;
}

function stateOf({ state, reason }: TargetRow): SafeHtml {
  return html`<span class="state-${state}" title="${reason === undefined ? '' : FAILURE_REASONS[reason]}"
    >${state}</span
  >`;
}

/** The gateway scrapes it when this is followed. */
function probeHref({ url, job, key }: TargetRow): string {
  return `probe?${new URLSearchParams({ target: url, scrapePool: job, key: key.slice(key.lastIndexOf(' ') + 1) }).toString()}`;
}

function nearest([first]: readonly LimitUsage[]): SafeHtml | string {
  if (first === undefined) return UNKNOWN;
  return html`<span class="${first.ratio >= NEAR ? 'near' : ''}" title="of ${first.limit}"
      >${percent(first.ratio)}</span
    >
    ${meter(first.ratio)}`;
}

function meter(ratio: number): SafeHtml {
  return html`<svg class="meter ${ratio >= NEAR ? 'meter-near' : ''}" aria-hidden="true">
    <rect class="meter-all" width="100%" height="100%" rx="2" />
    <rect class="meter-taken" width="${coordinate(Math.min(100, 100 * ratio))}%" height="100%" rx="2" />
  </svg>`;
}

/** What is folded away: its summary has the URL and, where there is one, the error. */
function more(row: TargetRow): SafeHtml {
  const { url, error, reason, labels, discoveredLabels, limits, job, wireBytes, bytes: body, scraping } = row;
  return html`<details id="more-${encodeURIComponent(row.key)}">
    <summary>
      <span class="url">${url}</span>${
        error === undefined
          ? ''
          : html` <span class="error"><strong>${reason ?? 'error'}:</strong> ${error}</span>`
      }${scraping ? html` <span class="quiet">being scraped now</span>` : ''}
    </summary>
    <div class="details">
      ${error === undefined ? '' : html`<p class="whole-error error">${error}</p>`}
      <dl>
        <div>
          <dt>Job</dt>
          <dd>${job}</dd>
        </div>
        <div>
          <dt>On the wire</dt>
          <dd>${bytes(wireBytes)} for ${bytes(body)}</dd>
        </div>
        ${limits.map(
          ({ limit, ratio }) =>
            html`<div>
              <dt>${limit}</dt>
              <dd class="${ratio >= NEAR ? 'near' : ''}">${percent(ratio)} ${meter(ratio)}</dd>
            </div>`,
        )}
      </dl>
      <div class="panes">
        <div>
          <h3>Labels</h3>
          <pre tabindex="0">${labelText(labels)}</pre>
        </div>
        <div>
          <h3>Discovered labels, before relabelling</h3>
          <pre tabindex="0">${labelText(discoveredLabels)}</pre>
        </div>
      </div>
    </div>
  </details>`;
}
