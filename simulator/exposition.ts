import { kubevirtMetrics } from './kubevirt-metrics.ts';
import type { Component, KubevirtMetric } from './kubevirt-metrics.ts';

export type LabelRecord = Readonly<Record<string, string>>;

/** Labels that are sorted and escaped once and for all. */
export class LabelSet {
  /** In the order of the label names. */
  readonly values: readonly string[];
  /** As they stand between the braces. */
  readonly text: string;

  constructor(labels: LabelRecord) {
    const names = Object.keys(labels).sort();
    this.values = names.map((name) => labels[name] as string);
    this.text = names.map((name) => `${name}="${escapeValue(labels[name] as string)}"`).join(',');
  }
}

/** Collects samples and writes them as client_golang's promhttp would. */
export interface ExpositionWriter {
  /** One sample of a counter or gauge. `timestamp` in milliseconds is written only when given. */
  sample(name: string, labels: LabelRecord | LabelSet, value: number, timestamp?: number): void;
  /** One histogram: cumulative counts of the finite buckets, then what all of them add up to. */
  histogram(name: string, labels: LabelRecord | LabelSet, histogram: HistogramValue): void;
  summary(name: string, labels: LabelRecord | LabelSet, summary: SummaryValue): void;
  /** A family that is not KubeVirt's: it may be added to any component. */
  family(metric: Pick<KubevirtMetric, 'name' | 'type' | 'help'>): void;
  /** The whole exposition, families by name. */
  text(): string;
}

export interface HistogramValue {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number;
}

export interface SummaryValue {
  readonly quantiles: readonly (readonly [quantile: number, value: number])[];
  readonly count: number;
  readonly sum: number;
}

interface Series {
  readonly values: readonly string[];
  readonly timestamp: number;
  readonly text: string;
}

interface Family {
  readonly metric: Pick<KubevirtMetric, 'name' | 'type' | 'help'>;
  readonly series: Series[];
}

/** A writer for the metrics of one component; a metric that the component does not have is an error. */
export function createExposition(component: Component): ExpositionWriter {
  const families = new Map<string, Family>();

  function familyOf(name: string): Family {
    let family = families.get(name);
    if (family !== undefined) return family;
    const metric = kubevirtMetrics.get(name);
    if (metric === undefined || !metric.components.includes(component)) {
      throw new Error(
        `exposition: ${component} has no metric ${name}; add it to simulator/kubevirt-metrics.tsv`,
      );
    }
    family = { metric, series: [] };
    families.set(name, family);
    return family;
  }

  return {
    sample(name, labels, value, timestamp) {
      const { values, text } = setOf(labels);
      const braces = text === '' ? '' : `{${text}}`;
      const time = timestamp === undefined ? '' : ` ${timestamp}`;
      familyOf(name).series.push({
        values,
        timestamp: timestamp ?? Infinity,
        text: `${name}${braces} ${goFloat(value)}${time}\n`,
      });
    },
    histogram(name, labels, { bounds, counts, count, sum }) {
      const { values, text } = setOf(labels);
      const before = text === '' ? '' : `${text},`;
      const braces = text === '' ? '' : `{${text}}`;
      let lines = '';
      for (const [index, bound] of bounds.entries()) {
        lines += `${name}_bucket{${before}le="${goFloat(bound)}"} ${goFloat(counts[index] ?? 0)}\n`;
      }
      lines += `${name}_bucket{${before}le="+Inf"} ${goFloat(count)}\n`;
      lines += `${name}_sum${braces} ${goFloat(sum)}\n${name}_count${braces} ${goFloat(count)}\n`;
      familyOf(name).series.push({ values, timestamp: Infinity, text: lines });
    },
    summary(name, labels, { quantiles, count, sum }) {
      const { values, text } = setOf(labels);
      const before = text === '' ? '' : `${text},`;
      const braces = text === '' ? '' : `{${text}}`;
      let lines = '';
      for (const [quantile, value] of quantiles) {
        lines += `${name}{${before}quantile="${goFloat(quantile)}"} ${goFloat(value)}\n`;
      }
      lines += `${name}_sum${braces} ${goFloat(sum)}\n${name}_count${braces} ${goFloat(count)}\n`;
      familyOf(name).series.push({ values, timestamp: Infinity, text: lines });
    },
    family(metric) {
      families.set(metric.name, { metric, series: [] });
    },
    text() {
      const parts: string[] = [];
      for (const name of [...families.keys()].sort()) {
        const { metric, series } = families.get(name) as Family;
        if (series.length === 0) continue;
        parts.push(`# HELP ${name} ${escapeHelp(metric.help)}\n# TYPE ${name} ${metric.type}\n`);
        for (const { text } of series.sort(inGoOrder)) parts.push(text);
      }
      return parts.join('');
    },
  };
}

/** client_golang orders a family's metrics by the number of labels, then by the labels' values, then by time. */
function inGoOrder(a: Series, b: Series): number {
  if (a.values.length !== b.values.length) return a.values.length - b.values.length;
  for (const [index, value] of a.values.entries()) {
    const other = b.values[index] as string;
    if (value !== other) return value < other ? -1 : 1;
  }
  return a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0;
}

function setOf(labels: LabelRecord | LabelSet): LabelSet {
  return labels instanceof LabelSet ? labels : new LabelSet(labels);
}

function escapeValue(value: string): string {
  if (!/[\\"\n]/.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(help: string): string {
  return help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** A number as Go's `strconv.FormatFloat(value, 'g', -1, 64)` writes it: 1e+06, 1.7e+09, 5e-05, 0.0001, +Inf, NaN. */
export function goFloat(value: number): string {
  if (Number.isInteger(value) && value > -1e6 && value < 1e6)
    return Object.is(value, -0) ? '-0' : String(value);
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  // JavaScript's plain notation reaches further, from 1e-6 to 1e21.
  if (power >= -4 && power < 6) return String(value);
  const magnitude = Math.abs(power);
  return `${digits}e${power < 0 ? '-' : '+'}${magnitude < 10 ? '0' : ''}${magnitude}`;
}
