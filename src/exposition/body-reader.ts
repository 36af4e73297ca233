import { BodySizeError, EncodingError, SampleLimitError, type BodyForm } from './body-form.ts';
import { FamilySet } from './body-family.ts';
import { Body } from './body.ts';
import { ascii, Byte } from './bytes.ts';
import { freeBuffer, type LabelledExposition } from './family-block.ts';
import type { LabelRules } from './label-rules.ts';
import { LineProblem } from './line-problem.ts';
import { OpenMetricsReader } from './openmetrics.ts';
import { ScanError } from './scan-error.ts';
import { WINDOW_BYTES, type Workshop } from './workshop.ts';
import { Flush, openGunzip, type ZlibHandle } from './zlib-handle.ts';

/** Wire bytes of one body that are held back before they are inflated and scanned. Most bodies come whole below this. */
const BATCH_BYTES = 512 * 1024;
/** Wire bytes are gathered in pieces of this size. */
const PIECE_BYTES = 32 * 1024;
/** The last line of OpenMetrics, which needs no newline. Prometheus' lexer passes over NUL bytes in it. */
// oxlint-disable-next-line no-control-regex
const END_OF_BODY = /^# \0*E\0*O\0*F\0*$/;
/** More than this is not copied out of a window, but stays in it. */
const CARRIED_BYTES = WINDOW_BYTES / 2;
/** Bytes that are scanned between two looks at the clock. */
const REGION_BYTES = 64 * 1024;
/** A region of more is a line that long. Its value is read as a string, and written from that. */
const LONG_LINE_BYTES = 1024 * 1024;
const LONG_LINE_COPIES = 2;
/** A usual body takes less. One that takes more must not hold up those of other pods, nor the answers. */
const TURN_MS = 20;
const NO_BYTES = new Uint8Array(0);

/** What a zlib stream that a body has for itself takes: its window of 32 KB and what is around it. */
const GUNZIP_BYTES = 48 * 1024;

