import { html, type SafeHtml } from '@remix-run/html-template';
import type { ScrapeConfig } from '../config/scrape-config.ts';
import { formatDuration } from '../config/duration.ts';
import type { DiscoveryState } from '../discovery/discovery.ts';
import { ago, count } from './format.ts';

/** What looks for targets and how it is, and what each job asks of them. */
export function discoverySection(
  states: readonly DiscoveryState[],
  configs: Iterable<ScrapeConfig>,
  { now, configText }: { readonly now: number; readonly configText: string },
): SafeHtml {
  return html`<section id="discovery" class="card" aria-labelledby="discovery-title">
    <h2 id="discovery-title">Discovery and configuration</h2>
    <div class="scrolls" tabindex="0" role="group" aria-label="Discovery">
      <table class="plain">
        <caption class="unseen">
          Discovery
        </caption>
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">Finds targets by</th>
            <th scope="col">State</th>
            <th scope="col" class="number">Objects</th>
            <th scope="col" class="number">Watches begun again</th>
            <th scope="col">Heard of</th>
          </tr>
        </thead>
        <tbody>
          ${states.map((state) => stateRow(state, now))}
        </tbody>
      </table>
    </div>
    <div class="scrolls" tabindex="0" role="group" aria-label="Jobs">
      <table class="plain">
        <caption class="unseen">
          Jobs
        </caption>
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">Asks for</th>
            <th scope="col" class="number">Timeout</th>
            <th scope="col">honor_labels</th>
            <th scope="col" class="number">Relabel rules</th>
            <th scope="col">Limits</th>
          </tr>
        </thead>
        <tbody>
          ${[...configs].map(configRow)}
        </tbody>
      </table>
    </div>
    <details id="configuration">
      <summary>The whole configuration, with every default</summary>
      <pre tabindex="0">${configText}</pre>
    </details>
  </section>`;
}

function stateRow(state: DiscoveryState, now: number): SafeHtml {
  const { config, provider, synced, lastError, objects, watchRestarts, lastSync } = state;
  const stateClass = lastError === undefined && synced ? 'up' : 'down';
  return html`<tr>
    <th scope="row">${config}</th>
    <td>${provider}</td>
    <td>
      <span class="state-${stateClass}"
        >${synced ? (lastError === undefined ? 'in sync' : 'has an error') : 'waits for its first sync'}</span
      >
      ${lastError === undefined ? '' : html`<span class="error">${lastError}</span>`}
    </td>
    <td class="number">${count(objects)}</td>
    <td class="number">${count(watchRestarts)}</td>
    <td>${provider === 'static' ? 'the configuration' : ago(lastSync === 0 ? undefined : lastSync, now)}</td>
  </tr>`;
}

function configRow({
  jobName,
  scheme,
  metricsPath,
  scrapeTimeoutMs,
  honorLabels,
  relabelConfigs,
  limits,
}: ScrapeConfig): SafeHtml {
  const given = [
    ['sample_limit', limits.sampleLimit],
    ['body_size_limit', limits.bodySizeLimit],
    ['label_limit', limits.labelLimit],
    ['label_name_length_limit', limits.labelNameLengthLimit],
    ['label_value_length_limit', limits.labelValueLengthLimit],
    ['target_limit', limits.targetLimit],
  ] as const;
  return html`<tr>
    <th scope="row">${jobName}</th>
    <td><code>${scheme}://…${metricsPath}</code></td>
    <td class="number">${formatDuration(scrapeTimeoutMs)}</td>
    <td>${honorLabels ? 'yes' : 'no'}</td>
    <td class="number">${count(relabelConfigs.length)}</td>
    <td>
      ${
        given
          .filter(([, limit]) => limit > 0)
          .map(([name, limit]) => `${name} ${count(limit)}`)
          .join(', ') || 'none'
      }
    </td>
  </tr>`;
}
