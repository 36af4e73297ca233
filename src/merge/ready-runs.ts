import type { BlockDeflater } from '../exposition/block-deflater.ts';
import type { BlockPart } from '../exposition/family-block.ts';
import type { NameTable } from '../exposition/name-table.ts';

/** A shorter run is as quickly deflated as looked up. */
const LEAST_RUN_BYTES = 512;
/** A run ends when it has so many bytes. */
const MOST_RUN_BYTES = 1024 * 1024;
/** Bytes that are deflated between two pauses: half a millisecond. */
const STEP_BYTES = 128 * 1024;
/** What a run takes beside its bytes. */
const RUN_BYTES = 200;

/** The parts of a target by family: all that it exposes, or what is left of that. */
export interface TargetParts {
  readonly names: NameTable;
  /** With the numbers of their names. */
  readonly families: readonly { readonly name: number; readonly parts: readonly BlockPart[] }[];
}

/** Small parts of a family that follow one another, deflated as one block. */
export interface ReadyRun {
  readonly parts: readonly BlockPart[];
  /** What each of them was filled with: the object of a part is filled again when nobody reads it any more. */
  readonly fillings: readonly (number | undefined)[];
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly rawLength: number;
  readonly crc: number;
}

/**
 * Runs of small blocks that were deflated before anybody asked: where one target is late, what the others have need not wait for it. A run
 * holds for answers in which the same parts follow one another, whatever stands before and behind.
 */
export class ReadyRuns {
  /** By the first part. */
  readonly #runs: Map<BlockPart, ReadyRun> = new Map();
  /** Memory that they take, in bytes, about. */
  heldBytes: number = 0;

  get size(): number {
    return this.#runs.size;
  }

  /** The run that begins with this part and goes on with those that follow it here. */
  at(parts: readonly BlockPart[], index: number): ReadyRun | undefined {
    if (this.#runs.size === 0) return undefined;
    const run = this.#runs.get(parts[index]!);
    if (run === undefined) return undefined;
    for (let i = 0; i < run.parts.length; i++) {
      const part = parts[index + i];
      if (part !== run.parts[i] || part?.filling !== run.fillings[i]) return undefined;
    }
    return run;
  }

  /** Makes the runs of targets that follow one another, but for those that are there. Pauses; `deflater` is used only in between. */
  *make(targets: readonly TargetParts[], deflater: BlockDeflater): Generator<void, void, void> {
    const families = new Map<string, BlockPart[]>();
    for (const { names, families: blocks } of targets) {
      for (const { name, parts } of blocks) {
        const text = names.text(name);
        const all = families.get(text);
        if (all === undefined) families.set(text, [...parts]);
        else all.push(...parts);
      }
      yield;
    }
    let made: (Omit<ReadyRun, 'bytes'> & { bytes?: Uint8Array })[] = [];
    let raw = 0;
    deflater.clear();
    const end = (): void => {
      const bytes = deflater.bytes.slice(0, deflater.length);
      for (const run of made) {
        const first = run.parts[0]!;
        // One that began there too goes on otherwise: what followed was scraped anew.
        this.#drop(first);
        this.#runs.set(first, { ...run, bytes });
        this.heldBytes += run.end - run.start + RUN_BYTES;
      }
      made = [];
      raw = 0;
    };
    for (const parts of families.values()) {
      for (let i = 0; i < parts.length;) {
        const known = this.at(parts, i);
        const run = known?.parts ?? this.#runAt(parts, i);
        i += Math.max(run.length, 1);
        if (known !== undefined || run.length === 0) continue;
        if (run.length === 1 && !isAlone(parts, i - 1)) continue;
        const rawLength = run.reduce((sum, part) => sum + part.rawLength, 0);
        if (rawLength < LEAST_RUN_BYTES) continue;
        deflater.begin();
        for (const part of run) deflater.add(part.bytes, part.start, part.end);
        const { start, length, crc } = deflater.finish();
        const fillings = run.map((part) => part.filling);
        made.push({ parts: run, fillings, start, end: start + length, rawLength, crc });
        raw += rawLength;
        if (raw < STEP_BYTES) continue;
        end();
        yield;
        deflater.clear();
      }
    }
    end();
  }

  /** Forgets all of them. */
  clear(): void {
    this.#runs.clear();
    this.heldBytes = 0;
  }

  /** Forgets those that begin in this target's parts. */
  forget({ families }: TargetParts): void {
    if (this.#runs.size === 0) return;
    for (const { parts } of families) {
      for (const part of parts) this.#drop(part);
    }
  }

  #drop(first: BlockPart): void {
    const run = this.#runs.get(first);
    if (run === undefined) return;
    this.#runs.delete(first);
    this.heldBytes -= run.end - run.start + RUN_BYTES;
  }

  #runAt(parts: readonly BlockPart[], start: number): readonly BlockPart[] {
    let end = start;
    for (let raw = 0; end < parts.length && !parts[end]!.deflated && raw < MOST_RUN_BYTES; end++) {
      if (end > start && this.at(parts, end) !== undefined) break;
      raw += parts[end]!.rawLength;
    }
    return parts.slice(start, end);
  }
}

/** Whether a small part stands between parts that are deflated; beside a run it finds more to repeat when it comes behind that. */
function isAlone(parts: readonly BlockPart[], index: number): boolean {
  return parts[index - 1]?.deflated !== false && parts[index + 1]?.deflated !== false;
}
