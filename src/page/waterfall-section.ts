import { html, type SafeHtml } from '@remix-run/html-template';
import type { PastRound } from '../round/last-round.ts';
import { ago, coordinate, count, plural, seconds } from './format.ts';
import { pageHref, type PageQuery } from './page-query.ts';
import type { TargetRow } from './target-row.ts';
import { allBarsRow, barRow } from './waterfall-rows.ts';
import { axisOf, barsOf, PHASES, type Axis, type Phase } from './waterfall.ts';

/** Bars that have a row of their own. */
export const ROWS_WITH_NAMES = 15;
const DRAWN_PHASES = Object.keys(PHASES) as readonly Phase[];

/** The last round on one time axis: the slowest targets with their names, then all in one small picture. */
export function waterfallSection(
  round: PastRound | undefined,
  rows: readonly TargetRow[],
  query: PageQuery,
  now: number,
): SafeHtml {
  if (round === undefined)
    return section(html`<p class="quiet">Nobody has asked for all of <code>/metrics</code> yet.</p>`);
  const byKey = new Map(rows.map((row) => [row.key, row]));
  const bars = barsOf(round).filter(({ key }) => byKey.has(key));
  const begun = html`<p class="quiet">
    Began ${ago(round.begunAt, now)}, took ${seconds((round.endedAt - round.begunAt) / 1000)},
    ${count(upIn(round))} of ${plural(round.entries.length, 'target')} up.
  </p>`;
  if (bars.length === 0)
    return section(
      html`${begun}
        <p class="quiet">None of these targets was in it.</p>`,
    );
  const axis = axisOf(bars, query.scale);
  const shown = bars.slice(0, ROWS_WITH_NAMES);
  const other = query.scale === 'root' ? 'linear' : 'root';
  return section(html`
    <div class="bar-of-tools">
      ${begun}
      <p class="quiet">
        Axis: ${query.scale === 'root' ? 'square root' : 'linear'} (<a
          id="scale"
          href="${pageHref(query, { scale: other, page: query.page }, 'waterfall')}"
          data-swap
          >${other === 'root' ? 'show short times larger' : 'make it linear'}</a
        >)
      </p>
    </div>
    ${legend()}
    <table class="waterfall">
      <caption class="unseen">
        ${bars.length > shown.length ? `The ${shown.length} slowest of ${bars.length} targets` : 'Targets'} in
        the last round, the slowest first
      </caption>
      <thead>
        <tr>
          <th scope="col">Target</th>
          <th scope="col" class="axis">${axisPicture(axis)}</th>
          <th scope="col" class="number">In after</th>
          <th scope="col" class="number wide-only">Wait</th>
          <th scope="col" class="number wide-only">First byte</th>
          <th scope="col" class="number wide-only">Transfer</th>
          <th scope="col" class="number wide-only">Scan</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map((bar) => barRow(bar, byKey.get(bar.key)!, axis))}
        ${bars.length > shown.length ? allBarsRow(bars, axis) : ''}
      </tbody>
    </table>
  `);
}

/** How many targets were up for the one who asked. */
export function upIn({ entries }: PastRound): number {
  return entries.filter(({ outcome }) => outcome.up).length;
}

function section(content: SafeHtml): SafeHtml {
  return html`<section id="waterfall" class="card" aria-labelledby="waterfall-title">
    <h2 id="waterfall-title">Last round</h2>
    ${content}
  </section>`;
}

function legend(): SafeHtml {
  return html`<ul class="legend">
    ${DRAWN_PHASES.map(
      (phase) =>
        html`<li title="${PHASES[phase][1]}">
          <svg class="swatch" aria-hidden="true">
            <rect class="phase-${phase}" width="100%" height="100%" />
          </svg>
          ${PHASES[phase][0]}
        </li>`,
    )}
    <li>
      <svg class="swatch" aria-hidden="true">
        <line class="deadline" x1="50%" x2="50%" y1="0" y2="100%" />
      </svg>
      Deadline
    </li>
  </ul>`;
}

function axisPicture(axis: Axis): SafeHtml {
  const where = (time: number): string => `${coordinate(100 * axis.at(time))}%`;
  const deadline = `deadline ${seconds(axis.deadline)}`;
  return html`<span class="unseen">Time, ${deadline}</span>
    <svg class="ticks" aria-hidden="true">
      ${axis.ticks.map(
        (tick) =>
          html`<text x="${where(tick)}" y="12" text-anchor="${tick === 0 ? 'start' : 'middle'}">
            ${tick === 0 ? '0' : tickText(tick)}
          </text>`,
      )}
      ${
        axis.hasDeadline
          ? html`<line
              class="deadline"
              x1="${where(axis.deadline)}"
              x2="${where(axis.deadline)}"
              y1="2"
              y2="100%"
            />`
          : axis.deadline > 0
            ? html`<text class="beyond" x="100%" y="12" text-anchor="end">${deadline} →</text>`
            : ''
      }
    </svg>`;
}

/** `0.5` is `500 ms`, `2` is `2 s`. */
function tickText(tick: number): string {
  return tick < 1 ? `${Number((tick * 1000).toPrecision(3))} ms` : `${tick} s`;
}