/** Runs what a reader does to its end, without a pause. */
export function runToEnd<T>(steps: Generator<void, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Reads one body as its bytes arrive. Until `finish` nothing of it is visible.
 *
 * A body that is refused for one of its lines is read on to its end, as Prometheus does: it may turn out to be
 * broken in a way that counts before that.
 *
 * A body whose wire form is small is inflated and scanned in one piece when it is complete: while it arrives it
 * costs only its compressed bytes, in pieces of 32 KiB. A larger one is worked off in batches and keeps a zlib stream of its own between them.
 *
 * `push` and `finish` pause (yield) every few milliseconds. Whoever runs them can let other bodies have their turn then,
 * or leave it at that; only `close` may be called on this one before they go on.
 */
export class BodyReader {
  readonly #shop: Workshop;
  readonly #body: Body;
  readonly #form: BodyForm;
  readonly #openMetrics: OpenMetricsReader | undefined;
  #ownGunzip: ZlibHandle | undefined;
  /** Wire bytes that wait, in buffers of the pool: all but the last are full. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Those that are worked off. */
  #working: Uint8Array[] = [];
  /** The beginning of a line whose end is not here yet, while there is no window. */
  #carry: Uint8Array = NO_BYTES;
  /** The shop's, or one of its own, which stays between two calls while a long line is in it. */
  #window: Uint8Array = NO_BYTES;
  /** Bytes in the window, or else in the carry. */
  #have = 0;
  /** The stream that is in use. */
  #zlib: ZlibHandle | undefined;
  #turnEnd = 0;
  #refusal: ScanError | undefined;
  /** Whether what was read belongs to somebody else. */
  #given = false;
  /** Bytes so far before decompression. */
  wireBytes: number = 0;
  /** Bytes so far after decompression. */
  bodyBytes: number = 0;

  constructor(shop: Workshop, rules: LabelRules, form: BodyForm) {
    this.#shop = shop;
    const { sampleLimit = 0, openMetrics = false, spare } = form;
    const { names } = shop;
    const families = spare === undefined ? new FamilySet(names) : spare.take(names);
    this.#body = new Body(rules, families, { sampleLimit, rewritten: openMetrics });
    this.#form = form;
    this.#openMetrics = openMetrics ? new OpenMetricsReader(rules.honorTimestamps) : undefined;
  }

  /** Takes the next bytes of the wire. Throws BodySizeError, EncodingError or MemoryError. */
  *push(chunk: Uint8Array): Generator<void, void, void> {
    this.wireBytes += chunk.length;
    this.#gather(chunk);
    // A line that goes on and on is looked at anew each time, so each time it must be twice as long.
    if (this.#waitingBytes >= Math.max(BATCH_BYTES, this.#have)) yield* this.#work(false);
    else this.#hold();
  }

  /** The body is complete. Throws as `push` does, and ScanError or SampleLimitError. */
  *finish(): Generator<void, LabelledExposition, void> {
    yield* this.#work(true);
    this.#closeStream();
    this.#body.families.letGo();
    if (this.#refusal !== undefined) throw this.#refusal;
    const { sampleLimit = 0 } = this.#form;
    const { samples } = this.#body;
    if (sampleLimit > 0 && samples > sampleLimit) throw new SampleLimitError(samples, sampleLimit);
    this.#given = true;
    return yield* this.#body.finish();
  }

  /** Frees what the reader holds. What `finish` gave stays. */
  close(): void {
    this.#closeStream();
    if (!this.#given) {
      this.#body.families.letGo();
      this.#body.discard();
    }
    freeBuffer(this.#carry);
    if (this.#window !== this.#shop.window) freeBuffer(this.#window);
  }

  #closeStream(): void {
    this.#ownGunzip?.close();
    this.#ownGunzip = undefined;
    this.#giveBack(this.#waiting.splice(0));
    this.#giveBack(this.#working.splice(0));
  }

  /** Copies bytes of the wire: what they came in would wait for the collector as long as they wait here. */
  #gather(chunk: Uint8Array): void {
    const waiting = this.#waiting;
    for (let at = 0; at < chunk.length;) {
      const filled = this.#waitingBytes % PIECE_BYTES;
      if (filled === 0) waiting.push(this.#shop.packer.buffers.take(PIECE_BYTES));
      const length = Math.min(PIECE_BYTES - filled, chunk.length - at);
      const all = length === chunk.length;
      waiting[waiting.length - 1]!.set(all ? chunk : chunk.subarray(at, at + length), filled);
      at += length;
      this.#waitingBytes += length;
    }
  }

  #giveBack(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.#shop.packer.buffers.give(piece);
  }

  *#work(last: boolean): Generator<void, void, void> {
    const pieces = this.#waiting;
    this.#working = pieces;
    this.#waiting = [];
    // The pool may give larger ones.
    const chunks = pieces.map((piece, i) =>
      piece.subarray(0, Math.min(PIECE_BYTES, this.#waitingBytes - i * PIECE_BYTES)),
    );
    this.#waitingBytes = 0;
    if (this.#window.length === 0) {
      this.#window = this.#shop.window;
      this.#window.set(this.#carry);
      freeBuffer(this.#carry);
      this.#carry = NO_BYTES;
    }
    this.#beginTurn();
    if (this.#form.gzip) yield* this.#inflate(chunks, last);
    else for (const chunk of chunks) yield* this.#copy(chunk);
    yield* last ? this.#endOfBody() : this.#scan(false);
    this.#shop.scanner.pack();
    this.#giveBack(pieces.splice(0));
    const own = this.#window !== this.#shop.window;
    if (!own || this.#have < CARRIED_BYTES) {
      this.#carry = this.#window.slice(0, this.#have);
      if (own) freeBuffer(this.#window);
      this.#window = NO_BYTES;
    }
    this.#hold();
  }

  /** Tells how much memory the body takes, and is about to take. */
  #hold(more = 0): void {
    const { account } = this.#form;
    if (account === undefined) return;
    const window = this.#window === this.#shop.window ? 0 : this.#window.length;
    const zlib = this.#ownGunzip === undefined ? 0 : GUNZIP_BYTES;
    account.hold(
      lengthOf(this.#waiting) +
        lengthOf(this.#working) +
        this.#carry.length +
        window +
        zlib +
        this.#body.heldBytes +
        more,
    );
  }

  #grow(bytes: number): void {
    this.#hold(bytes);
    this.#window = new Uint8Array(bytes);
  }

  #beginTurn(): void {
    this.#shop.scanner.begin(this.#body);
    this.#turnEnd = performance.now() + TURN_MS;
  }

  /** Lets others have their turn when this one is over. What is shared and in use becomes the reader's own. */
  *#pause(): Generator<void, void, void> {
    if (performance.now() < this.#turnEnd) return;
    const shop = this.#shop;
    shop.scanner.pack();
    if (this.#window === shop.window) {
      this.#window = new Uint8Array(WINDOW_BYTES);
      this.#window.set(shop.window.subarray(0, this.#have));
    }
    if (this.#zlib === shop.gunzip) {
      this.#ownGunzip = shop.gunzip;
      shop.gunzip = openGunzip();
    }
    this.#hold();
    yield;
    this.#beginTurn();
  }

  *#copy(chunk: Uint8Array): Generator<void, void, void> {
    for (let start = 0; start < chunk.length;) {
      const length = Math.min(chunk.length - start, yield* this.#room());
      this.#window.set(chunk.subarray(start, start + length), this.#have);
      this.#take(length);
      start += length;
    }
  }

  *#inflate(chunks: readonly Uint8Array[], last: boolean): Generator<void, void, void> {
    let zlib = this.#ownGunzip;
    if (zlib === undefined) {
      if (last) {
        zlib = this.#shop.gunzip;
        zlib.reset();
      } else zlib = this.#ownGunzip = openGunzip();
    }
    this.#zlib = zlib;
    if (last && chunks.length === 0) chunks = [new Uint8Array(0)];
    for (const [index, chunk] of chunks.entries()) {
      const flush = last && index === chunks.length - 1 ? Flush.finish : Flush.none;
      let start = 0;
      do {
        const room = yield* this.#room();
        try {
          zlib.write(flush, chunk, start, chunk.length - start, this.#window, this.#have, room);
        } catch (error) {
          throw new EncodingError(`gzip: ${(error as Error).message}`, { cause: error });
        }
        start = chunk.length - zlib.inputLeft;
        this.#take(room - zlib.outputLeft);
        // Zeros behind a member's end: zlib takes them for padding and stands still, Go's reader refuses them.
        if (start < chunk.length && zlib.outputLeft > 0) throw new EncodingError('gzip: bytes after its end');
      } while (zlib.outputLeft === 0 || start < chunk.length);
    }
    this.#zlib = undefined;
  }

  /** Free bytes of the window, at least one; scans what is there when it is full. */
  *#room(): Generator<void, number, void> {
    // One byte is kept for the newline that a body may lack at its end.
    if (this.#have >= this.#window.length - 1) yield* this.#scan(false);
    if (this.#have >= this.#window.length - 1) {
      const smaller = this.#window;
      this.#grow(smaller.length * 2);
      this.#window.set(smaller);
      if (smaller !== this.#shop.window) freeBuffer(smaller);
    }
    return this.#window.length - 1 - this.#have;
  }

  #take(length: number): void {
    this.#have += length;
    this.bodyBytes += length;
    const { gzip, limit, inflation } = this.#form;
    if (this.bodyBytes >= limit) {
      throw new BodySizeError(
        `body_size_limit exceeded (bytes after decompression: ${this.bodyBytes} or more, limit: ${limit})`,
      );
    }
    if (!gzip || inflation === undefined || this.bodyBytes < inflation.from) return;
    if (this.bodyBytes > this.wireBytes * inflation.most) {
      throw new BodySizeError(
        `the body is larger than ${inflation.from} bytes and ${inflation.most} times its size on the wire; set body_size_limit if that is meant`,
      );
    }
  }

  /** Scans the whole lines of the window, and takes them out; with `last` all of it. */
  *#scan(last: boolean): Generator<void, void, void> {
    try {
      if (this.#refusal === undefined) yield* this.#lines(last);
    } catch (error) {
      if (!(error instanceof ScanError)) throw error;
      this.#refusal = error;
      this.#body.discard();
    }
    if (this.#refusal !== undefined) this.#have = 0;
  }

  *#lines(last: boolean): Generator<void, void, void> {
    const limit = last ? this.#have : this.#window.subarray(0, this.#have).lastIndexOf(Byte.newline) + 1;
    let at = 0;
    for (let size = REGION_BYTES; at < limit;) {
      const end = at + size >= limit ? limit : this.#window.indexOf(Byte.newline, at + size) + 1;
      if (end - at > LONG_LINE_BYTES) this.#hold((end - at) * LONG_LINE_COPIES);
      const stop = this.#region(at, end, limit, last);
      if (stop === at) {
        // A label value with raw newlines runs on behind the region, or behind what there is.
        if (end === limit) break;
        size *= 2;
        continue;
      }
      at = stop;
      size = REGION_BYTES;
      if (at < limit) yield* this.#pause();
    }
    if (!last && this.#openMetrics === undefined) this.#body.linesBefore += newlines(this.#window, 0, at);
    this.#shop.scanner.leave();
    this.#window.copyWithin(0, at, this.#have);
    this.#have -= at;
  }

  /** Whether the last line is complete, as only that of `# EOF` need not be. */
  #endsWithLine(): boolean {
    const start = this.#window.subarray(0, this.#have).lastIndexOf(Byte.newline) + 1;
    return start === this.#have || END_OF_BODY.test(ascii(this.#window, start, this.#have));
  }

  /** Scans lines and returns where it stopped; there are more up to `limit`. */
  #region(start: number, end: number, limit: number, last: boolean): number {
    const { scanner } = this.#shop;
    if (this.#openMetrics === undefined) return scanner.scan(this.#window, start, end, { limit, last });
    const { text, end: good, problem } = this.#openMetrics.rewrite(this.#window, start, end);
    // What comes before a line at fault is scanned too: it counts.
    scanner.scan(text, 0, text.length, { limit: text.length, last: true });
    if (problem !== undefined) throw this.#body.refusal(problem, this.#window, start, good);
    this.#body.linesBefore += newlines(this.#window, start, end);
    return end;
  }

  *#endOfBody(): Generator<void, void, void> {
    // As in # EOF; without one the body is refused in any case.
    if (this.#openMetrics !== undefined)
      while (this.#have > 0 && this.#window[this.#have - 1] === Byte.nul) this.#have--;
    const broken = this.#openMetrics !== undefined && !this.#endsWithLine();
    // Prometheus does not count the sample that it breaks off in.
    if (broken) this.#have = this.#window.subarray(0, this.#have).lastIndexOf(Byte.newline) + 1;
    if (this.#have > 0 && this.#window[this.#have - 1] !== Byte.newline)
      this.#window[this.#have++] = Byte.newline;
    yield* this.#scan(true);
    if (broken || this.#openMetrics?.ended === false) {
      this.#refusal ??= this.#body.refusal(
        new LineProblem(broken ? 'the last line has no newline' : 'the body ends without # EOF'),
        this.#window,
        0,
        0,
      );
    }
  }
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}

function newlines(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i++) if (bytes[i] === Byte.newline) count++;
  return count;
}
