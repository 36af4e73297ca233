const SYNTAX =
  /^(?:([0-9]+)y)?(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?$/;

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const UNITS = [
  { name: 'y', ms: 365 * DAY, isExact: true },
  { name: 'w', ms: 7 * DAY, isExact: true },
  { name: 'd', ms: DAY, isExact: true },
  { name: 'h', ms: 3600 * SECOND, isExact: false },
  { name: 'm', ms: 60 * SECOND, isExact: false },
  { name: 's', ms: SECOND, isExact: false },
  { name: 'ms', ms: 1, isExact: false },
] as const;

/** What fits Go's `time.Duration`, 64 bits of nanoseconds: about 292 years. */
const MAX_MS = Math.floor(Number(2n ** 63n - 1n) / 1e6);

/**
 * Milliseconds of a duration in Prometheus' syntax: `1m30s`, `1y2w`, `0`. Units go from large to small, each once, whole numbers.
 * @throws RangeError naming the text and the syntax
 */
export function durationMs(text: string): number {
  if (text === '0') return 0;
  const match = SYNTAX.exec(text);
  if (text === '' || !match) {
    throw new RangeError(`"${text}" is not a duration; write it like 30s, 1m30s or 0`);
  }
  let total = 0;
  UNITS.forEach((unit, index) => {
    total += Number(match[index + 1] ?? 0) * unit.ms;
  });
  if (total > MAX_MS) throw new RangeError(`duration "${text}" is out of range`);
  return total;
}

/** A duration as Prometheus prints it: `90000` is `1m30s`; years, weeks and days only where they divide it evenly; zero is `0s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  let rest = milliseconds;
  let text = '';
  for (const unit of UNITS) {
    if (unit.isExact && rest % unit.ms !== 0) continue;
    const count = Math.floor(rest / unit.ms);
    if (count > 0) text += `${count}${unit.name}`;
    rest -= count * unit.ms;
  }
  return text;
}
