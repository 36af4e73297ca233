/** Deflated bytes and what they are, in order. Both belong to the receiver. */
export interface SharePart {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** For each row the numbers of `Row`. */
  readonly rows: Int32Array<ArrayBuffer>;
}

/** The bytes of a family that a part has: one row each, in the order of the bytes. */
export interface ShareRow {
  /** Number in the survey. */
  readonly family: number;
  readonly bytes: Uint8Array;
  readonly rawLength: number;
  readonly crc: number;
  /** Whether this ends the family; otherwise the next part goes on with it. */
  readonly complete: boolean;
}

/** What a part has for each row: family, length of the bytes, their length before compression, CRC, and 1 when it is complete. */
export const ROW_FIELDS = 5;

/** Reads the rows of parts one after the other. */
export class RowReader {
  #part: SharePart | undefined;
  #at = 0;
  #offset = 0;

  /** Whether there is another row. */
  get ready(): boolean {
    return this.#part !== undefined && this.#at < this.#part.rows.length;
  }

  /** The bytes of the part that was taken last. */
  get bytes(): Uint8Array {
    return this.#part!.bytes;
  }

  /** Takes the next part, when it is not ready. */
  take(part: SharePart): void {
    this.#part = part;
    this.#at = 0;
    this.#offset = 0;
  }

  /** The next row, when it is ready. Throws when it is of another family than the one that is due. */
  next(family: number): ShareRow {
    const { rows, bytes } = this.#part!;
    const at = this.#at;
    this.#at += ROW_FIELDS;
    if (rows[at] !== family) throw new Error(`a worker gave family ${rows[at]} where ${family} was due`);
    const start = this.#offset;
    this.#offset += rows[at + 1]!;
    return {
      family,
      bytes: bytes.subarray(start, this.#offset),
      rawLength: rows[at + 2]!,
      crc: rows[at + 3]! >>> 0,
      complete: rows[at + 4] === 1,
    };
  }
}
