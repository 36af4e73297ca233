import { Readable, pipeline } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import type { FastifyReply } from 'fastify';

const JSON_TYPE = 'application/json';
/** What is made between two rounds of the event loop: less than a millisecond's work, mostly. */
const CHUNK_CHARACTERS = 64 * 1024;
const TURN_MS = 5;

/** JSON as Go writes it, which escapes what would be markup. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Items of a list, or members of an object, with commas between. */
export function* separated(items: Iterable<string>): Generator<string, void, void> {
  let comma = '';
  for (const item of items) {
    yield comma + item;
    comma = ',';
  }
}

/** Answers with data, which comes in pieces of JSON and is made as it is read. */
export function sendData(
  reply: FastifyReply,
  data: Iterable<string>,
  { gzip }: { readonly gzip: boolean },
): FastifyReply {
  const source = Readable.from(chunksOf(data), { objectMode: false });
  reply.type(JSON_TYPE);
  if (!gzip) return reply.send(source);
  // What becomes of it is the answer's business.
  const packed = pipeline(source, createGzip({ level: 1 }), () => undefined);
  return reply.header('content-encoding', 'gzip').send(packed);
}

export function sendError(
  reply: FastifyReply,
  error: { readonly type: string; readonly status: number; readonly message: string },
): FastifyReply {
  const { type: errorType, status, message } = error;
  // To a text the server would add a charset, which JSON does not have.
  return reply
    .code(status)
    .type(JSON_TYPE)
    .send(Buffer.from(jsonText({ status: 'error', errorType, error: message })));
}

async function* chunksOf(data: Iterable<string>): AsyncGenerator<Buffer, void, void> {
  let text = '{"status":"success","data":';
  let begun = performance.now();
  for (const piece of data) {
    text += piece;
    if (text.length < CHUNK_CHARACTERS && performance.now() - begun < TURN_MS) continue;
    if (text !== '') yield Buffer.from(text);
    text = '';
    await setImmediate();
    begun = performance.now();
  }
  yield Buffer.from(`${text}}`);
}
