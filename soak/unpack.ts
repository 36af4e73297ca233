import { gunzipSync } from 'node:zlib';

/** The text of an answer. Throws when its gzip is not intact: checksum, length, and nothing behind its end. */
export function unpack(body: Buffer, gzip: boolean): Buffer {
  if (!gzip) return body;
  // Types know nothing of `info`, which gives the engine too.
  const { buffer, engine } = gunzipSync(body, { info: true }) as unknown as {
    buffer: Buffer;
    engine: { bytesWritten: number };
  };
  const { bytesWritten } = engine;
  if (bytesWritten === body.length) return buffer;
  throw new Error(`${body.length - bytesWritten} bytes stand behind the end of the gzip stream`);
}
