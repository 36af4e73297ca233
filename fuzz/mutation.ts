import type { Random } from '../simulator/random.ts';
import { chance } from './words.ts';

const TEXTS: readonly string[] = [
  '\0',
  '\t',
  '\n',
  '\r',
  ' ',
  '"',
  '#',
  ',',
  '0',
  '=',
  '\\',
  '{',
  '}',
  '_',
  ':',
  '-',
  '.',
  'e',
  '\\"',
  '\\n',
  '\\\\',
  '\\\n',
  '\n\n',
  '"}',
  ' 1',
  '\n#',
  'é',
  '\u{1f600}',
  '\u{feff}',
  '\0\0',
  '# TYPE ',
  '# HELP ',
  '# UNIT ',
  '# EOF',
  '_count',
  '_bucket',
  '_total',
  'le="',
  'exported_',
  'NaN',
  'Inf',
];
/** Not UTF-8: a lone byte, a cut character, a surrogate, an overlong slash, one beyond U+10FFFF. */
const BROKEN: readonly (readonly number[])[] = [
  [0xff],
  [0xc3],
  [0xe2, 0x82],
  [0xed, 0xa0, 0x80],
  [0xc0, 0xaf],
  [0xf4, 0x90, 0x80, 0x80],
];
const BYTES: readonly Uint8Array[] = [
  ...TEXTS.map((text) => Buffer.from(text)),
  ...BROKEN.map((bytes) => Uint8Array.from(bytes)),
];
const NUMBERS: readonly string[] = [
  '0',
  '-0',
  '1',
  '-1',
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '1e22',
  '1e23',
  '0.1',
  '1e308',
  '1e309',
  '5e-324',
  '0.30000000000000004',
  'NaN',
  '+Inf',
  '-Inf',
  '1.',
  '.1',
  '007',
];
const TOKEN = /[A-Za-z_:][\w:]*|[-+]?[\d.]+(?:e[-+]?\d+)?|"(?:[^"\\]|\\.)*"|[ \t]+|\n|[^]/g;

/** Changes a body in one to five places. `other` is what may be spliced in. */
export function mutate(random: Random, body: Uint8Array, other: Uint8Array): Uint8Array {
  let bytes: Buffer = Buffer.from(body);
  for (let times = chance(random, 0.7) ? 1 : random.whole(2, 5); times > 0; times--) {
    const kind = random.next();
    if (kind < 0.3) bytes = changeBytes(random, bytes);
    else if (kind < 0.55) bytes = changeTokens(random, bytes);
    else if (kind < 0.8) bytes = changeLines(random, bytes);
    else if (kind < 0.9) bytes = changeNumber(random, bytes);
    else if (kind < 0.96) bytes = splice(random, bytes, Buffer.from(other));
    else bytes = bytes.subarray(0, random.whole(0, bytes.length));
  }
  return bytes;
}

function changeBytes(random: Random, bytes: Buffer): Buffer {
  const at = random.whole(0, bytes.length);
  const before = bytes.subarray(0, at);
  const kind = random.next();
  if (kind < 0.15 && at < bytes.length) {
    const copy = Buffer.from(bytes);
    copy[at]! ^= 1 << random.whole(0, 7);
    return copy;
  }
  if (kind < 0.6) return Buffer.concat([before, random.pick(BYTES), bytes.subarray(at)]);
  const end = Math.min(bytes.length, at + random.whole(1, 4));
  if (kind < 0.8) return Buffer.concat([before, bytes.subarray(end)]);
  if (kind < 0.9) return Buffer.concat([before, random.pick(BYTES), bytes.subarray(end)]);
  return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
}

/** Takes out, doubles, or exchanges pieces, or puts one at another place. */
function rearrange(random: Random, pieces: string[]): void {
  if (pieces.length === 0) return;
  const from = random.whole(0, pieces.length - 1);
  const count = chance(random, 0.7) ? 1 : random.whole(1, Math.min(8, pieces.length - from));
  const to = random.whole(0, pieces.length - 1);
  const kind = random.next();
  if (kind < 0.3) pieces.splice(from, count);
  else if (kind < 0.6) pieces.splice(to, 0, ...pieces.slice(from, from + count));
  else if (kind < 0.8) pieces.splice(to, 0, ...pieces.splice(from, count));
  else [pieces[from], pieces[to]] = [pieces[to]!, pieces[from]!];
}

function changeTokens(random: Random, bytes: Buffer): Buffer {
  // Near each other: what is far apart is a matter of lines.
  const start = random.whole(0, bytes.length);
  const end = Math.min(bytes.length, start + 300);
  const tokens = bytes.toString('latin1', start, end).match(TOKEN) ?? [];
  rearrange(random, tokens);
  return Buffer.concat([
    bytes.subarray(0, start),
    Buffer.from(tokens.join(''), 'latin1'),
    bytes.subarray(end),
  ]);
}

function changeLines(random: Random, bytes: Buffer): Buffer {
  const lines = bytes.toString('latin1', 0, bytes.length).split('\n');
  rearrange(random, lines);
  return Buffer.from(lines.join('\n'), 'latin1');
}

function changeNumber(random: Random, bytes: Buffer): Buffer {
  const text = bytes.toString('latin1', 0, bytes.length);
  const numbers = [...text.matchAll(/[-+]?\d[\d.]*(?:e[-+]?\d+)?/g)];
  if (numbers.length === 0) return bytes;
  const found = random.pick(numbers);
  const end = found.index + found[0].length;
  return Buffer.from(text.slice(0, found.index) + random.pick(NUMBERS) + text.slice(end), 'latin1');
}

function splice(random: Random, bytes: Buffer, other: Buffer): Buffer {
  if (chance(random, 0.3)) {
    const tail = other.subarray(random.whole(0, other.length));
    return Buffer.concat([bytes.subarray(0, random.whole(0, bytes.length)), tail]);
  }
  const lines = bytes.toString('latin1', 0, bytes.length).split('\n');
  const theirs = other.toString('latin1', 0, other.length).split('\n');
  const from = random.whole(0, theirs.length - 1);
  const some = theirs.slice(from, from + random.whole(1, 10));
  lines.splice(random.whole(0, lines.length), 0, ...some);
  return Buffer.from(lines.join('\n'), 'latin1');
}
