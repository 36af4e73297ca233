import type { FamilySet } from './body-family.ts';
import type { LabelUsage } from './label-limits.ts';
import type { MetricType } from './metric-type.ts';
import type { NameTable } from './name-table.ts';

/** A run of labelled lines: a deflate block of its own, or, while it is small, the bytes themselves. Immutable. */
export interface BlockPart {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly deflated: boolean;
  /** Bytes before compression. */
  readonly rawLength: number;
  /** CRC-32 of the bytes before compression; 0 where they are not deflated. */
  readonly crc: number;
  /** Another number each time that the object is used again. */
  readonly filling?: number;
}

/** One target's samples of one metric family. Immutable. */
export interface FamilyBlock {
  /** Number of the family's name in the exposition's name table. */
  readonly name: number;
  readonly type: MetricType;
  /** Number of the HELP text, escaped as written; -1 for none. */
  readonly help: number;
  readonly samples: number;
  /** What strict readers may refuse in it: bits of `Unfit`. */
  readonly unfit: number;
  /** Which label names of their own its samples have; see BodyFamily. */
  readonly labelKeys: readonly string[];
  /** In the order of the samples. */
  readonly parts: readonly BlockPart[];
}

/** What one accepted body became: its family blocks in the order in which the body began them. Immutable until `SpareFamilies` has its set. */
export interface LabelledExposition {
  /** Where the objects of its families are from. */
  readonly set: FamilySet;
  readonly names: NameTable;
  readonly families: readonly FamilyBlock[];
  /** Families that have a HELP or TYPE line and no samples; no more than some thousand. */
  readonly bare: readonly FamilyBlock[];
  readonly samples: number;
  /** Bytes that its parts hold which are not deflated. */
  readonly smallBytes: number;
  /** Memory that it takes, in bytes. */
  readonly heldBytes: number;
  /** How near its samples come to the limits of labels. */
  readonly usage: LabelUsage;
}

/** Gives the memory of parts back at once: the collector would wait until much more of it has gathered. Nobody may use them any more. */
export function freeParts(parts: readonly BlockPart[]): void {
  for (const { bytes } of parts) freeBuffer(bytes);
}

/** The same for any bytes whose buffer nobody else uses. */
export function freeBuffer({ buffer, length }: Uint8Array): void {
  if (length > 0 && buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
}
