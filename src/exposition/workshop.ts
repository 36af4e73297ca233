import { BlockDeflater } from './block-deflater.ts';
import { BufferPool } from './buffer-pool.ts';
import { LineCoder } from './line-coder.ts';
import { NameTable } from './name-table.ts';
import type { Packer } from './packer.ts';
import { Scanner } from './scanner.ts';
import { openGunzip, type ZlibHandle } from './zlib-handle.ts';

/** Bytes of a window, as the line coder has it. */
export const WINDOW_BYTES: number = 2 * 1024 * 1024;
/** Numbers that a name table may give before the next body starts a new one: names that a broken pod makes up don't stay for ever. */
const MAX_NAMES = 50_000;
const MAX_NAME_BYTES = 8 * 1024 * 1024;

/** What all bodies of one worker share: scratch memory, zlib streams, names. One call at a time uses it. */
export class Workshop {
  readonly packer: { -readonly [K in keyof Packer]: Packer[K] } = {
    deflater: new BlockDeflater(),
    buffers: new BufferPool(),
    keepSmall: true,
    isLate: () => false,
  };
  readonly scanner: Scanner;
  gunzip: ZlibHandle = openGunzip();
  /** Where a body is inflated to while it is worked off. */
  readonly window: Uint8Array;
  #names = new NameTable();

  /** Without a coder (null, or where it was not built) the scanner and zlib do its work. */
  constructor(coder: LineCoder | null = LineCoder.open() ?? null) {
    this.scanner = new Scanner(this.packer, coder ?? undefined);
    this.window = coder?.window ?? new Uint8Array(WINDOW_BYTES);
  }

  /** The name table for the next body. */
  get names(): NameTable {
    const { size, bytes } = this.#names;
    if (size > MAX_NAMES || bytes > MAX_NAME_BYTES) this.#names = new NameTable();
    return this.#names;
  }
}
