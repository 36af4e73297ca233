import type { MetricType } from './metric-type.ts';
import type { NameTable } from './name-table.ts';

/** A HELP or TYPE line that was read before. Its numbers are of the name table that was in use. */
export interface KnownMetadata {
  /** The line with its newline. */
  readonly line: DataView;
  readonly length: number;
  /** Number of the metric name. */
  readonly name: number;
  /** Of a TYPE line. */
  readonly type: MetricType | undefined;
  /** Number of a HELP line's text, or -1. */
  readonly help: number;
  /** The lines that were seen to follow this one, the latest first. */
  next: KnownMetadata | undefined;
  other: KnownMetadata | undefined;
}

/** Bytes of lines that are remembered; a body that has more of them is the next to begin anew. */
const MOST_BYTES = 1024 * 1024;
const MOST_LINE = 1024;
const NO_VIEW = new DataView(new ArrayBuffer(0));

/**
 * Hot. The HELP and TYPE lines of bodies, which are the same from one body to the next, in the same order: one that is expected is
 * compared, which takes a quarter of what reading it and looking its name and text up takes.
 */
export class MetadataMemory {
  #names: NameTable | undefined;
  /** By name, HELP and TYPE apart. */
  #known: Map<number, KnownMetadata> = new Map();
  /** The one that was met last; the first of a body follows the last of the body before. */
  #last: KnownMetadata | undefined;
  #bytes = 0;
  #buffer: Uint8Array | undefined;
  #view: DataView = NO_VIEW;
  #viewLength = 0;

  /** A body begins, whose names are in that table. */
  begin(names: NameTable): void {
    this.#buffer = undefined;
    this.#view = NO_VIEW;
    if (names === this.#names && this.#bytes <= MOST_BYTES) return;
    this.#names = names;
    this.#known = new Map();
    this.#last = undefined;
    this.#bytes = 0;
  }

  /** The line at `at` when it is one of those that are expected. */
  expected(buffer: Uint8Array, at: number): KnownMetadata | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    const view = this.#viewOf(buffer);
    const most = this.#viewLength - at;
    const known = isAt(last.next, view, at, most)
      ? last.next
      : isAt(last.other, view, at, most)
        ? last.other
        : undefined;
    if (known !== undefined) this.#follow(known);
    return known;
  }

  /** Takes note of the line `[start, end)`, newline included, which was not expected. */
  note(
    buffer: Uint8Array,
    start: number,
    end: number,
    { name, type, help }: Pick<KnownMetadata, 'name' | 'type' | 'help'>,
  ): void {
    if (end - start > MOST_LINE || this.#bytes > MOST_BYTES) return;
    const key = name * 2 + Number(type === undefined);
    let known = this.#known.get(key);
    if (known === undefined || !isAt(known, this.#viewOf(buffer), start, end - start)) {
      // Not `slice`, which of a Buffer gives a view of all of it.
      const line = new DataView(new Uint8Array(buffer.subarray(start, end)).buffer);
      known = { line, length: end - start, name, type, help, next: undefined, other: undefined };
      this.#known.set(key, known);
      this.#bytes += end - start;
    }
    this.#follow(known);
  }

  #viewOf(buffer: Uint8Array): DataView {
    if (buffer !== this.#buffer) {
      this.#buffer = buffer;
      this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
      this.#viewLength = buffer.length;
    }
    return this.#view;
  }

  #follow(known: KnownMetadata): void {
    const last = this.#last;
    this.#last = known;
    if (last === undefined || last.next === known) return;
    last.other = last.next;
    last.next = known;
  }
}

/** Hot. Whether there, where are `most` bytes, stands that line: four bytes at a time, the last of which may be compared twice. No such line has less. */
function isAt(
  known: KnownMetadata | undefined,
  view: DataView,
  at: number,
  most: number,
): known is KnownMetadata {
  if (known === undefined) return false;
  const { line, length } = known;
  if (length > most) return false;
  const last = length - 4;
  for (let i = 0; i < last; i += 4) if (view.getInt32(at + i) !== line.getInt32(i)) return false;
  return view.getInt32(at + last) === line.getInt32(last);
}
