import { randomInt } from 'node:crypto';

/** Where hashes begin: another one in each process, so that nobody can send names whose hashes are all the same. */
const SEED = randomInt(2 ** 31);
const FIRST_NUMBERS = 512;
const FIRST_BYTES = 16 * 1024;
/** Characters of a text that is kept when it was made. Usual names and HELP texts have less. */
const MOST_KEPT_TEXT = 1000;

/**
 * Numbers for byte strings that come again and again: family names and HELP texts. Looking up allocates nothing, and what is new
 * takes little beside its bytes, since a body can have a million of them. A text is made when it is asked for first.
 */
export class NameTable {
  /** Numbers by hash; twice as many places as there are numbers, or more. */
  #slots: Int32Array = new Int32Array(FIRST_NUMBERS * 2).fill(-1);
  #hashes: Int32Array = new Int32Array(FIRST_NUMBERS);
  /** The end of each in `#content`, which is the beginning of the next. */
  #ends: Float64Array = new Float64Array(FIRST_NUMBERS);
  #content: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  readonly #texts: Map<number, string> = new Map();
  #size = 0;

  /** Bytes of all that has a number. */
  bytes: number = 0;

  /** How many numbers were given. They run from 0. */
  get size(): number {
    return this.#size;
  }

  /** The number of the bytes `[start, end)`; a new one when they were not seen before. */
  number(buffer: Uint8Array, start: number, end: number): number {
    const hash = hashOf(buffer, start, end);
    const known = this.#lookUp(buffer, start, end, hash);
    return known >= 0 ? known : this.#add(buffer, start, end, hash);
  }

  /** The number of a text, or undefined when it has none. */
  find(text: string): number | undefined {
    const bytes = Buffer.from(text);
    const known = this.#lookUp(bytes, 0, bytes.length, hashOf(bytes, 0, bytes.length));
    return known >= 0 ? known : undefined;
  }

  /** The text of a number, read as UTF-8. */
  text(number: number): string {
    let text = this.#texts.get(number);
    if (text === undefined) {
      text = this.#content.toString('utf8', this.#start(number), this.#ends[number]);
      if (text.length <= MOST_KEPT_TEXT) this.#texts.set(number, text);
    }
    return text;
  }

  /** The number of what is left of a name without one of these suffixes, and that suffix; undefined when there is none. */
  withoutSuffix(
    number: number,
    suffixes: readonly string[],
  ): { readonly number: number; readonly suffix: string } | undefined {
    const start = this.#start(number);
    const end = this.#ends[number]!;
    for (const suffix of suffixes) {
      const cut = end - suffix.length;
      if (cut <= start || !this.#endsWith(end, suffix)) continue;
      const known = this.#lookUp(this.#content, start, cut, hashOf(this.#content, start, cut));
      return known >= 0 ? { number: known, suffix } : undefined;
    }
    return undefined;
  }

  #endsWith(end: number, suffix: string): boolean {
    for (let i = 1; i <= suffix.length; i++) {
      if (this.#content[end - i] !== suffix.charCodeAt(suffix.length - i)) return false;
    }
    return true;
  }

  #start(number: number): number {
    return number === 0 ? 0 : this.#ends[number - 1]!;
  }

  #lookUp(buffer: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot]!;
      if (found < 0 || (this.#hashes[found] === hash && this.#isSame(found, buffer, start, end)))
        return found;
    }
  }

  #isSame(number: number, buffer: Uint8Array, start: number, end: number): boolean {
    const content = this.#content;
    let at = this.#start(number);
    if (this.#ends[number]! - at !== end - start) return false;
    for (let i = start; i < end; i++) if (content[at++] !== buffer[i]) return false;
    return true;
  }

  #add(buffer: Uint8Array, start: number, end: number, hash: number): number {
    const number = this.#size++;
    if (number === this.#hashes.length) this.#grow();
    const { bytes } = this;
    this.bytes += end - start;
    if (this.bytes > this.#content.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes, this.#content.length * 2));
      larger.set(this.#content.subarray(0, bytes));
      this.#content = larger;
    }
    this.#content.set(buffer.subarray(start, end), bytes);
    this.#ends[number] = this.bytes;
    this.#hashes[number] = hash;
    this.#place(number);
    return number;
  }

  #grow(): void {
    const most = this.#hashes.length * 2;
    const hashes = new Int32Array(most);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const ends = new Float64Array(most);
    ends.set(this.#ends);
    this.#ends = ends;
    this.#slots = new Int32Array(most * 2).fill(-1);
    for (let i = 0; i < most / 2; i++) this.#place(i);
  }

  #place(number: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[number]! & mask;
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
    this.#slots[slot] = number;
  }
}

function hashOf(buffer: Uint8Array, start: number, end: number): number {
  let hash = SEED;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ buffer[i]!, 0x01000193);
  // The low bits alone choose the slot.
  return hash ^ (hash >>> 15);
}
