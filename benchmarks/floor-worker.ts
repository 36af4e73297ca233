// A worker of floor-program.ts: asks its pods at once, inflates each body, reads nothing of it, and deflates that pod's piece of the answer.
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { parentPort, workerData } from 'node:worker_threads';

import { Flush, openDeflate, openGunzip } from '../src/exposition/zlib-handle.ts';
import type { FloorBlock, FloorPod, FloorShare } from './floor-task.ts';

const LEVEL = 1;

const share = workerData as FloorShare;
const answer = new Uint8Array(share.answer);
const gunzip = openGunzip();
const deflate = openDeflate(LEVEL);
// Used again and again: a body is a part of the piece in length, so both fit.
const longest = Math.max(...share.pods.map(({ length }) => length));
const inflated = new Uint8Array(longest + 65_536);
const deflated = new Uint8Array(longest + 65_536);

/** How a body in chunks ends. */
const END = Buffer.from('\r\n0\r\n\r\n');

/** The connection that is kept to a pod, and what has arrived of its answer. */
class PodConnection {
  readonly #pod: FloorPod;
  readonly #request: string;
  #socket: TLSSocket | undefined;
  #pieces: Buffer[] = [];

  constructor(pod: FloorPod) {
    this.#pod = pod;
    this.#request = `GET /metrics HTTP/1.1\r\nhost: ${pod.host}:${pod.port}\r\naccept-encoding: gzip\r\n\r\n`;
  }

  ask(): void {
    if (this.#socket === undefined) {
      const { host, port } = this.#pod;
      this.#socket = connect({ host, port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
      this.#socket.setNoDelay();
      this.#socket.on('data', (piece: Buffer) => this.#take(piece));
      this.#socket.on('close', () => {
        throw new Error(`floor: ${host}:${port} closed its connection`);
      });
    }
    this.#socket.write(this.#request);
  }

  #take(piece: Buffer): void {
    this.#pieces.push(piece);
    if (!endsWith(this.#pieces, END)) return;
    const chunks = chunksOf(Buffer.concat(this.#pieces));
    if (chunks === undefined) return;
    this.#pieces = [];
    finish(this.#pod, chunks);
  }
}

/** Whether what arrived ends with `end`, which may be the end of a chunk's bytes by chance. */
function endsWith(pieces: readonly Buffer[], end: Buffer): boolean {
  const last = pieces.at(-1);
  if (last === undefined || pieces.length === 1) return last?.subarray(-end.length).equals(end) ?? false;
  if (last.length >= end.length) return last.subarray(-end.length).equals(end);
  return Buffer.concat(pieces).subarray(-end.length).equals(end);
}

/** The chunks of an answer, as views of it; undefined while the last is not there. Throws on what the simulator's pods do not send. */
function chunksOf(answer: Buffer): Buffer[] | undefined {
  const head = answer.indexOf('\r\n\r\n');
  const text = answer.toString('latin1', 0, head);
  if (!text.startsWith('HTTP/1.1 200 ') || !/\r\ntransfer-encoding: chunked/i.test(text))
    throw new Error(`floor: a pod answered ${text}`);
  const chunks: Buffer[] = [];
  for (let at = head + 4; at < answer.length;) {
    const line = answer.indexOf('\r\n', at);
    const length = Number.parseInt(answer.toString('latin1', at, line), 16);
    if (length === 0) return chunks;
    chunks.push(answer.subarray(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
  return undefined;
}

function finish(pod: FloorPod, chunks: readonly Buffer[]): void {
  const inflatedBytes = inflate(chunks);
  deflate.reset();
  deflate.write(Flush.sync, answer, pod.start, pod.length, deflated, 0, deflated.length);
  if (deflate.outputLeft === 0 || deflate.inputLeft > 0) throw new Error('floor: a piece grew when deflated');
  const bytes = deflated.slice(0, deflated.length - deflate.outputLeft);
  const block: FloorBlock = { bytes, inflated: inflatedBytes };
  parentPort?.postMessage(block, [bytes.buffer]);
}

/** Inflates a body, each time into the same memory, and returns its length. */
function inflate(chunks: readonly Buffer[]): number {
  let bytes = 0;
  gunzip.reset();
  for (const chunk of chunks) {
    let at = 0;
    do {
      gunzip.write(Flush.none, chunk, at, chunk.length - at, inflated, 0, inflated.length);
      bytes += inflated.length - gunzip.outputLeft;
      at = chunk.length - gunzip.inputLeft;
    } while (gunzip.outputLeft === 0);
  }
  return bytes;
}

const connections = share.pods.map((pod) => new PodConnection(pod));
parentPort?.on('message', () => {
  for (const connection of connections) connection.ask();
});
