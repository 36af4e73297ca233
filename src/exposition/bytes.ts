/** Bytes of the text format by name. */
export const Byte = {
  nul: 0x00,
  /** Not of the format: see OpenMetricsReader. */
  unwritable: 0x01,
  tab: 0x09,
  newline: 0x0a,
  space: 0x20,
  quote: 0x22,
  hash: 0x23,
  comma: 0x2c,
  zero: 0x30,
  nine: 0x39,
  equal: 0x3d,
  backslash: 0x5c,
  braceOpen: 0x7b,
  braceClose: 0x7d,
} as const;

function table(...ranges: readonly string[]): Uint8Array {
  const members = new Uint8Array(256);
  for (const range of ranges) {
    for (let c = range.charCodeAt(0); c <= range.charCodeAt(range.length - 1); c++) members[c] = 1;
  }
  return members;
}

/** First bytes of a metric name. */
export const metricNameStart: Uint8Array = table('az', 'AZ', '_', ':');
/** Further bytes of a metric name. */
export const metricNameRest: Uint8Array = table('az', 'AZ', '_', ':', '09');
/** First bytes of a label name. */
export const labelNameStart: Uint8Array = table('az', 'AZ', '_');
/** Further bytes of a label name. */
export const labelNameRest: Uint8Array = table('az', 'AZ', '_', '09');

/** The bytes as a string of one character a byte; for names and numbers, which are ASCII. */
export function ascii(buffer: Uint8Array, start: number, end: number): string {
  return Buffer.from(buffer.buffer, buffer.byteOffset + start, end - start).toString('latin1');
}

/** The bytes read as UTF-8. */
export function utf8(buffer: Uint8Array, start: number, end: number): string {
  return Buffer.from(buffer.buffer, buffer.byteOffset + start, end - start).toString();
}

/** Copies `[start, end)` of one buffer to `at` in another, without a view of it, which would be garbage; gives how many bytes those are. */
export function copyPiece(from: Uint8Array, to: Uint8Array, at: number, start: number, end: number): number {
  return Buffer.prototype.copy.call(from, to, at, start, end);
}
