import type { LineShape } from './line-shape.ts';
import type { MetricType } from './metric-type.ts';

/** All samples of a family in one body, when they were one run of lines behind its HELP and TYPE: what tells such lines from others, and what came of them. */
export interface KnownRun {
  /** The body that it is of, by its turn in the family set. */
  turn: number;
  /** Bytes of the lines as they were exposed, and the halves of their fingerprint. */
  readonly length: number;
  readonly low: number;
  readonly high: number;
  /** What the family was declared as before them. */
  readonly type: MetricType;
  readonly samples: number;
  /** What strict readers may refuse in them: bits of `Unfit`. */
  readonly unfit: number;
  /** The shape of the last line. */
  readonly lastShape: LineShape | undefined;
}
