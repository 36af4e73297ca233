/**
 * Numbers for byte strings that come again and again: family names and HELP texts. A string is made once for each.
 * Looking up allocates nothing.
 */
export class NameTable {
  #slots: Int32Array = new Int32Array(1024).fill(-1);
  readonly #bytes: Uint8Array[] = [];
  readonly #hashes: number[] = [];
  readonly #texts: string[] = [];
  readonly #numbers: Map<string, number> = new Map();

  /** Bytes of all that has a number. */
  bytes: number = 0;

  /** How many numbers were given. They run from 0. */
  get size(): number {
    return this.#bytes.length;
  }

  /** The number of the bytes `[start, end)`; a new one when they were not seen before. */
  number(buffer: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ buffer[i]!, 0x01000193);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot]!;
      if (found < 0) return this.#add(buffer, start, end, hash);
      if (this.#hashes[found] === hash && sameBytes(this.#bytes[found]!, buffer, start, end)) return found;
    }
  }

  /** The number of a text, or undefined when it has none. */
  find(text: string): number | undefined {
    return this.#numbers.get(text);
  }

  /** The text of a number, read as UTF-8. */
  text(number: number): string {
    return this.#texts[number]!;
  }

  #add(buffer: Uint8Array, start: number, end: number, hash: number): number {
    const number = this.#bytes.length;
    // Not `slice`, which makes a view when the buffer is one of Node's.
    const bytes = new Uint8Array(buffer.subarray(start, end));
    this.#bytes.push(bytes);
    this.bytes += bytes.length;
    this.#hashes.push(hash);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
    this.#texts.push(text);
    this.#numbers.set(text, number);
    if (number * 2 > this.#slots.length) this.#slots = new Int32Array(this.#slots.length * 2).fill(-1);
    else {
      this.#place(number);
      return number;
    }
    for (let i = 0; i <= number; i++) this.#place(i);
    return number;
  }

  #place(number: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[number]! & mask;
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
    this.#slots[slot] = number;
  }
}

function sameBytes(known: Uint8Array, buffer: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== buffer[start + i]) return false;
  return true;
}
