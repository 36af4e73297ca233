import { BlockDeflater } from './block-deflater.ts';
import { Body } from './body.ts';
import { Byte } from './bytes.ts';
import type { LabelledExposition } from './family-block.ts';
import type { LabelRules } from './label-rules.ts';
import { LineProblem } from './line-problem.ts';
import { NameTable } from './name-table.ts';
import { OpenMetricsReader } from './openmetrics.ts';
import { Scanner } from './scanner.ts';
import { Flush, openGunzip, type ZlibHandle } from './zlib-handle.ts';

/** Wire bytes of one body that are held back before they are inflated and scanned. Most bodies come whole below this. */
const BATCH_BYTES = 512 * 1024;
const WINDOW_BYTES = 2 * 1024 * 1024;
/** Numbers that a name table may give before the next body starts a new one: names that a broken pod makes up don't stay for ever. */
const MAX_NAMES = 50_000;

/** The body inflates to more than the limit. */
export class BodySizeError extends Error {}
/** The body's compressed form is broken. */
export class EncodingError extends Error {}

/** How a body comes. */
export interface BodyForm {
  readonly gzip: boolean;
  /** Bytes that it may have after decompression. */
  readonly limit: number;
  /** Whether it is OpenMetrics and not text 0.0.4. Default false. */
  readonly openMetrics?: boolean;
}

/** What all bodies of one worker share: scratch memory, zlib streams, names. One call at a time uses it. */
export class Workshop {
  readonly packer: { deflater: BlockDeflater; keepSmall: boolean } = {
    deflater: new BlockDeflater(),
    keepSmall: true,
  };
  readonly scanner: Scanner = new Scanner(this.packer);
  readonly gunzip: ZlibHandle = openGunzip();
  window: Uint8Array = new Uint8Array(WINDOW_BYTES);
  #names = new NameTable();

  /** The name table for the next body. */
  get names(): NameTable {
    if (this.#names.size > MAX_NAMES) this.#names = new NameTable();
    return this.#names;
  }
}

/**
 * Reads one body as its bytes arrive. Until `finish` nothing of it is visible.
 *
 * A body whose wire form is small is inflated and scanned in one piece when it is complete: while it arrives it
 * costs only its compressed bytes. A larger one is worked off in batches and keeps a zlib stream of its own between them.
 */
export class BodyReader {
  readonly #shop: Workshop;
  readonly #body: Body;
  readonly #gzip: boolean;
  readonly #limit: number;
  readonly #openMetrics: OpenMetricsReader | undefined;
  #ownGunzip: ZlibHandle | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** The beginning of a line whose end is not here yet. */
  #carry: Uint8Array = new Uint8Array(0);
  #window: Uint8Array;
  #have = 0;
  /** Bytes so far before decompression. */
  wireBytes: number = 0;
  /** Bytes so far after decompression. */
  bodyBytes: number = 0;

  constructor(shop: Workshop, rules: LabelRules, { gzip, limit, openMetrics = false }: BodyForm) {
    this.#shop = shop;
    this.#body = new Body(rules, shop.names);
    this.#gzip = gzip;
    this.#limit = limit;
    this.#openMetrics = openMetrics ? new OpenMetricsReader() : undefined;
    this.#window = shop.window;
  }

