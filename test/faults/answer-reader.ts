import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** What an answer says, as far as the tests of faults look at it. */
export interface ReadAnswer {
  readonly status: number;
  readonly encoding: string | undefined;
  /** From the request to the last byte. */
  readonly seconds: number;
  /** The samples of healthy pods, in their order, without how long their scrapes took. */
  readonly healthy: readonly string[];
  /** Lines of `up` and `scrape_failure_reason` of all targets. */
  readonly reports: readonly string[];
  /** The lines of all other pods' own samples. */
  readonly others: number;
  /** Bytes of the exposition. */
  readonly bytes: number;
}

/**
 * GET of an answer to its very end, which may be too large for one string.
 * @throws what ended it, when it did not end well.
 */
export async function readAnswer(
  url: string,
  options: { readonly timeoutSeconds: number; readonly headers?: Readonly<Record<string, string>> },
): Promise<ReadAnswer> {
  const begun = performance.now();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = {
      'accept-encoding': 'gzip',
      'x-prometheus-scrape-timeout-seconds': String(options.timeoutSeconds),
      ...options.headers,
    };
    request(`${url}/metrics`, { agent: false, headers }, resolve).once('error', reject).end();
  });
  const encoding = response.headers['content-encoding'];
  const healthy: string[] = [];
  const reports: string[] = [];
  let others = 0;
  let bytes = 0;
  /** The beginning of a line, in pieces: it may be long. */
  let carry: string[] = [];
  await pipeline(
    response,
    ...(encoding === 'gzip' ? [createGunzip({ chunkSize: 256 * 1024 })] : []),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        const text = chunk.toString('latin1');
        if (!text.includes('\n')) {
          carry.push(text);
          continue;
        }
        const lines = text.split('\n');
        lines[0] = [...carry, lines[0]].join('');
        carry = [lines.pop()!];
        for (const line of lines) {
          if (line.startsWith('#')) continue;
          const report = line.startsWith('up{') || line.startsWith('scrape_');
          if (line.startsWith('scrape_duration_seconds{')) continue;
          if (report) reports.push(line);
          if (line.includes(HEALTHY)) healthy.push(line);
          else if (!report) others += 1;
        }
      }
    },
  );
  const rest = carry.join('');
  if (rest !== '') throw new Error(`the answer ends without a newline: ${rest.slice(-200)}`);
  const seconds = (performance.now() - begun) / 1000;
  return { status: response.statusCode ?? 0, encoding, seconds, healthy, reports, others, bytes };
}

/** The label by which the targets' file marks pods that have no fault. */
export const HEALTHY = 'role="healthy"';

/** `up` of a target, with its reason when it is down: "up", "timeout"; "absent" when the answer does not speak of it. */
export function verdictOf({ reports }: ReadAnswer, instance: string, job: string = 'pods'): string {
  const own = reports.filter(
    (line) => line.includes(`instance="${instance}"`) && line.includes(`job="${job}"`),
  );
  const up = own.find((line) => line.startsWith('up{'));
  if (up === undefined) return 'absent';
  const failure = own.find((line) => line.startsWith('scrape_failure_reason{'));
  const reason = failure === undefined ? '' : (/[{,]reason="([^"]*)"/.exec(failure)?.[1] ?? '');
  if (up.endsWith(' 1')) return reason === '' ? 'up' : `up with the reason ${reason}`;
  return reason === '' ? 'down without a reason' : reason;
}
