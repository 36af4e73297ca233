/** How values are written for people. What is not known is a dash. */

export const UNKNOWN = '–';

/** `0.0042` is `4.2 ms`, `9.75` is `9.75 s`. */
export function seconds(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  if (value < 0.0095) return `${(value * 1000).toFixed(1)} ms`;
  if (value < 0.9995) return `${(value * 1000).toFixed(0)} ms`;
  return value < 99.5 ? `${value.toFixed(2)} s` : `${value.toFixed(0)} s`;
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB'] as const;

/** In decimal units, as most tools tell what went over a network. */
export function bytes(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  let unit = 0;
  let rest = value;
  while (rest >= 999.5 && unit < BYTE_UNITS.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${unit === 0 || rest >= 99.5 ? rest.toFixed(0) : rest.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** With a narrow space between thousands. */
export function count(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, '\u202F');
}

/** `0.1234` is `12 %`; what is there at all is never 0. */
export function percent(ratio: number | undefined): string {
  if (ratio === undefined) return UNKNOWN;
  if (ratio > 0 && ratio < 0.01) return '< 1 %';
  return `${Math.round(ratio * 100)} %`;
}

/** How long ago that was, both in milliseconds since the epoch. */
export function ago(then: number | undefined, now: number): string {
  if (then === undefined) return 'never';
  const passed = Math.max(0, Math.round((now - then) / 1000));
  if (passed < 60) return `${passed} s ago`;
  if (passed < 3600) return `${Math.floor(passed / 60)} min ago`;
  return passed < 172_800 ? `${Math.floor(passed / 3600)} h ago` : `${Math.floor(passed / 86_400)} days ago`;
}

/** `1 pod`, `2 pods`. */
export function plural(number: number, one: string, many: string = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** A number for an attribute of SVG, without digits that nobody can see. */
export function coordinate(value: number): string {
  return String(Math.round(value * 100) / 100);
}
