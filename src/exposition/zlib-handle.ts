import { constants, createDeflateRaw, createGunzip, createInflateRaw } from 'node:zlib';

/**
 * Synchronous access to one zlib stream of Node. The public interface offers either a stream, whose every write goes
 * through the thread pool, or a function for one whole buffer, which makes and frees 300 KB of state at each call (20 µs).
 * This uses what the synchronous functions of `node:zlib` use themselves; `test/exposition/zlib-handle.test.ts`
 * fails on a Node where it is gone.
 */
export interface ZlibHandle {
  /** Bytes of `output` that the last `write` left free. */
  readonly outputLeft: number;
  /** Bytes of `input` that the last `write` did not take. */
  readonly inputLeft: number;
  /** Runs the stream once. Throws the stream's error, after which only `reset` is allowed. */
  write(
    flush: number,
    input: Uint8Array,
    inputStart: number,
    inputLength: number,
    output: Uint8Array,
    outputStart: number,
    outputLength: number,
  ): void;
  /** Makes the stream as new. */
  reset(): void;
  /** Frees the stream. */
  close(): void;
}

interface NativeHandle {
  onerror: (message: string, errno: number, code: string) => void;
  writeSync(
    flush: number,
    input: Uint8Array,
    inputStart: number,
    inputLength: number,
    output: Uint8Array,
    outputStart: number,
    outputLength: number,
  ): void;
  reset(): void;
}

interface NativeStream {
  readonly _handle: NativeHandle;
  readonly _writeState: Uint32Array;
  close(): void;
}

class Handle implements ZlibHandle {
  readonly #stream: NativeStream;
  readonly #state: Uint32Array;
  #failure: Error | undefined;

  constructor(stream: NativeStream) {
    if (typeof stream._handle?.writeSync !== 'function' || !(stream._writeState instanceof Uint32Array)) {
      throw new Error(
        `zlib of Node ${process.version} has no synchronous handle; use a version that package.json's "engines" names`,
      );
    }
    this.#stream = stream;
    this.#state = stream._writeState;
    stream._handle.onerror = (message, _errno, code) => {
      this.#failure = Object.assign(new Error(message), { code });
    };
  }

  get outputLeft(): number {
    return this.#state[0]!;
  }

  get inputLeft(): number {
    return this.#state[1]!;
  }

  write(
    flush: number,
    input: Uint8Array,
    inputStart: number,
    inputLength: number,
    output: Uint8Array,
    outputStart: number,
    outputLength: number,
  ): void {
    this.#stream._handle.writeSync(flush, input, inputStart, inputLength, output, outputStart, outputLength);
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      throw failure;
    }
  }

  reset(): void {
    this.#stream._handle.reset();
  }

  close(): void {
    this.#stream.close();
  }
}

/** A raw deflate stream at `level`. */
export function openDeflate(level: number): ZlibHandle {
  return new Handle(createDeflateRaw({ level, memLevel: 9 }) as unknown as NativeStream);
}

/** A gunzip stream; members that follow one another are one stream, as RFC 1952 has it. */
export function openGunzip(): ZlibHandle {
  return new Handle(createGunzip() as unknown as NativeStream);
}

/** A raw inflate stream. */
export function openInflateRaw(): ZlibHandle {
  return new Handle(createInflateRaw() as unknown as NativeStream);
}

/** Flush modes of `ZlibHandle.write`. */
export const Flush = {
  none: constants.Z_NO_FLUSH,
  sync: constants.Z_SYNC_FLUSH,
  finish: constants.Z_FINISH,
} as const;
