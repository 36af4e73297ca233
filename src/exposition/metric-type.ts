/**
 * Metric types of the text format in the order in which a tie between targets is decided: the greatest wins.
 * `none` is a family without TYPE.
 */
export const MetricType = {
  none: 0,
  untyped: 1,
  gauge: 2,
  counter: 3,
  summary: 4,
  histogram: 5,
} as const;
export type MetricType = (typeof MetricType)[keyof typeof MetricType];

const words = ['untyped', 'untyped', 'gauge', 'counter', 'summary', 'histogram'] as const;

/** The word that a TYPE line has for it. */
export function typeWord(type: MetricType): string {
  return words[type];
}

/** The type of a TYPE line's word, or undefined when Prometheus knows no such type in text. */
export function typeOfWord(word: string): MetricType | undefined {
  const type = words.indexOf(word as (typeof words)[number], 1);
  return type < 0 ? undefined : (type as MetricType);
}

/** Suffixes of the samples that belong to a family of this type beside those that bear its name. */
export function suffixes(type: MetricType): readonly string[] {
  if (type === MetricType.histogram) return ['_bucket', '_count', '_sum'];
  if (type === MetricType.summary) return ['_count', '_sum'];
  return [];
}
