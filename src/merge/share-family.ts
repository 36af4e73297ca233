import type { BlockPart } from '../exposition/family-block.ts';
import type { MetricType } from '../exposition/metric-type.ts';

/** Where parts come from: what their target says of the family. One object for all parts of a target. */
export interface Origin {
  /** The type that the target declares. */
  readonly type: MetricType;
  /** Bits of `Unfit`. */
  readonly unfit: number;
}

/** One metric family of a share while it is put together. */
export class ShareFamily {
  readonly name: string;
  readonly report: boolean;
  readonly types: number[] = [0, 0, 0, 0, 0, 0];
  readonly helps: Map<string, number> = new Map();
  /** Bits of `Unfit` of all parts. */
  unfit: number = 0;
  /** The types of all parts: bit 2^n for the type n. */
  kinds: number = 0;
  /** Whether it has samples of its own name that strict readers refuse under the type that was settled. */
  stuck: boolean = false;
  parts: BlockPart[] = [];
  /** For each part. */
  origins: Origin[] = [];

  constructor(name: string, report: boolean) {
    this.name = name;
    this.report = report;
  }

  add(part: BlockPart, origin: Origin): void {
    this.parts.push(part);
    this.origins.push(origin);
    this.unfit |= origin.unfit;
    this.kinds |= 1 << origin.type;
  }

  /** Takes all parts out. */
  empty(): { readonly part: BlockPart; readonly origin: Origin }[] {
    const all = this.parts.map((part, i) => ({ part, origin: this.origins[i]! }));
    this.parts = [];
    this.origins = [];
    this.unfit = 0;
    this.kinds = 0;
    return all;
  }
}
