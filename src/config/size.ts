const KIBI = 1024n;
const PREFIXES = ['', 'K', 'M', 'G', 'T', 'P', 'E'] as const;

/** What one unit is, by its spelling. There is no `kB`: that is 1000 bytes to those who write it. */
function unitsOf(suffix: 'B' | 'iB'): ReadonlyMap<string, number> {
  return new Map(
    PREFIXES.map((prefix, power) => [prefix === '' ? 'B' : prefix + suffix, Number(KIBI) ** power]),
  );
}

/** `KiB` and `KB` are both 1024 bytes, but one text has only one of the two spellings. */
const SPELLINGS = [unitsOf('iB'), unitsOf('B')];

const SYNTAX = /^[-+]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[A-Za-z]+)+$/;
const PART = /([0-9]*)(?:\.([0-9]*))?([A-Za-z]+)/g;

/** From here on, Prometheus takes no further digit. */
const MAX_DIGITS = (2n ** 63n - 10n) / 10n;
const MAX_BYTES = 2 ** 63;

/**
 * Bytes of a size as Prometheus reads `body_size_limit` (alecthomas/units, `ParseBase2Bytes`): `512MB`, `1GiB`, `1.5KB`,
 * `1GiB512MiB`, `0`. Units are powers of 1024 and cannot be left out; a fraction of a byte is cut off. May be negative.
 * @throws RangeError naming the text and the syntax
 */
export function sizeBytes(text: string): number {
  if (/^[-+]?0$/.test(text)) return 0;
  const units = SPELLINGS.find((spelling) =>
    [...text.matchAll(PART)].every(([, , , unit = '']) => spelling.has(unit)),
  );
  if (!SYNTAX.test(text) || !units) {
    throw new RangeError(`"${text}" is not a size; write it with a unit, like 512MB or 1.5GiB`);
  }
  let total = 0;
  for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(PART)) {
    total += (digits(whole, text) + digits(fraction, text) / 10 ** fraction.length) * (units.get(unit) ?? 0);
  }
  if (total > MAX_BYTES) throw outOfRange(text);
  const bytes = Math.trunc(total);
  return text.startsWith('-') && bytes !== 0 ? -bytes : bytes;
}

/** The digits as a number, with the bound that Go's 64 bits set. */
function digits(text: string, size: string): number {
  if (text.length > 1 && BigInt(text.slice(0, -1)) >= MAX_DIGITS) throw outOfRange(size);
  return Number(BigInt(text));
}

function outOfRange(size: string): RangeError {
  return new RangeError(`size "${size}" is out of range`);
}

/** A size that {@link sizeBytes} reads as the same number: `1610612736` is `1GiB512MiB`, zero is `0B`. */
export function formatSize(bytes: number): string {
  let rest = BigInt(Math.abs(bytes));
  let text = '';
  PREFIXES.forEach((prefix, power) => {
    // All that is left belongs to the largest unit.
    const count = power === PREFIXES.length - 1 ? rest : rest % KIBI;
    if (count > 0n) text = `${count}${prefix === '' ? 'B' : `${prefix}iB`}${text}`;
    rest = (rest - count) / KIBI;
  });
  return text === '' ? '0B' : `${bytes < 0 ? '-' : ''}${text}`;
}
