import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';

/** A target that a merged answer reports as failed. */
export interface FailedTarget {
  readonly pod: string;
  readonly instance: string;
  readonly reason: string;
}

/** What one answer of the gateway says, in numbers. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly seconds: number;
  /** Bytes on the wire, and of the text. */
  readonly gzipBytes: number;
  readonly bytes: number;
  readonly targets: number;
  readonly up: number;
  readonly failed: readonly FailedTarget[];
  readonly families: number;
  readonly samples: number;
}

/** Asks the gateway once, with gzip, allowing `timeoutSeconds` as Prometheus does. Rejects when no whole answer comes. */
export async function askGateway(url: string, timeoutSeconds: number): Promise<Answer> {
  const begin = performance.now();
  const { status, body, encoding } = await get(url, timeoutSeconds);
  const seconds = (performance.now() - begin) / 1000;
  const plain = encoding === 'gzip' ? gunzipSync(body) : body;
  return {
    status,
    seconds,
    gzipBytes: body.length,
    bytes: plain.length,
    text: plain.toString(),
    ...summaryOf(plain.toString()),
  };
}

/** Targets, families and samples of a merged exposition. */
export function summaryOf(text: string): Pick<Answer, 'targets' | 'up' | 'failed' | 'families' | 'samples'> {
  const reasons = new Map<string, string>();
  const down: { pod: string; instance: string }[] = [];
  let targets = 0;
  let families = 0;
  let samples = 0;
  for (const line of linesOf(text)) {
    if (line.startsWith('# TYPE ')) families += 1;
    if (line === '' || line.startsWith('#')) continue;
    samples += 1;
    if (line.startsWith('scrape_failure_reason{')) {
      reasons.set(labelOf(line, 'instance'), labelOf(line, 'reason'));
    } else if (line.startsWith('up{')) {
      targets += 1;
      if (!line.endsWith(' 1')) down.push({ pod: labelOf(line, 'pod'), instance: labelOf(line, 'instance') });
    }
  }
  const failed = down.map((target) => ({ ...target, reason: reasons.get(target.instance) ?? 'none given' }));
  return { targets, up: targets - failed.length, failed, families, samples };
}

/** One line after the other, without an array of all of them. */
export function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at);
    yield text.slice(at, end < 0 ? text.length : end);
    if (end < 0) return;
    at = end + 1;
  }
}

function labelOf(line: string, name: string): string {
  return new RegExp(`[{,]${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(line)?.[1] ?? '';
}

function get(
  url: string,
  timeoutSeconds: number,
): Promise<{ status: number; body: Buffer; encoding: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      accept: 'text/plain;version=0.0.4',
      'accept-encoding': 'gzip',
      'x-prometheus-scrape-timeout-seconds': String(timeoutSeconds),
    };
    const asked = request(url, { headers, timeout: (timeoutSeconds + 10) * 1000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const encoding = response.headers['content-encoding'] ?? 'identity';
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks), encoding });
      });
    });
    asked.once('timeout', () => asked.destroy(new Error(`no answer from ${url} in time`)));
    asked.once('error', reject);
    asked.end();
  });
}
