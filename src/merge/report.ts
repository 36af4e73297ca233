import { escapeLabelValue } from '../exposition/escape.ts';
import type { LabelledExposition } from '../exposition/family-block.ts';
import type { LabelRules } from '../exposition/label-rules.ts';
import { FAILURE_REASONS, type FailureReason } from '../scrape/failure.ts';
import type { Outcome } from '../scrape/outcome.ts';

/**
 * The report series: what Prometheus stores of each scrape beside its samples, and why a failed one failed.
 * `scrape_series_added` is left out: it would need to remember the scrape before.
 */
export const REPORT_FAMILIES: readonly { readonly name: string; readonly help: string }[] = [
  { name: 'scrape_duration_seconds', help: 'Duration of the scrape in seconds.' },
  {
    name: 'scrape_failure_reason',
    help: `Why the scrape failed, always 1. One of: ${Object.keys(FAILURE_REASONS).join(', ')}.`,
  },
  {
    name: 'scrape_samples_post_metric_relabeling',
    help: 'Number of samples that remained after metric relabeling.',
  },
  { name: 'scrape_samples_scraped', help: 'Number of samples that the target exposed.' },
  { name: 'up', help: 'Whether the scrape of the target succeeded (1) or failed (0).' },
];

/** Hot. Whether there are samples that have the name of a report series. */
export function hasReportNames({ names, families }: LabelledExposition): boolean {
  // Nearly never has any body of the worker had such a name.
  const numbers = REPORT_FAMILIES.map(({ name }) => names.find(name)).filter((one) => one !== undefined);
  return numbers.length > 0 && families.some(({ name }) => numbers.includes(name));
}

/** One target of an answer as the report needs it. */
export interface Reported {
  readonly rules: LabelRules;
  readonly outcome: Outcome;
}

function value(family: string, outcome: Outcome): number | undefined {
  switch (family) {
    case 'up':
      return outcome.up ? 1 : 0;
    case 'scrape_duration_seconds':
      return outcome.durationSeconds;
    case 'scrape_failure_reason':
      return outcome.up ? undefined : 1;
    case 'scrape_samples_post_metric_relabeling':
      return outcome.samplesPost;
    default:
      return outcome.samples;
  }
}

/**
 * The target labels that a report series lacks, as a mask. Prometheus' `mutateReportSampleLabels` sets `exported_x` to
 * nothing when it comes to the label `x`, which removes one that it came to before.
 */
function droppedLabels({ names }: LabelRules): number {
  let mask = 0;
  if (names.length > 31) return mask;
  for (const [bit, name] of names.entries()) {
    const base = name.startsWith('exported_') ? name.slice('exported_'.length) : '';
    if (name < base && names.includes(base)) mask |= 1 << bit;
  }
  return mask;
}

function reasonLabel(rules: LabelRules, reason: FailureReason | undefined): string {
  // A target label of that name would make the label twice; the target's own stays, as for an exposed sample.
  return rules.names.includes('reason') ? '' : `reason="${escapeLabelValue(reason ?? '')}"`;
}

/** What was made of rules, which are a target's as long as it is known. */
const texts: WeakMap<LabelRules, string> = new WeakMap();

/** The labels of a target's report series, with a comma behind each. */
function labelsOf(rules: LabelRules): string {
  let text = texts.get(rules);
  if (text === undefined) {
    text = Buffer.from(rules.injection(droppedLabels(rules)).before).toString();
    texts.set(rules, text);
  }
  return text;
}

/** The labelled lines of one report family, a line for each target that has one, in the order given. */
export function reportLines(family: string, targets: readonly Reported[]): Uint8Array {
  const lines: string[] = [];
  for (const { rules, outcome } of targets) {
    const number = value(family, outcome);
    if (number === undefined) continue;
    const labels = labelsOf(rules);
    const own = family === 'scrape_failure_reason' ? reasonLabel(rules, outcome.reason) : '';
    lines.push(`${family}{${own === '' ? labels.slice(0, -1) : labels + own}} ${number}\n`);
  }
  return Buffer.from(lines.join(''));
}
