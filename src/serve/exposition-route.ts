import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Answer } from '../round/answer.ts';
import type { Logger } from '../log/logger.ts';
import { HeaderCache } from '../merge/gzip-join.ts';
import type { Scraper } from '../round/scraper.ts';
import type { Selector } from '../selector/selector.ts';
import { readCaller, WriteTimes } from './caller.ts';
import type { Telemetry } from './telemetry.ts';

/** What clients of the text format know it by; the same as client_golang sends. */
const TEXT_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
/** Bytes that an answer may run ahead of its reader. */
const AHEAD_BYTES = 1024 * 1024;
const INFLATED_CHUNK = 256 * 1024;
/** What a caller who names no timeout has to read its answer. One that reads more slowly would hold it in memory. */
const READ_TIMEOUT_MS = 60_000;
/** What every caller has, however long the targets took. */
const MIN_READ_MS = 1000;

export interface ExpositionOptions {
  readonly scraper: Scraper;
  readonly telemetry: Telemetry;
  readonly maxTimeoutMs: number;
  readonly view: 'metrics' | 'federate';
  readonly log: Logger;
}

/** Answers with the merged exposition: a round for this caller, then its families as they are joined. */
export class ExpositionRoute {
  readonly #options: ExpositionOptions;
  readonly #headers = new HeaderCache();
  readonly #writeTimes = new WriteTimes();

  constructor(options: ExpositionOptions) {
    this.#options = options;
  }

  /** Handles one request. With selectors, only series that one of them selects. */
  async answer(request: FastifyRequest, reply: FastifyReply, selectors: readonly Selector[]): Promise<void> {
    const { scraper, telemetry, maxTimeoutMs, view, log } = this.#options;
    const caller = readCaller(request.headers);
    const left = new AbortController();
    const onClose = (): void => left.abort(new CallerLeft('the caller went away'));
    reply.raw.once('close', onClose);
    const start = performance.now();
    try {
      using round = await scraper.round(scraper.targets, {
        timeoutMs: ({ target }) =>
          this.#writeTimes.budget(view, Math.min(caller.timeoutMs ?? target.scrapeTimeoutMs, maxTimeoutMs)),
        signal: left.signal,
      });
      const collected = performance.now();
      using answer = new Answer(round.shares(), this.#headers);
      await answer.prepare(selectors);
      reply.hijack();
      const patience = caller.timeoutMs ?? READ_TIMEOUT_MS;
      const readDeadline = setTimeout(
        () => reply.raw.destroy(new CallerLeft('the caller did not read the answer in time')),
        Math.max(MIN_READ_MS, patience - (performance.now() - start)),
      );
      let sent: number;
      try {
        sent = await write(answer, reply.raw, caller.gzip);
      } finally {
        clearTimeout(readDeadline);
      }
      this.#writeTimes.record(view, performance.now() - collected);
      telemetry.answered({
        view,
        seconds: (performance.now() - start) / 1000,
        collectSeconds: (collected - start) / 1000,
        bytes: sent,
        rawBytes: answer.rawLength,
        complete: round.entries.every((entry) => entry.outcome.up),
      });
    } catch (error) {
      telemetry.answerFailed(view, isLeaving(error) ? 'caller_left' : 'error');
      if (!reply.raw.headersSent && !left.signal.aborted) throw error;
      // What was written so far could pass for the whole, so the connection must not end well.
      reply.raw.destroy();
      if (!isLeaving(error))
        log.error('answer broken off', { path: request.url.split('?')[0], error: error as Error });
    } finally {
      reply.raw.off('close', onClose);
    }
  }
}

class CallerLeft extends Error {}

/** What writing to a caller that went away fails with. An error of our own closes the connection too, but keeps its code. */
const leavingCodes = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_UNABLE_TO_PIPE',
]);

function isLeaving(error: unknown): boolean {
  return error instanceof CallerLeft || leavingCodes.has((error as NodeJS.ErrnoException).code ?? '');
}

/** Writes the answer and returns the bytes that went out. On any failure the response is destroyed. */
async function write(answer: Answer, response: ServerResponse, gzip: boolean): Promise<number> {
  let sent = 0;
  response.writeHead(200, {
    'content-type': TEXT_CONTENT_TYPE,
    vary: 'Accept-Encoding',
    ...(gzip && { 'content-encoding': 'gzip' }),
  });
  const source = Readable.from(answer.gzip(), { objectMode: false, highWaterMark: AHEAD_BYTES });
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
