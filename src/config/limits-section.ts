import type { ScrapeLimits } from './scrape-config.ts';
import type { YamlValue } from './yaml-value.ts';

/** No limit at all. */
export const NO_LIMITS: ScrapeLimits = Object.freeze({
  bodySizeLimit: 0,
  sampleLimit: 0,
  labelLimit: 0,
  labelNameLengthLimit: 0,
  labelValueLengthLimit: 0,
  targetLimit: 0,
});

/** Under which name each limit stands in YAML. */
export const LIMIT_FIELDS = {
  bodySizeLimit: 'body_size_limit',
  sampleLimit: 'sample_limit',
  labelLimit: 'label_limit',
  labelNameLengthLimit: 'label_name_length_limit',
  labelValueLengthLimit: 'label_value_length_limit',
  targetLimit: 'target_limit',
} as const satisfies Record<keyof ScrapeLimits, string>;

/**
 * Reads the limits of a scrape config or of the global section. What is absent, empty or 0 is taken from `defaults`.
 * A negative `body_size_limit` is none, as in Prometheus, so that a scrape config can lift the global one.
 */
export function readLimits(
  fields: ReadonlyMap<string, YamlValue> | undefined,
  defaults: ScrapeLimits,
): ScrapeLimits {
  const limit = (name: keyof ScrapeLimits, read: (value: YamlValue) => number): number => {
    const value = fields?.get(LIMIT_FIELDS[name]);
    return (value === undefined || value.isNull ? 0 : read(value)) || defaults[name];
  };
  const count = (name: keyof ScrapeLimits) => limit(name, (value) => value.wholeNumber());
  return {
    bodySizeLimit: limit('bodySizeLimit', (value) => value.sizeBytes()),
    sampleLimit: count('sampleLimit'),
    labelLimit: count('labelLimit'),
    labelNameLengthLimit: count('labelNameLengthLimit'),
    labelValueLengthLimit: count('labelValueLengthLimit'),
    targetLimit: count('targetLimit'),
  };
}
