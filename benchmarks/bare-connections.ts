// Run by bareConnections, and its threads again: opens a connection to each pod and reads its body, again and again, and does nothing with it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSecureContext } from 'node:tls';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Client } from 'undici';

import { trimAllocator } from '../src/worker/trim-allocator.ts';

const THREADS = 2;
const ROUNDS = 4;

/** What a program needs that only reads all bodies. */
export interface BareCost {
  /** In milliseconds, over new connections. */
  readonly first: number;
  /** The best time over those that are there. */
  readonly later: number;
  /** What the process takes before it has connections, and with them at rest, without garbage. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** Runs it over these pods, in a process of its own with two threads. Rejects when a pod does not answer. */
export async function bareConnections(urls: readonly string[], folder: string): Promise<BareCost> {
  const file = join(folder, 'bare-urls.json');
  writeFileSync(file, JSON.stringify(urls));
  const program = spawn(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  program.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const [code] = (await once(program, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the bare connections ended with ${code}`);
  return JSON.parse(text) as BareCost;
}

async function main(file: string): Promise<void> {
  const urls = JSON.parse(readFileSync(file, 'utf8')) as string[];
  const share = Math.ceil(urls.length / THREADS);
  const threads = Array.from(
    { length: THREADS },
    (_, index) =>
      new Worker(fileURLToPath(import.meta.url), {
        workerData: urls.slice(index * share, (index + 1) * share),
      }),
  );
  await Promise.all(threads.map((thread) => once(thread, 'message')));
  const bytesBefore = process.memoryUsage.rss();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    await Promise.all(
      threads.map((thread) => {
        thread.postMessage('read');
        return once(thread, 'message');
      }),
    );
    times.push(performance.now() - start);
  }
  for (const thread of threads) {
    thread.postMessage('collect');
    await once(thread, 'message');
  }
  trimAllocator();
  const bytesAfter = process.memoryUsage.rss();
  const [first = Number.NaN, ...later] = times;
  const cost: BareCost = { first, later: Math.min(...later), bytesBefore, bytesAfter };
  process.stdout.write(JSON.stringify(cost));
  for (const thread of threads) await thread.terminate();
}

function work(urls: readonly string[]): void {
  const secureContext = createSecureContext({ ca: [], ecdhCurve: 'X25519', minVersion: 'TLSv1.2' });
  const clients = urls.map((url) => {
    const { origin, pathname } = new URL(url);
    const connect = { secureContext, rejectUnauthorized: false, allowH2: false, timeout: 0 };
    return { client: new Client(origin, { connect }), pathname };
  });
  const read = async ({ client, pathname }: (typeof clients)[number]): Promise<void> => {
    const headers = { 'accept-encoding': 'gzip' };
    const { statusCode, body } = await client.request({ path: pathname, method: 'GET', headers });
    for await (const chunk of body) void chunk;
    if (statusCode !== 200) throw new Error(`status ${statusCode}`);
  };
  parentPort!.on('message', (message: string) => {
    if (message === 'collect') {
      globalThis.gc!();
      parentPort!.postMessage('collected');
    } else void Promise.all(clients.map(read)).then(() => parentPort!.postMessage('done'));
  });
  parentPort!.postMessage('ready');
}

if (!isMainThread && Array.isArray(workerData)) work(workerData as string[]);
else if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv[2]!);
