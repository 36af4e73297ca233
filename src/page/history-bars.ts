import { html, type SafeHtml } from '@remix-run/html-template';
import { REMEMBERED_SCRAPES, type PastScrape } from '../round/target-history.ts';
import { coordinate, plural, seconds } from './format.ts';

const HEIGHT = 20;

/** The durations of the last scrapes as small bars, the latest at the right; those that failed have the whole height. */
export function historyBars(scrapes: readonly PastScrape[]): SafeHtml | '' {
  if (scrapes.length === 0) return '';
  const longest = Math.max(...scrapes.map(({ durationSeconds }) => durationSeconds));
  const paths = { up: '', down: '' };
  for (const [i, { up, durationSeconds }] of scrapes.entries()) {
    const x = REMEMBERED_SCRAPES - scrapes.length + i;
    const height = up ? Math.max(1.5, (HEIGHT * durationSeconds) / (longest || 1)) : HEIGHT;
    paths[up ? 'up' : 'down'] += `M${x}.1 ${HEIGHT}h.8v-${coordinate(height)}h-.8z`;
  }
  return html`<svg
    class="spark"
    viewBox="0 0 ${REMEMBERED_SCRAPES} ${HEIGHT}"
    preserveAspectRatio="none"
    role="img"
    aria-label="${historyText(scrapes)}"
  >
    <path class="spark-up" d="${paths.up}" />
    <path class="spark-down" d="${paths.down}" />
  </svg>`;
}

/** The same in words. */
function historyText(scrapes: readonly PastScrape[]): string {
  const durations = scrapes.filter(({ up }) => up).map(({ durationSeconds }) => durationSeconds);
  const failed = scrapes.length - durations.length;
  const range =
    durations.length === 0
      ? 'none was up'
      : `${seconds(Math.min(...durations))} to ${seconds(Math.max(...durations))}`;
  return `Last ${plural(scrapes.length, 'scrape')}: ${range}${failed > 0 ? `, ${failed} failed` : ''}`;
}
