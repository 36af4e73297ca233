import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Answer } from '../round/answer.ts';

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
  answer: Answer,
  response: ServerResponse,
  { gzip, readers }: { readonly gzip: boolean; readonly readers: number },
): Promise<number> {
  let sent = 0;
  response.writeHead(200, {
    'content-type': TEXT_CONTENT_TYPE,
    vary: 'Accept-Encoding',
    ...(gzip && { 'content-encoding': 'gzip' }),
  });
  const pieces = async function* (): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* answer.gzip();
    } catch (error) {
      // Before the streams hear of it, which would end the connection in good order.
      breakOff(response);
      throw error;
    }
  };
  const ahead = Math.min(
    AHEAD_BYTES,
    Math.max(LEAST_AHEAD_BYTES, Math.floor(ALL_AHEAD_BYTES / Math.max(1, readers))),
  );
  const source = Readable.from(pieces(), { objectMode: false, highWaterMark: ahead });
  const count = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of chunks) {
      sent += chunk.length;
      yield chunk;
    }
  };
  if (gzip) await pipeline(source, count, response);
  // The thread pool inflates, so this thread doesn't.
  else await pipeline(source, createGunzip({ chunkSize: INFLATED_CHUNK }), count, response);
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
