import { html, type SafeHtml } from '@remix-run/html-template';
import type { PastMinute } from '../round/round-history.ts';
import { HISTORY_MINUTES } from '../round/round-history.ts';
import { ago, coordinate, count, seconds } from './format.ts';

const HEIGHT = 40;
/** Minutes that a row of the table in words covers. */
const MINUTES_PER_ROW = 30;
/** What is drawn at least. It grows with what there is, since a short history in a long chart is a line. */
const LEAST_MINUTES = 30;

/** How long rounds took and how many targets were up in the last hours. */
export function historySection(minutes: readonly PastMinute[], now: number): SafeHtml {
  return html`<section id="history" class="card" aria-labelledby="history-title">
    <h2 id="history-title">Rounds of the last ${HISTORY_MINUTES / 60} hours</h2>
    ${
      minutes.length === 0
        ? html`<p class="quiet">Filled with every round of <code>/metrics</code>.</p>`
        : charts(minutes, now)
    }
  </section>`;
}

function charts(minutes: readonly PastMinute[], now: number): SafeHtml {
  const end = Math.floor(now / 60_000) + 1;
  const drawn = Math.max(LEAST_MINUTES, end - minutes[0]!.minute);
  const first = end - drawn;
  const longest = Math.max(...minutes.map((one) => one.seconds));
  const most = Math.max(1, ...minutes.map((one) => one.targets));
  const fewest = Math.min(...minutes.map((one) => one.up));
  const last = minutes.at(-1)!;
  const bars = (height: (minute: PastMinute) => number): string =>
    minutes.map((one) => `M${one.minute - first} ${HEIGHT}h1v-${coordinate(height(one))}h-1z`).join('');
  const upHeight = (value: number): number => (HEIGHT * value) / most;
  // What is missing hangs from the top, so that one of a thousand is seen.
  const missing = minutes
    .filter((one) => one.up < one.targets)
    .map(
      (one) =>
        `M${one.minute - first} ${coordinate(HEIGHT - upHeight(one.targets))}h1v${coordinate(Math.max(3, upHeight(one.targets - one.up)))}h-1z`,
    )
    .join('');
  const took = `Longest round a minute: at most ${seconds(longest)}, last ${seconds(last.seconds)}`;
  const wereUp = `Targets up: at least ${count(fewest)}, last ${count(last.up)} of ${count(last.targets)}`;
  return html`
    <figure>
      <figcaption>${took}</figcaption>
      ${chart(drawn, took, html`<path class="took" d="${bars((one) => Math.max(1, (HEIGHT * one.seconds) / (longest || 1)))}" />`)}
    </figure>
    <figure>
      <figcaption>${wereUp}</figcaption>
      ${chart(
        drawn,
        wereUp,
        html`<path class="fill-up" d="${bars((one) => upHeight(one.targets))}" />
          <path class="fill-down" d="${missing}" />`,
      )}
    </figure>
    <p class="ends quiet"><span>${ago(first * 60_000, now)}</span><span>now</span></p>
    <details id="history-table">
      <summary>As a table</summary>
      <div class="scrolls" tabindex="0" role="group" aria-label="Rounds">${table(minutes)}</div>
    </details>
  `;
}

function chart(minutes: number, label: string, content: SafeHtml): SafeHtml {
  return html`<svg
    class="chart"
    viewBox="0 0 ${minutes} ${HEIGHT}"
    preserveAspectRatio="none"
    role="img"
    aria-label="${label}"
  >
    ${content}
  </svg>`;
}

function table(minutes: readonly PastMinute[]): SafeHtml {
  const rows = Map.groupBy(minutes, ({ minute }) => Math.floor(minute / MINUTES_PER_ROW));
  return html`<table class="plain">
    <thead>
      <tr>
        <th scope="col">From (UTC)</th>
        <th scope="col" class="number">Rounds</th>
        <th scope="col" class="number">Longest</th>
        <th scope="col" class="number">Fewest up</th>
        <th scope="col" class="number">Targets</th>
      </tr>
    </thead>
    <tbody>
      ${[...rows].toReversed().map(
        ([slot, of]) =>
          html`<tr>
            <th scope="row">${new Date(slot * MINUTES_PER_ROW * 60_000).toISOString().slice(11, 16)}</th>
            <td class="number">${count(of.reduce((sum, one) => sum + one.rounds, 0))}</td>
            <td class="number">${seconds(Math.max(...of.map((one) => one.seconds)))}</td>
            <td class="number">${count(Math.min(...of.map((one) => one.up)))}</td>
            <td class="number">${count(Math.max(...of.map((one) => one.targets)))}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
