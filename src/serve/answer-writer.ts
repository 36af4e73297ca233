import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { CommonAnswer } from '../round/common-answers.ts';

/** What clients of the text format know it by; the same as client_golang sends. */
const TEXT_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
/** Bytes that answers may run ahead of their readers: each, and all together, about. */
const AHEAD_BYTES = 1024 * 1024;
const ALL_AHEAD_BYTES = 16 * 1024 * 1024;
const LEAST_AHEAD_BYTES = 64 * 1024;
const INFLATED_CHUNK = 256 * 1024;

/**
 * Writes the answer and returns the bytes that went out. On any failure the response is broken off. `readers` is how many answers are
 * being written.
 */
export async function writeAnswer(
  answer: CommonAnswer,
  response: ServerResponse,
  { gzip, readers }: { readonly gzip: boolean; readonly readers: number },
): Promise<number> {
  const { bytes } = answer;
  const head = { 'content-type': TEXT_CONTENT_TYPE, vary: 'Accept-Encoding' };
  if (gzip && bytes !== undefined) {
    response.writeHead(200, { ...head, 'content-encoding': 'gzip', 'content-length': bytes.length });
    response.end(bytes);
    await finished(response);
    return bytes.length;
  }
  response.writeHead(200, gzip ? { ...head, 'content-encoding': 'gzip' } : head);
  const ahead = Math.min(
    AHEAD_BYTES,
    Math.max(LEAST_AHEAD_BYTES, Math.floor(ALL_AHEAD_BYTES / Math.max(1, readers))),
  );
  if (gzip)
    return writePieces(piecesOf(answer, response), response, {
      ahead,
      taken: (count) => answer.own?.taken(count),
    });
  const source = Readable.from(piecesOf(answer, response), { objectMode: false, highWaterMark: ahead });
  let sent = 0;
  const count = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of chunks) {
      sent += chunk.length;
      yield chunk;
    }
  };
  // The thread pool inflates, so this thread doesn't.
  await pipeline(source, createGunzip({ chunkSize: INFLATED_CHUNK }), count, response);
  return sent;
}

async function* piecesOf(
  { bytes, own }: CommonAnswer,
  response: ServerResponse,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    if (bytes !== undefined) yield bytes;
    else yield* own!.gzip();
  } catch (error) {
    // Before the streams hear of it, which would end the connection in good order.
    breakOff(response);
    throw error;
  }
}

/**
 * Writes pieces as they come, and pauses while so many bytes wait to be read. `taken` is told how many the system has taken, in order. A
 * pipeline of streams takes twice as long for each piece.
 */
async function writePieces(
  pieces: AsyncIterable<Uint8Array>,
  response: ServerResponse,
  { ahead, taken }: { readonly ahead: number; readonly taken: (bytes: number) => void },
): Promise<number> {
  let sent = 0;
  const written = finished(response);
  // Told below, and not before.
  written.catch(() => undefined);
  for await (const piece of pieces) {
    sent += piece.length;
    const { length } = piece;
    // Of a connection that breaks, some may still be under way to the system: those are left to the collector.
    response.write(piece, (error) => {
      if (!error && !response.destroyed) taken(length);
    });
    while (response.writableLength >= ahead) await Promise.race([once(response, 'drain'), written]);
    if (response.destroyed) break;
  }
  response.end();
  await written;
  return sent;
}

/**
 * Ends an answer that is not complete. The connection is reset: where the end of the connection is the end of the answer, as in HTTP/1.0,
 * one that is closed in good order would make the text so far pass for the whole.
 */
export function breakOff(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
  response.destroy();
}
