import { ascii, Byte } from './bytes.ts';
import { MetricType } from './metric-type.ts';
import { canonicalValue } from './sample-value.ts';

/**
 * What strict readers (expfmt, as in promtool and Telegraf) refuse in a sample of a histogram or summary, although
 * Prometheus takes it. Bits of a mask.
 */
export const Unfit = {
  /** A label `le` that is no number. */
  le: 1,
  /** A label `quantile` that is no number. */
  quantile: 2,
  /** A negative number of observations. */
  negative: 4,
} as const;

/** Those of the bits that matter in a family of that type. */
export function unfitFor(type: MetricType): number {
  if (type === MetricType.histogram) return Unfit.le | Unfit.negative;
  return type === MetricType.summary ? Unfit.quantile : 0;
}

/** The bits of one sample. `count` says that its name ends in `_count`; a label that is not there is undefined. */
export function unfitOf(
  le: string | undefined,
  quantile: string | undefined,
  count: boolean,
  value: string,
): number {
  let bits = 0;
  if (le !== undefined && canonicalValue(le) === undefined) bits |= Unfit.le;
  if (quantile !== undefined && canonicalValue(quantile) === undefined) bits |= Unfit.quantile;
  if ((count || le !== undefined) && isNegative(value)) bits |= Unfit.negative;
  return bits;
}

/** Whether a canonical value is below 0. */
export function isNegative(value: string): boolean {
  return value.startsWith('-') && Number(value.replace('Inf', 'Infinity')) < 0;
}

const PLUS_INF = Buffer.from('+Inf"');

/** Hot. Whether the canonical label value that begins at `at` is a number. */
export function isNumberAt(buffer: Uint8Array, at: number): boolean {
  let end = at;
  let points = 0;
  for (;;) {
    const c = buffer[end]!;
    if (c === 0x2e) points++;
    else if (c < Byte.zero || c > Byte.nine) break;
    end++;
  }
  if (buffer[end] === Byte.quote && points <= 1 && end - at > points) return true;
  if (PLUS_INF.every((want, offset) => buffer[at + offset] === want)) return true;
  while (buffer[end] !== Byte.quote && buffer[end] !== Byte.backslash) end++;
  return buffer[end] === Byte.quote && canonicalValue(ascii(buffer, at, end)) !== undefined;
}
