import { html, type SafeHtml } from '@remix-run/html-template';
import { coordinate, count, seconds, UNKNOWN } from './format.ts';
import type { TargetRow } from './target-row.ts';
import type { Axis, Bar, Phase } from './waterfall.ts';

/** A target with its bar, and its times in words. */
export function barRow(bar: Bar, row: TargetRow, axis: Axis): SafeHtml {
  const took = (phase: Phase): string => {
    const found = bar.phases.find((one) => one.phase === phase);
    return found === undefined ? UNKNOWN : seconds(found.to - found.from);
  };
  const where = (time: number): string => `${coordinate(100 * axis.at(time))}%`;
  return html`<tr>
    <th scope="row"><a href="${rowHref(row)}" title="${row.url}" data-swap>${row.name}</a></th>
    <td class="axis">
      <svg class="bar${bar.up ? '' : ' failed'}" aria-hidden="true">
        ${axis.ticks
          .slice(1)
          .map(
            (tick) => html`<line class="grid" x1="${where(tick)}" x2="${where(tick)}" y1="0" y2="100%" />`,
          )}
        ${bar.phases.map(({ phase, from, to }) => {
          const width = Math.max(0.25, 100 * (axis.at(to) - axis.at(from)));
          return html`<rect
            class="phase-${phase}"
            x="${where(from)}"
            width="${coordinate(width)}%"
            y="20%"
            height="60%"
          />`;
        })}
        ${
          axis.hasDeadline
            ? html`<line
                class="deadline"
                x1="${where(bar.deadline)}"
                x2="${where(bar.deadline)}"
                y1="0"
                y2="100%"
              />`
            : ''
        }
      </svg>
    </td>
    <td class="number">
      ${bar.reason === undefined ? '' : html`<span class="state-down">${bar.reason}</span> `}${seconds(bar.end)}${
        bar.joined > 0.001
          ? html`<span
              class="quiet"
              title="Its scrape began ${seconds(bar.joined)} before this round, and was shared"
            >
              ⇠</span
            >`
          : ''
      }
    </td>
    ${(['wait', 'first', 'transfer', 'scan'] as const).map(
      (phase) => html`<td class="number wide-only">${took(phase)}</td>`,
    )}
  </tr>`;
}

/** Where the row of a target is, whatever page it is on. */
function rowHref(row: TargetRow): string {
  return `targets?q=${encodeURIComponent(row.name)}#targets`;
}

/** All targets in one row, a line each. One path for each phase: a thousand targets are as quick to draw as one. */
export function allBarsRow(bars: readonly Bar[], axis: Axis): SafeHtml {
  const width = 1000;
  const paths = new Map<Phase, string>();
  for (const [y, bar] of bars.entries()) {
    for (const { phase, from, to } of bar.phases) {
      const length = Math.max(1, width * (axis.at(to) - axis.at(from))).toFixed(1);
      const path = `M${(width * axis.at(from)).toFixed(1)} ${y}h${length}v1h-${length}z`;
      paths.set(phase, (paths.get(phase) ?? '') + path);
    }
  }
  const half = bars[bars.length >> 1]!;
  return html`<tr class="all-bars">
    <th scope="row">All ${count(bars.length)},<br />a line each</th>
    <td class="axis">
      <svg
        viewBox="0 0 ${width} ${bars.length}"
        height="${Math.min(240, Math.max(40, bars.length * 2))}"
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        ${[...paths].map(([phase, path]) => html`<path class="phase-${phase}" d="${path}" />`)}
        ${
          axis.hasDeadline
            ? html`<path
                class="deadline"
                vector-effect="non-scaling-stroke"
                d="M${coordinate(width * axis.at(axis.deadline))} 0V${bars.length}"
              />`
            : ''
        }
      </svg>
    </td>
    <td class="number">half of them<br />${seconds(half.end)}</td>
    ${[1, 2, 3, 4].map(() => html`<td class="wide-only"></td>`)}
  </tr>`;
}
