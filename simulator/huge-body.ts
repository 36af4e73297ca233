import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** A valid exposition that is made while it is sent, since no pod should have to hold it. */
export interface HugeBody {
  /**
   * `samples`: one family of numbered series, compresses about ten to one. `same`: one line again and again, compresses several
   * hundred to one. `noise`: labels of random text, hardly compresses. `families`: one sample each. `line`: a single one.
   */
  readonly of: 'samples' | 'same' | 'noise' | 'families' | 'line';
  /** How many samples; of a `line` and of `same`, bytes instead, to within the last line. `Infinity` is for ever. */
  readonly size: number;
}

const PIECE_BYTES = 256 * 1024;
/** Trying to compress noise costs a pod much and gives nothing, and a bomb must not be fused short: zlib's level 1 stops at 229 to one. */
const LEVELS: Readonly<Record<HugeBody['of'], number>> = {
  samples: 1,
  same: 6,
  noise: 0,
  families: 1,
  line: 6,
};
const NOISE_BYTES = 4 * 1024 * 1024;

/** The body in pieces of useful size. */
export function* hugeBody({ of, size }: HugeBody): Generator<Buffer, void, void> {
  if (of === 'line') {
    yield Buffer.from('huge_line{text="');
    const filler = Buffer.alloc(PIECE_BYTES, 'x');
    for (let left = size; left > 0; left -= filler.length) yield filler.subarray(0, left);
    yield Buffer.from('"} 1\n');
    return;
  }
  const nextLine = LINES[of]();
  for (let sent = 0; sent < size;) {
    const lines: string[] = [];
    for (let bytes = 0; bytes < PIECE_BYTES && sent < size;) {
      const line = nextLine();
      lines.push(line);
      bytes += line.length;
      sent += of === 'same' ? line.length : 1;
    }
    yield Buffer.from(lines.join(''), 'latin1');
  }
}

/** Sends the body and ends the stream. Resolves when it is sent, or the other side went away. */
export async function sendHugeBody(body: HugeBody, to: Writable, gzip: boolean): Promise<void> {
  const level = LEVELS[body.of];
  const source = Readable.from(hugeBody(body), { objectMode: false });
  // A client that goes away in the middle is what these bodies are for.
  await (gzip ? pipeline(source, createGzip({ level }), to) : pipeline(source, to)).catch(() => undefined);
}

const LINES: Readonly<Record<Exclude<HugeBody['of'], 'line'>, () => () => string>> = {
  samples() {
    let count = 0;
    return () => {
      const number = String(count++).padStart(8, '0');
      return `huge_samples{namespace="default",node="node-${number.slice(-2)}",name="vm-${number}",kind="a kind of its own"} ${number}\n`;
    };
  },
  same() {
    const line = `huge_same{text="${'x'.repeat(8000)}"} 1\n`;
    return () => line;
  },
  noise() {
    // Far more than gzip looks back over, so that it is noise however often it comes again.
    const text = randomBytes((NOISE_BYTES * 3) / 4).toString('base64');
    let at = 0;
    let count = 0;
    return () => {
      at = at + 1024 > text.length ? 0 : at + 1024;
      return `huge_noise{number="${count++}",text="${text.slice(at, at + 1024)}"} 1\n`;
    };
  },
  families() {
    let count = 0;
    return () => `huge_family_${count} ${count++}\n`;
  },
};
