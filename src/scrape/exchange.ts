import type { Dispatcher } from 'undici';
import { MemoryError } from '../exposition/account.ts';
import type { BodyReader } from '../exposition/body-reader.ts';
import { BodySizeError, EncodingError, SampleLimitError } from '../exposition/body-form.ts';
import type { LabelledExposition } from '../exposition/family-block.ts';
import { isOpenMetrics, isProtobuf } from '../exposition/content-type.ts';
import { ScanError } from '../exposition/scan-error.ts';
import type { Connection } from './connection.ts';
import { ScrapeFailure, type FailureReason } from './failure.ts';
import { GATEWAY_HEADER, loopText, readChain, type GatewayChain } from './gateway-chain.ts';
import type { ScrapeTimings } from './outcome.ts';

/** Those that Go's client follows. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** RFC 5842, 7.2. */
const LOOP_DETECTED = 508;
/** What Go's client reads of a redirect's body before it gives up the connection instead. */
const REDIRECT_BODY_BYTES = 2048;

/** What an answer's head says of its body. */
export interface BodyHead {
  readonly gzip: boolean;
  readonly openMetrics: boolean;
}

/** One request. */
export interface ExchangeOptions {
  readonly connection: Connection;
  readonly request: Dispatcher.DispatchOptions;
  readonly followRedirects: boolean;
  /** What the request says of the gateways that it came through. */
  readonly chain: GatewayChain;
  /** Makes the reader of the body. */
  readonly read: (head: BodyHead) => BodyReader;
}

/** What came back: the exposition, or the `Location` of a redirect that is to be followed. */
export type Answered = { readonly exposition: LabelledExposition } | { readonly location: string };

/** The connection broke before an answer began. */
export class UnansweredError extends Error {}