  /** Takes the next bytes of the wire. They must not change afterwards. Throws ScanError, BodySizeError or EncodingError. */
  push(chunk: Uint8Array): void {
    this.wireBytes += chunk.length;
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    // A line that goes on and on is looked at anew each time, so each time it must be twice as long.
    if (this.#waitingBytes >= Math.max(BATCH_BYTES, this.#carry.length)) this.#work(false);
  }

  /** The body is complete. Throws as `push` does. */
  finish(): LabelledExposition {
    this.#work(true);
    this.close();
    return this.#body.finish();
  }

  /** Frees what the reader holds; for a body that will not be finished. */
  close(): void {
    this.#ownGunzip?.close();
    this.#ownGunzip = undefined;
    this.#waiting = [];
  }

  #work(last: boolean): void {
    const chunks = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#window = this.#shop.window;
    if (this.#carry.length >= this.#window.length) this.#window = new Uint8Array(this.#carry.length * 2);
    this.#window.set(this.#carry);
    this.#have = this.#carry.length;
    if (this.#gzip) this.#inflate(chunks, last);
    else for (const chunk of chunks) this.#copy(chunk);
    if (last) this.#endOfBody();
    else this.#scan();
    this.#carry = this.#window.slice(0, this.#have);
  }

  #copy(chunk: Uint8Array): void {
    for (let start = 0; start < chunk.length;) {
      const length = Math.min(chunk.length - start, this.#room());
      this.#window.set(chunk.subarray(start, start + length), this.#have);
      this.#take(length);
      start += length;
    }
  }

  #inflate(chunks: readonly Uint8Array[], last: boolean): void {
    let zlib = this.#ownGunzip;
    if (zlib === undefined) {
      if (last) {
        zlib = this.#shop.gunzip;
        zlib.reset();
      } else zlib = this.#ownGunzip = openGunzip();
    }
    if (last && chunks.length === 0) chunks = [new Uint8Array(0)];
    for (const [index, chunk] of chunks.entries()) {
      const flush = last && index === chunks.length - 1 ? Flush.finish : Flush.none;
      let start = 0;
      do {
        const room = this.#room();
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
  }

  /** Free bytes of the window, at least one; scans what is there when it is full. */
  #room(): number {
    // One byte is kept for the newline that a body may lack at its end.
    if (this.#have >= this.#window.length - 1) this.#scan();
    if (this.#have >= this.#window.length - 1) {
      const larger = new Uint8Array(this.#window.length * 2);
      larger.set(this.#window);
      this.#window = larger;
    }
    return this.#window.length - 1 - this.#have;
  }

  #take(length: number): void {
    this.#have += length;
    this.bodyBytes += length;
    if (this.bodyBytes > this.#limit) {
      throw new BodySizeError(`the body is larger than ${this.#limit} bytes after decompression`);
    }
  }

  #scan(): void {
    const limit = this.#window.subarray(0, this.#have).lastIndexOf(Byte.newline) + 1;
    if (limit === 0) return;
    const end =
      this.#openMetrics === undefined
        ? this.#shop.scanner.scan(this.#body, this.#window, 0, limit)
        : this.#rewrite(this.#openMetrics, limit);
    for (let i = 0; i < end; i++) if (this.#window[i] === Byte.newline) this.#body.linesBefore++;
    this.#window.copyWithin(0, end, this.#have);
    this.#have -= end;
  }

  #endOfBody(): void {
    if (this.#have > 0 && this.#window[this.#have - 1] !== Byte.newline)
      this.#window[this.#have++] = Byte.newline;
    if (this.#openMetrics === undefined) {
      this.#shop.scanner.scanLast(this.#body, this.#window, 0, this.#have);
    } else {
      this.#rewrite(this.#openMetrics, this.#have);
      if (!this.#openMetrics.ended) {
        const problem = new LineProblem('the body ends without # EOF');
        throw this.#body.refusal(problem, this.#window, 0, this.#have);
      }
    }
    this.#have = 0;
  }

  /** Scans OpenMetrics up to `limit`, which it returns. What comes before a line at fault is scanned too: it counts. */
  #rewrite(openMetrics: OpenMetricsReader, limit: number): number {
    const { text, end, problem } = openMetrics.rewrite(this.#window, 0, limit);
    this.#shop.scanner.scanLast(this.#body, text, 0, text.length);
    this.#body.unwritten = openMetrics.unwritten;
    if (problem !== undefined) throw this.#body.refusal(problem, this.#window, 0, end);
    return limit;
  }
}
