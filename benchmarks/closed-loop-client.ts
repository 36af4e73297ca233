// Run by closed-loop.ts: clients that each ask again as soon as they have been answered, in a process of their own.
import { gunzipSync } from 'node:zlib';
import { Client } from 'undici';

import { now } from './clock.ts';
import { latenciesOf } from './latencies.ts';
import type { Latencies } from './latencies.ts';

/** What the process is to do. */
export interface LoopTask {
  readonly url: string;
  readonly clients: number;
  readonly warmUpMs: number;
  readonly ms: number;
}

/** What came of it. Times in milliseconds. */
export interface LoopResult {
  readonly latencies: Latencies;
  readonly perSecond: number;
  readonly wireBytes: number;
  /** All answers, those before and after the measurement too. */
  readonly answers: number;
  /** How much of one processor this process had: near 1, it was the client that was measured. */
  readonly busy: number;
  /** Samples of the first answer, of the last ones of every client the fewest, and of both the targets that are up. */
  readonly samples: number;
  readonly fewestSamples: number;
  readonly fewestUp: number;
}

interface Answered {
  readonly body: Buffer;
  readonly ms: number;
}

/** Answers differ in how long their scrapes took, which is written with more or fewer digits. */
const LENGTH_TOLERANCE = 0.01;

const task = JSON.parse(process.argv[2] ?? '{}') as LoopTask;
const { origin, pathname } = new URL(task.url);

function get(client: Client): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const start = now();
    let wrong: string | undefined;
    client.dispatch(
      { path: pathname, method: 'GET', headers: { 'accept-encoding': 'gzip' } },
      {
        onRequestStart: () => {},
        onResponseStart(_controller, status, headers) {
          const encoding = String(headers['content-encoding']);
          if (status !== 200 || encoding !== 'gzip') wrong = `status ${status}, encoding ${encoding}`;
        },
        onResponseData: (_controller, chunk) => void chunks.push(chunk),
        onResponseEnd() {
          const ms = now() - start;
          if (wrong === undefined) resolve({ body: Buffer.concat(chunks), ms });
          else reject(new Error(`${task.url}: ${wrong}; want 200 and gzip`));
        },
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
}

/** What gzip's last four bytes say of the length before compression: cheap enough for every answer. */
function lengthOf(body: Buffer): number {
  if (body.length < 18 || body.readUInt16BE(0) !== 0x1f8b) throw new Error('an answer is no gzip');
  return body.readUInt32LE(body.length - 4);
}

/** Samples, and targets that are up, of a whole answer; throws when it is not whole. */
function count(body: Buffer): { readonly samples: number; readonly up: number } {
  const text = gunzipSync(body).toString('latin1');
  if (!text.endsWith('\n')) throw new Error('an answer ends in the middle of a line');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return { samples: lines.length, up: lines.filter((line) => /^up\{.*\} 1$/.test(line)).length };
}

async function run(): Promise<LoopResult> {
  const clients = Array.from({ length: task.clients }, () => new Client(origin, { pipelining: 1 }));
  const [firstClient] = clients;
  if (firstClient === undefined) throw new Error('closed loop: no clients');
  const first = await get(firstClient);
  const length = lengthOf(first.body);
  const { samples, up } = count(first.body);

  let answers = 1;
  const begin = now() + task.warmUpMs;
  const end = begin + task.ms;
  const times: number[] = [];
  const last: Buffer[] = [];
  let wireBytes = 0;
  const cpuAt = { begin: 0 };
  setTimeout(() => (cpuAt.begin = cpuSeconds()), task.warmUpMs);
  await Promise.all(
    clients.map(async (client, index) => {
      for (;;) {
        const { body, ms } = await get(client);
        answers += 1;
        const difference = Math.abs(lengthOf(body) - length) / length;
        if (difference > LENGTH_TOLERANCE)
          throw new Error(`an answer has ${lengthOf(body)} bytes, the first had ${length}`);
        const endedAt = now();
        if (endedAt >= end) {
          last[index] = body;
          return;
        }
        // An answer counts where it ended, so those under way at the beginning stand for those at the end.
        if (endedAt < begin) continue;
        times.push(ms);
        wireBytes += body.length;
      }
    }),
  );
  const busy = (cpuSeconds() - cpuAt.begin) / ((now() - begin) / 1000);
  const counts = last.map(count);
  await Promise.all(clients.map((client) => client.close()));
  return {
    latencies: latenciesOf(times),
    perSecond: (times.length / task.ms) * 1000,
    wireBytes: wireBytes / times.length,
    answers,
    busy,
    samples,
    fewestSamples: Math.min(samples, ...counts.map((each) => each.samples)),
    fewestUp: Math.min(up, ...counts.map((each) => each.up)),
  };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

try {
  process.send?.({ result: await run() });
} catch (error) {
  process.send?.({ error: error instanceof Error ? error.message : String(error) });
}
process.disconnect?.();
