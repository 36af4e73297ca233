import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Agent, IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { readFlags } from '../../src/cli/flags.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { Discovery } from '../../src/discovery/discovery.ts';
import { startGateway } from '../../src/gateway.ts';
import type { Scraper } from '../../src/round/scraper.ts';
import { createServer } from '../../src/serve/server.ts';
import { Telemetry } from '../../src/serve/telemetry.ts';
import { recordingLogger } from '../discovery/fixture.ts';
import type { LogLine } from '../discovery/fixture.ts';
import { setOf } from '../round/fixture.ts';

export interface TestGateway extends AsyncDisposable {
  /** `http://host:port` */
  readonly url: string;
  readonly lines: LogLine[];
}

/** A gateway of that configuration in this process, on a free port. */
export async function startTestGateway(
  configText: string,
  flags: readonly string[] = [],
): Promise<TestGateway> {
  const log = recordingLogger();
  const gateway = await startGateway({
    config: loadConfig(configText, { fileName: 'test.yml', baseDir: '/' }),
    flags: readFlags(['--web.listen-address=127.0.0.1:0', ...flags]),
    version: '1.2.3',
    log,
  });
  return {
    url: `http://${gateway.address}`,
    lines: log.lines,
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

/** A server in front of that scraper, whose targets are its own business: its discovery is complete and finds nothing. */
export async function startTestServer(scraper: Scraper): Promise<TestGateway> {
  const discovery: Discovery = {
    current: setOf([]),
    elsewhere: 0,
    start: async () => undefined,
    onChange: () => () => undefined,
    waiting: () => '',
    state: () => [],
    [Symbol.asyncDispose]: async () => undefined,
  };
  const telemetry = new Telemetry('1.2.3');
  telemetry.observe(scraper, discovery);
  const log = recordingLogger();
  const status = { version: '1.2.3', flags: {}, configText: () => '', startedAt: Date.now() };
  const server = createServer({ discovery, scraper, telemetry, maxTimeoutMs: 60_000, status, log });
  await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url: `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    lines: log.lines,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** A configuration that scrapes these pods without TLS, with more fields as YAML in braces. */
export function configOf(pods: readonly { readonly port: number }[], more = ''): string {
  const targets = pods.map(({ port }) => `"127.0.0.1:${port}"`).join(', ');
  return `scrape_configs: [{ job_name: j, honor_labels: true, static_configs: [{ targets: [${targets}] }]${more} }]`;
}

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Decompressed. */
  readonly text: string;
  /** As they came. */
  readonly bytes: number;
}

/** One GET. Rejects when the answer does not end well. */
export function get(
  url: string,
  headers: Record<string, string> = {},
  options: {
    readonly agent?: Agent;
    readonly signal?: AbortSignal;
    /** Called when the server has the request; it is asked to say so. */
    readonly arrived?: () => void;
  } = {},
): Promise<Got> {
  const { arrived, ...rest } = options;
  const expect = arrived && { expect: '100-continue' };
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, headers: { ...headers, ...expect }, ...rest }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const body = Buffer.concat(chunks);
        const gzip = response.headers['content-encoding'] === 'gzip';
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: (gzip ? gunzipSync(body) : body).toString(),
          bytes: body.length,
        });
      });
    });
    asked.once('continue', () => arrived?.());
    asked.once('error', reject);
    asked.end();
  });
}

export const gzip = { 'accept-encoding': 'gzip' };

/** Waits for targets as long as a caller may, where what is tested is not the deadline: a busy machine is slow to begin. */
export const patient = { 'x-prometheus-scrape-timeout-seconds': '60' };

/** The value of a series in an exposition, by its name and labels as they stand there. */
export function valueOf(exposition: string, series: string): number | undefined {
  const line = exposition.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

/** Asks again and again until it holds, for at most some seconds. */
export async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`never held: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A body of so many lines of 100 bytes and more that hardly compress: an answer that sockets cannot buffer whole. */
export function largeBody(lines: number): string {
  const text = randomBytes(lines * 96).toString('base64');
  return Array.from(
    { length: lines },
    (_, i) => `a_metric{text="${text.slice(i * 128, i * 128 + 128)}"} ${i}\n`,
  ).join('');
}
