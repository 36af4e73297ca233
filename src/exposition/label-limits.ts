import { LineProblem } from './line-problem.ts';

/** Prometheus' limits on the final labels of a sample, `__name__` included. Lengths are in bytes of UTF-8; 0 is no limit. */
export interface LabelLimits {
  readonly labelLimit: number;
  readonly labelNameLengthLimit: number;
  readonly labelValueLengthLimit: number;
}

export const NO_LABEL_LIMITS: LabelLimits = {
  labelLimit: 0,
  labelNameLengthLimit: 0,
  labelValueLengthLimit: 0,
};

/** The limits as Prometheus names them, which are reasons of failed scrapes too. */
export type LabelLimit = 'label_limit' | 'label_name_length_limit' | 'label_value_length_limit';

/** The most that samples took of each limit, in its unit; 0 where a limit is not set. */
export interface LabelUsage {
  labels: number;
  nameLength: number;
  valueLength: number;
}

/** What a message shows of a name or value. */
const SHOWN = 50;

/**
 * Checks the final labels of a sample, `__name__` among them and none of them empty: Prometheus' `verifyLabelLimits`. Takes note in
 * `usage` of how near they come. Throws a LineProblem that names the limit; Prometheus has counted the sample as scraped by then.
 */
export function checkLabelLimits(
  limits: LabelLimits,
  metric: string,
  labels: readonly (readonly [name: string, value: string])[],
  usage: LabelUsage,
): void {
  usage.labels = Math.max(usage.labels, labels.length);
  const { labelLimit, labelNameLengthLimit, labelValueLengthLimit } = limits;
  const fail = (limit: LabelLimit, most: number, what: string, is: number): never => {
    const metricShown = metric.slice(0, SHOWN);
    throw new LineProblem(`${limit} exceeded (metric: ${metricShown}, ${what}: ${is}, limit: ${most})`, {
      counted: true,
      limit,
    });
  };
  if (labelLimit > 0 && labels.length > labelLimit)
    fail('label_limit', labelLimit, 'number of labels', labels.length);
  for (const [name, value] of labels) {
    const valueLength = Buffer.byteLength(value);
    usage.nameLength = Math.max(usage.nameLength, name.length);
    usage.valueLength = Math.max(usage.valueLength, valueLength);
    const shown = `label name: ${name.slice(0, SHOWN)}, length`;
    if (labelNameLengthLimit > 0 && name.length > labelNameLengthLimit)
      fail('label_name_length_limit', labelNameLengthLimit, shown, name.length);
    if (labelValueLengthLimit > 0 && valueLength > labelValueLengthLimit)
      fail('label_value_length_limit', labelValueLengthLimit, shown, valueLength);
  }
}

/** Whether samples with these label names can only break the limits by their own values: the names and what a target adds do not. */
export function namesFit(limits: LabelLimits, names: readonly string[]): boolean {
  const { labelLimit, labelNameLengthLimit } = limits;
  if (labelLimit > 0 && names.length > labelLimit) return false;
  return labelNameLengthLimit === 0 || names.every((name) => name.length <= labelNameLengthLimit);
}
