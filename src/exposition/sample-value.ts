const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const infinity = /^([+-]?)inf(?:inity)?$/i;

/**
 * The canonical text of a sample value, or undefined when Prometheus would refuse it: what Go's `strconv.ParseFloat`
 * takes, without hexadecimal floats and underscores. A number keeps its digits; infinities and NaN get one spelling.
 */
export function canonicalValue(text: string): string | undefined {
  if (decimal.test(text)) return Number.isFinite(Number(text)) ? text : undefined;
  if (text.toLowerCase() === 'nan') return 'NaN';
  const match = infinity.exec(text);
  if (match === null) return undefined;
  return match[1] === '-' ? '-Inf' : '+Inf';
}

/** The canonical text of a timestamp in milliseconds, or undefined when it is beyond 64 bits. `digits` holds digits only. */
export function canonicalTimestamp(digits: string): string | undefined {
  const significant = digits.replace(/^0+(?=\d)/, '');
  // 2^63 - 1 has 19 digits.
  if (significant.length > 19 || BigInt(significant) > 0x7fffffffffffffffn) return undefined;
  return significant;
}
