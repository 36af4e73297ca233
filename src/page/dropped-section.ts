import { html, type SafeHtml } from '@remix-run/html-template';
import type { ScrapeConfig } from '../config/scrape-config.ts';
import type { DroppedTarget } from '../discovery/target.ts';
import { droppingRule } from '../relabel/dropping-rule.ts';
import type { RelabelConfig } from '../relabel/relabel.ts';
import { count, plural } from './format.ts';
import { labelText } from './label-text.ts';

/** More are told of by their number only. */
export const DROPPED_SHOWN = 100;

/** Targets that relabelling dropped, each with the rule that did. */
export function droppedSection(
  dropped: readonly DroppedTarget[],
  configs: ReadonlyMap<string, ScrapeConfig>,
): SafeHtml {
  const shown = dropped.slice(0, DROPPED_SHOWN);
  return html`<section id="dropped" class="card" aria-labelledby="dropped-title">
    <h2 id="dropped-title">Dropped targets <span class="badge">${count(dropped.length)}</span></h2>
    ${
      dropped.length === 0
        ? html`<p class="quiet">Relabelling dropped none.</p>`
        : html`<p class="quiet">
              Discovered, but dropped by a rule of
              <code>relabel_configs</code>.${
                dropped.length > shown.length
                  ? html` The first ${shown.length}; all are in
                      <a href="api/v1/targets?state=dropped">the API</a>.`
                  : ''
              }
            </p>
            <details id="dropped-list">
              <summary>Show ${plural(shown.length, 'target')}</summary>
              <ul class="dropped">
                ${shown.map((target) => item(target, configs.get(target.scrapePool)?.relabelConfigs ?? []))}
              </ul>
            </details>`
    }
  </section>`;
}

function item({ scrapePool, discoveredLabels }: DroppedTarget, rules: readonly RelabelConfig[]): SafeHtml {
  const labels = new Map(discoveredLabels);
  const pod = labels.get('__meta_kubernetes_pod_name');
  return html`<li>
    <details>
      <summary>
        <strong>${labels.get('__address__') ?? 'no address'}</strong> ${pod ?? ''}
        <span class="quiet">${scrapePool}: ${why(labels, rules)}</span>
      </summary>
      <pre tabindex="0">${labelText(discoveredLabels)}</pre>
    </details>
  </li>`;
}

/** The rule in words, with the value that decided. */
function why(labels: ReadonlyMap<string, string>, rules: readonly RelabelConfig[]): string {
  const index = droppingRule(labels, rules);
  if (index === undefined) return 'dropped';
  const { action, sourceLabels, regex, targetLabel } = rules[index]!;
  const sources = sourceLabels.join(', ');
  const isPattern = action === 'keep' || action === 'drop';
  return `rule ${index + 1}, ${action} ${sources} ${isPattern ? `=~ ${regex}` : `= ${targetLabel}`}`;
}
