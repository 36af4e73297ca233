import { BlockDeflater } from '../exposition/block-deflater.ts';
import { combineCrc } from '../exposition/crc.ts';

/** Deflated bytes with what they stand for. */
export interface DeflatedPiece {
  readonly bytes: Uint8Array;
  readonly rawLength: number;
  readonly crc: number;
}

/** RFC 1952: magic, deflate, no flags, no time, fastest, unknown system. */
const GZIP_HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255);
/** A last block that is empty, with fixed codes. */
const EMPTY_FINAL_BLOCK = Uint8Array.of(3, 0);

/** Builds the frame of a gzip stream around deflate pieces that were flushed to byte boundaries. */
export class GzipJoin {
  #crc = 0;
  #rawLength = 0;

  /** Bytes so far before compression. */
  get rawLength(): number {
    return this.#rawLength;
  }

  /** The stream's first bytes. */
  begin(): Uint8Array {
    return GZIP_HEADER;
  }

  /** Takes note of the next piece of the stream. */
  add({ rawLength, crc }: { readonly rawLength: number; readonly crc: number }): void {
    this.#crc = combineCrc(this.#crc, crc, rawLength);
    this.#rawLength += rawLength;
  }

  /** The stream's last bytes. */
  end(): Uint8Array {
    const trailer = Buffer.alloc(EMPTY_FINAL_BLOCK.length + 8);
    trailer.set(EMPTY_FINAL_BLOCK);
    trailer.writeUInt32LE(this.#crc, EMPTY_FINAL_BLOCK.length);
    // The format counts modulo 2^32.
    trailer.writeUInt32LE(this.#rawLength % 0x1_0000_0000, EMPTY_FINAL_BLOCK.length + 4);
    return trailer;
  }
}

/** Characters of the headers that are remembered; a cluster's few hundred families have 50,000. */
const MAX_CHARACTERS = 2_000_000;

/** Deflated pieces of the families' metadata lines, each made once. */
export class HeaderCache {
  readonly #pieces: Map<string, DeflatedPiece> = new Map();
  #characters = 0;
  readonly #deflater = new BlockDeflater();

  piece(header: string): DeflatedPiece {
    let piece = this.#pieces.get(header);
    if (piece === undefined) {
      this.#characters += header.length;
      if (this.#characters > MAX_CHARACTERS) {
        this.#pieces.clear();
        this.#characters = header.length;
      }
      piece = this.#deflate(header);
      this.#pieces.set(header, piece);
    }
    return piece;
  }

  #deflate(header: string): DeflatedPiece {
    const raw = Buffer.from(header);
    const { length, rawLength, crc } = this.#deflater.only(raw);
    return { bytes: this.#deflater.bytes.slice(0, length), rawLength, crc };
  }
}
