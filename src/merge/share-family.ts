import { ANY_LABELS } from '../exposition/body-family.ts';
import type { BlockPart } from '../exposition/family-block.ts';
import type { MetricType } from '../exposition/metric-type.ts';
import { Votes } from './votes.ts';

/** Where parts come from: what their target says of the family. One object for all parts of a target. */
export interface Origin {
  /** The type that the target declares. */
  readonly type: MetricType;
  /** Bits of `Unfit`. */
  readonly unfit: number;
  /** Which label names of their own the samples have, where that is known; see BodyFamily. */
  readonly labelKeys?: readonly string[];
}

/** Characters of label names that a family remembers. */
const MOST_LABEL_TEXT = 2000;

const ANY_LABEL = ANY_LABELS[0]!;

const NO_KEYS: readonly string[] = [];
const NO_PARTS: BlockPart[] = [];
const NO_ORIGINS: Origin[] = [];

/**
 * One metric family of a share while it is put together. A broken pod can have a million of them, with one part each, so
 * one has no more fields than it needs, and no list of its own before it has parts of a second target.
 */
export class ShareFamily extends Votes {
  readonly name: string;
  readonly report: boolean;
  /** Whether it has samples of its own name that strict readers refuse under the type that was settled. */
  stuck: boolean = false;
  /** The `labelKeys` of its targets. A list that may belong to an exposition. */
  #labelKeys: readonly string[] = NO_KEYS;
  /** A list that belongs to the exposition while `#origins` is one for all. */
  #parts: readonly BlockPart[] = NO_PARTS;
  /** For each part, or one for all of them. */
  #origins: Origin | readonly Origin[] = NO_ORIGINS;

  constructor(name: string, report: boolean) {
    super();
    this.name = name;
    this.report = report;
  }

  get parts(): readonly BlockPart[] {
    return this.#parts;
  }

  /** The `labelKeys` of its targets, with blanks between; `*` alone stands for too many of them. */
  get labels(): string {
    return this.#labelKeys.filter((key) => key !== '').join(' ');
  }

  /** Bits of `Unfit` of all parts. */
  get unfit(): number {
    if (!isList(this.#origins)) return this.#origins.unfit;
    let bits = 0;
    for (const { unfit } of this.#origins) bits |= unfit;
    return bits;
  }

  /** The types that all parts were declared with: bit 2^n for the type n. */
  get kinds(): number {
    if (!isList(this.#origins)) return 1 << this.#origins.type;
    let bits = 0;
    for (const { type } of this.#origins) bits |= 1 << type;
    return bits;
  }

  /** Hot. Adds the parts of one origin behind those that are there. The list is not changed. */
  add(parts: readonly BlockPart[], origin: Origin): void {
    if (parts.length === 0) return;
    if (origin.labelKeys !== undefined) this.#addLabels(origin.labelKeys);
    if (this.#parts.length === 0) {
      this.#parts = parts;
      this.#origins = origin;
      return;
    }
    const first = this.#origins;
    if (!isList(first)) {
      this.#origins = this.#parts.map(() => first);
      this.#parts = [...this.#parts];
    }
    // They are the family's own now.
    const ownParts = this.#parts as BlockPart[];
    const ownOrigins = this.#origins as Origin[];
    for (const part of parts) {
      ownParts.push(part);
      ownOrigins.push(origin);
    }
  }

  #addLabels(keys: readonly string[]): void {
    const known = this.#labelKeys;
    if (keys === known || known[0] === ANY_LABEL) return;
    if (known.length === 0 && lengthOf(keys) < MOST_LABEL_TEXT) {
      this.#labelKeys = keys;
      return;
    }
    for (const key of keys) {
      if (this.#labelKeys.includes(key)) continue;
      const all = [...this.#labelKeys, key];
      const isShort = key !== ANY_LABEL && lengthOf(all) < MOST_LABEL_TEXT;
      this.#labelKeys = isShort ? all : ANY_LABELS;
      if (!isShort) return;
    }
  }

  /** Takes over what another one of the same name has, as what comes behind. */
  absorb(other: ShareFamily): void {
    this.addVotes(other);
    this.#addLabels(other.#labelKeys);
    for (const { part, origin } of other.empty()) this.add([part], origin);
  }

  /** Takes all parts out. */
  empty(): { readonly part: BlockPart; readonly origin: Origin }[] {
    const origins = this.#origins;
    const all = this.#parts.map((part, i) => ({ part, origin: isList(origins) ? origins[i]! : origins }));
    this.#parts = NO_PARTS;
    this.#origins = NO_ORIGINS;
    return all;
  }
}

/** What they take as one text. */
function lengthOf(keys: readonly string[]): number {
  let length = 0;
  for (const key of keys) length += key.length + 1;
  return length;
}

function isList(origins: Origin | readonly Origin[]): origins is readonly Origin[] {
  return Array.isArray(origins);
}