/** One request and its answer. To be run once. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #promise = Promise.withResolvers<Answered>();
  #settled = false;
  /** Whether the answer has come to its end, so that the connection can be used again. */
  #ended = false;
  /** `performance.now()` when the connection took the request, when the answer's head and when the body's end had come. */
  #connectedAt: number | undefined;
  #firstByteAt: number | undefined;
  #lastByteAt: number | undefined;
  #reader: BodyReader | undefined;
  #location: string | undefined;
  #redirectBytes = 0;
  #contentType = '';
  #encoding = '';
  #protobuf = false;
  #gateway: string | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /** Bytes of the body so far before decompression. */
  get wireBytes(): number {
    return this.#reader?.wireBytes ?? 0;
  }

  /** Bytes of the body so far after decompression. */
  get bodyBytes(): number {
    return this.#reader?.bodyBytes ?? 0;
  }

  /** How far it came by now, in seconds from `start`, a `performance.now()`. */
  timings(start: number): Omit<ScrapeTimings, 'startedAt'> {
    const since = (at: number): number => (at - start) / 1000;
    return {
      ...(this.#connectedAt !== undefined && { connectedSeconds: since(this.#connectedAt) }),
      ...(this.#firstByteAt !== undefined && { firstByteSeconds: since(this.#firstByteAt) }),
      ...(this.#lastByteAt !== undefined && { lastByteSeconds: since(this.#lastByteAt) }),
    };
  }

  /** The id of the gateway that answered, where it is one. */
  get gateway(): string | undefined {
    return this.#gateway;
  }

  /** Rejects with a ScrapeFailure, or with an UnansweredError. The connection is closed then unless the answer came whole. */
  run(): Promise<Answered> {
    const { connection, request } = this.#options;
    connection.dispatch(request, {
      onRequestStart: () => {
        this.#connectedAt = performance.now();
      },
      onResponseStart: (controller, status, headers, statusText) => {
        // Views of what was read, in a list that is as old as the connection's last answer: what is young and hangs on what is old stays until V8 collects
        // everything, and that would be 64 KiB for each answer.
        if (Array.isArray(controller.rawHeaders)) controller.rawHeaders.length = 0;
        // What comes before the answer, such as 103 Early Hints, is none.
        if (this.#settled || status < 200) return;
        this.#firstByteAt = performance.now();
        this.#begin(status, headers, statusText ?? '');
      },
      onResponseData: (controller, chunk) => {
        if (this.#settled) return;
        if (this.#location !== undefined) this.#passOver(chunk);
        else if (this.#protobuf) this.#fail(protobufFailure());
        else if (this.#reader !== undefined) void this.#work(this.#reader.push(chunk), controller);
      },
      onResponseEnd: (controller) => {
        this.#ended = true;
        if (this.#settled) return;
        this.#lastByteAt = performance.now();
        if (this.#location !== undefined) this.#resolve({ location: this.#location });
        else if (this.#reader !== undefined) void this.#finish(this.#reader, controller);
      },
      onResponseError: (_controller, error) => {
        if (error instanceof ScrapeFailure) this.#fail(error);
        else if (this.#begun) this.#fail(new ScrapeFailure('connection', error.message, { cause: error }));
        else this.#fail(new UnansweredError(error.message, { cause: error }));
      },
    });
    return this.#promise.promise;
  }

  /** Ends it as failed, with its connection. */
  cancel(failure: ScrapeFailure): void {
    this.#fail(failure);
  }

  get #begun(): boolean {
    return this.#reader !== undefined || this.#location !== undefined;
  }

  #begin(status: number, headers: Headers, statusText: string): void {
    const { followRedirects, chain, read } = this.#options;
    [this.#gateway] = readChain(headers[GATEWAY_HEADER]);
    const location = firstOf(headers['location']) ?? '';
    const redirect = REDIRECTS.has(status);
    if (redirect && followRedirects && location !== '') {
      this.#location = location;
      // As Go's client does, which reads on only where it may come to the end.
      if (Number(firstOf(headers['content-length']) ?? 0) > REDIRECT_BODY_BYTES) this.#leave(location);
    } else if (status !== 200) {
      const place =
        location === '' ? ' without a Location' : ` to ${shown(location)}; follow_redirects is false`;
      const said = `server returned HTTP status ${status} ${statusText}`.trimEnd() + (redirect ? place : '');
      if (status === LOOP_DETECTED && this.#gateway !== undefined)
        this.#fail(new ScrapeFailure('loop', `${loopText(chain, this.#gateway)}: ${said}`));
      else this.#fail(new ScrapeFailure(redirect ? 'redirect' : 'http_status', said));
    } else {
      this.#contentType = firstOf(headers['content-type']) ?? '';
      this.#protobuf = isProtobuf(this.#contentType);
      this.#encoding = firstOf(headers['content-encoding']) ?? '';
      this.#reader = read({
        gzip: this.#encoding === 'gzip',
        openMetrics: isOpenMetrics(this.#contentType),
      });
    }
  }

  #passOver(chunk: Uint8Array): void {
    this.#redirectBytes += chunk.length;
    if (this.#redirectBytes > REDIRECT_BODY_BYTES) this.#leave(this.#location!);
  }

  /** Goes on without the end of a redirect's body, which costs the connection. */
  #leave(location: string): void {
    this.#resolve({ location });
    this.#options.connection.close();
  }

  /** Runs the reader; the thread does other things where it pauses. Undefined when the exchange has ended meanwhile. */
  async #work<T>(
    steps: Generator<void, T, void>,
    controller: Dispatcher.DispatchController,
  ): Promise<T | undefined> {
    try {
      for (;;) {
        const step = steps.next();
        if (step.done === true) {
          controller.resume();
          return step.value;
        }
        // No more bytes until it is done with these.
        controller.pause();
        await nextTurn();
        if (this.#settled) return undefined;
      }
    } catch (error) {
      this.#fail(this.#failureOf(error));
      return undefined;
    }
  }

  async #finish(reader: BodyReader, controller: Dispatcher.DispatchController): Promise<void> {
    const exposition = await this.#work(reader.finish(), controller);
    if (exposition !== undefined) this.#resolve({ exposition });
  }

  #resolve(answered: Answered): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#promise.resolve(answered);
  }

  #fail(failure: ScrapeFailure | UnansweredError): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#reader?.close();
    this.#promise.reject(failure);
    if (!this.#ended) this.#options.connection.close();
  }

  #failureOf(error: unknown): ScrapeFailure {
    if (error instanceof ScrapeFailure) return error;
    const { message } = error as Error;
    const failure = (reason: FailureReason, text = message): ScrapeFailure =>
      new ScrapeFailure(reason, text, { cause: error });
    if (error instanceof EncodingError) return failure('encoding');
    if (error instanceof BodySizeError) return failure('body_size_limit');
    if (error instanceof MemoryError) return failure('memory');
    if (error instanceof SampleLimitError) {
      const { samples } = error;
      return new ScrapeFailure('sample_limit', message, {
        cause: error,
        refused: { samples, samplesPost: samples },
      });
    }
    if (!(error instanceof ScanError)) return failure('connection');
    const { samples, samplesPost, usage, limit } = error;
    let reason: FailureReason = limit ?? 'exposition';
    let text = message;
    if (limit === undefined && !['', 'gzip', 'identity'].includes(this.#encoding)) {
      reason = 'encoding';
      text = `Content-Encoding ${shown(this.#encoding)} is not known, and as it is the body is no exposition: ${message}`;
    } else if (limit === undefined && !isExposition(this.#contentType)) {
      reason = 'content_type';
      text = `Content-Type ${shown(this.#contentType)} is no exposition: ${message}`;
    }
    return new ScrapeFailure(reason, text, { cause: error, refused: { samples, samplesPost, usage } });
  }
}

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/** A header that came several times counts as it came first, without the blanks around it, as in Go. */
function firstOf(header: string | readonly string[] | undefined): string | undefined {
  return (typeof header === 'object' ? header[0] : header)?.replace(/^[ \t]+|[ \t]+$/g, '');
}

/** Prometheus 2.42 would read it, and a 3.x too; neither asks for it, and nor is it asked for here. */
function protobufFailure(): ScrapeFailure {
  return new ScrapeFailure('content_type', 'the body is protobuf, which was not asked for and is not read');
}

/** Whether a Content-Type says that the body is an exposition; none says nothing. */
function isExposition(contentType: string): boolean {
  return contentType === '' || /^\s*text\/plain\s*(?:;|$)/i.test(contentType) || isOpenMetrics(contentType);
}

/** A header's value can be long. */
function shown(header: string): string {
  return JSON.stringify(header.slice(0, 60));
}

/** Bodies that wait for their next turn. */
const waiting: (() => void)[] = [];

/** One body has its turn, then the event loop goes round: small ones must not wait for the turns of all large ones. */
function nextTurn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (waiting.push(resolve) === 1) setImmediate(giveTurn);
  return promise;
}

function giveTurn(): void {
  waiting.shift()!();
  if (waiting.length > 0) setImmediate(giveTurn);
}
