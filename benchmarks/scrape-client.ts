import { Agent, request } from 'node:http';
import { createGunzip } from 'node:zlib';

import { now } from './clock.ts';

/** One answer as it came over the wire, with what the stopwatch said. */
export interface TimedAnswer {
  readonly chunks: readonly Buffer[];
  readonly wireBytes: number;
  readonly milliseconds: number;
  /** When its last byte had arrived, on the clock of `now()`. */
  readonly endedAt: number;
  readonly trailers: Readonly<Record<string, string | undefined>>;
}

/** What an answer says, counted from its text. */
export interface AnswerCount {
  readonly samples: number;
  /** `up` series with value 1. */
  readonly up: number;
  /** Bytes after decompression. */
  readonly bytes: number;
}

/** Longer than anything that is measured here; the benchmark fails rather than hangs. */
const LIMIT_MS = 180_000;

const agent = new Agent({ keepAlive: true });

/**
 * Gets a URL with gzip over a kept connection, as a Prometheus with a timeout of 60 s would. Inflating is left for later, so that the
 * client takes no time from what it measures. Rejects on any status but 200 and on another encoding.
 */
export function timedGet(url: string, wanted = 'gzip'): Promise<TimedAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const start = now();
    const headers = { 'accept-encoding': 'gzip', 'x-prometheus-scrape-timeout-seconds': '60' };
    const signal = AbortSignal.timeout(LIMIT_MS);
    request(url, { agent, headers, signal }, (response) => {
      const encoding = response.headers['content-encoding'];
      if (response.statusCode !== 200 || encoding !== wanted) {
        response.resume();
        reject(
          new Error(`${url}: status ${response.statusCode}, encoding ${encoding}; want 200 and ${wanted}`),
        );
        return;
      }
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const endedAt = now();
        const wireBytes = chunks.reduce((sum, { length }) => sum + length, 0);
        const { trailers } = response;
        resolve({ chunks, wireBytes, milliseconds: endedAt - start, endedAt, trailers });
      });
    })
      .on('error', reject)
      .end();
  });
}

const NEWLINE = 0x0a;
const HASH = 0x23;

/** Counts what an answer says. Rejects when its gzip is not intact, checksum and length included, or its text does not end with a newline. */
export async function countAnswer(answer: TimedAnswer): Promise<AnswerCount> {
  const gunzip = createGunzip({ chunkSize: 1024 * 1024 });
  for (const chunk of answer.chunks) gunzip.write(chunk);
  gunzip.end();
  let samples = 0;
  let up = 0;
  let bytes = 0;
  let carry: Buffer = Buffer.alloc(0);
  for await (const piece of gunzip as AsyncIterable<Buffer>) {
    bytes += piece.length;
    const text = carry.length === 0 ? piece : Buffer.concat([carry, piece]);
    let line = 0;
    for (let end = text.indexOf(NEWLINE); end >= 0; end = text.indexOf(NEWLINE, line)) {
      if (end > line && text[line] !== HASH) {
        samples += 1;
        if (isUp(text, line, end)) up += 1;
      }
      line = end + 1;
    }
    carry = text.subarray(line);
  }
  if (carry.length > 0)
    throw new Error(`the answer ends in the middle of a line: ${carry.toString().slice(0, 80)}`);
  return { samples, up, bytes };
}

/** Whether a line is `up{…} 1`, with or without a timestamp. */
function isUp(text: Buffer, start: number, end: number): boolean {
  if (text.toString('latin1', start, start + 3) !== 'up{') return false;
  return /\} 1(?: \d+)?$/.test(text.toString('latin1', start, end));
}

/** What is missing in an answer, or too much; undefined when it is whole. */
export function problemOf(
  count: AnswerCount,
  want: { readonly samples: number; readonly up: number },
): string | undefined {
  if (count.samples === want.samples && count.up === want.up) return undefined;
  return `${count.samples} samples and ${count.up} targets up; want ${want.samples} and ${want.up}`;
}
