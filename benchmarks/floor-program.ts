// Run by floor.ts: serves GET /metrics with the least that a merger must do (README.md, "floor").
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';

import { sharesOf } from './floor-task.ts';
import type { FloorBlock, FloorTask } from './floor-task.ts';

const task = JSON.parse(process.argv[2] ?? '{}') as FloorTask;
const answer = new SharedArrayBuffer(statSync(task.answerFile).size);
new Uint8Array(answer).set(readFileSync(task.answerFile));
const workers = sharesOf(task, answer).map(
  (share) => new Worker(new URL('floor-worker.ts', import.meta.url), { workerData: share }),
);

/** The one answer under way: what is left of it, and where it goes. */
let current: { left: number; inflated: number; readonly response: ServerResponse } | undefined;

for (const worker of workers) {
  worker.on('error', (error) => {
    console.error(error);
    process.exit(1);
  });
  worker.on('message', ({ bytes, inflated }: FloorBlock) => {
    if (current === undefined) return;
    current.left -= 1;
    current.inflated += inflated;
    current.response.write(bytes);
    if (current.left > 0) return;
    // An empty last block ends the stream of those that the workers made.
    current.response.addTrailers({ 'x-inflated': String(current.inflated) });
    current.response.end(Buffer.of(3, 0));
    current = undefined;
  });
}

const server = createServer((_request, response) => {
  if (current !== undefined) {
    response.writeHead(503).end('one answer at a time\n');
    return;
  }
  current = { left: task.pods.length, inflated: 0, response };
  response.writeHead(200, { 'content-encoding': 'x-deflate-raw', trailer: 'x-inflated' });
  for (const worker of workers) worker.postMessage('go');
});
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on 127.0.0.1:${(server.address() as AddressInfo).port}`);
});
