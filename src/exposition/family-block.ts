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
  /** In the order of the samples. */
  readonly parts: readonly BlockPart[];
}

/** What one accepted body became: its family blocks in the order in which the body began them. Immutable. */
export interface LabelledExposition {
  readonly names: NameTable;
  readonly families: readonly FamilyBlock[];
  readonly samples: number;
  /** Bytes that its parts hold which are not deflated. */
  readonly smallBytes: number;
}
