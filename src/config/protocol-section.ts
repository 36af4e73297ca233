import type { YamlValue } from './yaml-value.ts';

// Fields of Prometheus 3 that are taken when they ask for what this program does anyway, and refused otherwise.

const TEXT_PROTOCOL = 'PrometheusText0.0.4';

/** Takes `fallback_scrape_protocol: PrometheusText0.0.4`: a body of unknown type is read as text. */
export function checkTextFallback(value: YamlValue | undefined): void {
  if (!value) return;
  const name = value.string();
  if (name !== TEXT_PROTOCOL) {
    value.fail(`fallback_scrape_protocol "${name}" is not supported yet; only ${TEXT_PROTOCOL} is`);
  }
}

/** Takes `scrape_protocols: [PrometheusText0.0.4]`: that is the one format that targets are asked for. */
export function checkTextProtocols(value: YamlValue | undefined): void {
  if (!value) return;
  const items = value.items();
  if (items.length === 0) value.fail('scrape_protocols cannot be empty');
  for (const item of items) {
    const name = item.string();
    if (name !== TEXT_PROTOCOL)
      item.fail(`scrape protocol "${name}" is not supported yet; only ${TEXT_PROTOCOL} is`);
  }
  if (items.length > 1) value.fail(`scrape_protocols names ${TEXT_PROTOCOL} more than once`);
}

/** Takes `metric_name_validation_scheme: legacy`. */
export function checkLegacyNames(value: YamlValue | undefined): void {
  if (!value) return;
  const name = value.string();
  if (name !== 'legacy')
    value.fail(`metric_name_validation_scheme "${name}" is not supported yet; only legacy is`);
}
