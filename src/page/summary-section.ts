import { html, type SafeHtml } from '@remix-run/html-template';
import { FAILURE_REASONS, type FailureReason } from '../scrape/failure.ts';
import { ago, count, plural } from './format.ts';
import { pageHref, withoutFilters, type PageQuery } from './page-query.ts';
import type { State, TargetRow } from './target-row.ts';

/** How many targets are up, and the reasons of those that are not, each a link that filters. `late` were up in time for nobody in the last round. */
export function summarySection(
  rows: readonly TargetRow[],
  query: PageQuery,
  { now, waiting, late }: { readonly now: number; readonly waiting: string; readonly late: number },
): SafeHtml {
  const states: Record<State, number> = { up: 0, down: 0, unknown: 0 };
  const reasons = new Map<FailureReason, number>();
  let latest: number | undefined;
  for (const { state, reason, endedAt } of rows) {
    states[state]++;
    if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    if (endedAt !== undefined && endedAt > (latest ?? 0)) latest = endedAt;
  }
  const all = withoutFilters(query);
  const link = (changes: Partial<PageQuery>): string => pageHref(all, changes, 'targets');
  return html`<section id="summary" class="card" aria-labelledby="summary-title">
    <h2 id="summary-title" class="unseen">Summary</h2>
    ${waiting === '' ? '' : html`<p class="notice" role="status"><strong>Not ready:</strong> ${waiting}</p>`}
    ${
      rows.length === 0
        ? html`<p class="headline"><strong>No targets</strong></p>
            <p class="quiet">Discovery found none, or relabelling dropped them all.</p>`
        : html`<p class="headline ${states.down > 0 ? 'some-down' : ''}">
            <strong>${count(states.up)}</strong> of ${plural(rows.length, 'target')} up
          </p>`
    }
    ${shareBar(states, rows.length)}
    <ul class="chips">
      ${[...reasons]
        .sort(([, a], [, b]) => b - a)
        .map(
          ([reason, number]) =>
            html`<li>
              <a
                class="chip chip-down"
                href="${link({ reason })}"
                title="${FAILURE_REASONS[reason]}"
                data-swap
                ><strong>${count(number)}</strong> ${reason}</a
              >
            </li>`,
        )}
      ${
        states.unknown > 0
          ? html`<li>
              <a class="chip" href="${link({ state: 'unknown' })}" data-swap
                ><strong>${count(states.unknown)}</strong> not known yet</a
              >
            </li>`
          : ''
      }
      ${
        states.up > 0
          ? html`<li>
              <a class="chip chip-up" href="${link({ state: 'up' })}" data-swap
                ><strong>${count(states.up)}</strong> up</a
              >
            </li>`
          : ''
      }
    </ul>
    ${components(rows, link)}
    ${
      late === 0
        ? ''
        : html`<p><a href="#waterfall">${plural(late, 'target')}</a> came too late for the last round.</p>`
    }
    <p class="quiet">Last scrape ${ago(latest, now)}. This page scrapes nothing.</p>
  </section>`;
}

/** More would be a table, and there is one. */
const COMPONENTS_SHOWN = 8;

/** How many of each component are up. */
function components(
  rows: readonly TargetRow[],
  link: (changes: Partial<PageQuery>) => string,
): SafeHtml | '' {
  const all = [...Map.groupBy(rows, ({ component }) => component)].filter(([component]) => component !== '');
  if (all.length < 2) return '';
  return html`<ul class="components">
    ${all
      .sort(([, a], [, b]) => b.length - a.length)
      .slice(0, COMPONENTS_SHOWN)
      .map(([component, of]) => {
        const up = of.filter(({ state }) => state === 'up').length;
        const down = of.some(({ state }) => state === 'down');
        return html`<li>
          <a href="${link({ component })}" data-swap>${component}</a>
          <span class="${down ? 'down' : ''}">${count(up)} of ${count(of.length)}</span>
        </li>`;
      })}
  </ul>`;
}

/** Up, not known and down as parts of one bar. What it shows stands beside it in words. */
function shareBar(states: Readonly<Record<State, number>>, all: number): SafeHtml | '' {
  if (all === 0) return '';
  let x = 0;
  const parts = (['up', 'unknown', 'down'] as const).map((state) => {
    // One of a thousand must be seen.
    const width = states[state] === 0 ? 0 : Math.max(0.6, (100 * states[state]) / all);
    const part = html`<rect
      class="fill-${state}"
      x="${Math.min(x, 100 - width).toFixed(2)}%"
      width="${width.toFixed(2)}%"
      height="100%"
    />`;
    x += width;
    return part;
  });
  return html`<svg class="share" aria-hidden="true">${parts}</svg>`;
}
