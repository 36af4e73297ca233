import type { BufferPool, ParkedBuffers } from './buffer-pool.ts';
import type { BlockPart, FamilyBlock, LabelledExposition } from './family-block.ts';
import type { KnownRun } from './known-run.ts';
import type { LabelRules } from './label-rules.ts';
import { MetricType } from './metric-type.ts';
import type { NameTable } from './name-table.ts';

// Most families of a body with very many have one part; a list of exactly that length takes a tenth of one that was pushed to.
const NO_PARTS: readonly FilledPart[] = Object.freeze([]);

const NO_BYTES = new Uint8Array(0);
const NO_KEYS: readonly string[] = Object.freeze([]);
/** What stands for the label names of a family with more kinds of samples than are worth remembering. */
export const ANY_LABELS: readonly string[] = Object.freeze(['*']);
const MOST_KEYS = 4;
/** After so many changes in a row, samples are looked at in every sixteenth body. */
const MOST_CHANGES = 4;

/** A part that is filled again when its family is. */
export class FilledPart implements BlockPart {
  bytes: Uint8Array = NO_BYTES;
  start: number = 0;
  end: number = 0;
  deflated: boolean = false;
  rawLength: number = 0;
  crc: number = 0;
  filling: number = 0;

  set(
    bytes: Uint8Array,
    start: number,
    end: number,
    deflated: boolean,
    rawLength: number,
    crc: number,
  ): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.deflated = deflated;
    this.rawLength = rawLength;
    this.crc = crc;
    this.filling++;
  }
}

/**
 * One metric family of one body while it is scanned, and its block afterwards; then that of the target's next body, if it has the family.
 * A body can have a million of them, so nothing is copied.
 */
export class BodyFamily implements FamilyBlock {
  readonly name: number;
  /** Which of the bodies of its set it is of. */
  turn: number = 0;
  type: MetricType = MetricType.none;
  /** Number of the HELP text in the name table, or -1. */
  help: number = -1;
  samples: number = 0;
  /** What strict readers may refuse in it: bits of `Unfit`. */
  unfit: number = 0;
  /** Whether it has samples that bear its name with a suffix. Its type stays as it is then. */
  owns: boolean = false;
  /** Whether samples of its very name have come and are in it. */
  settled: boolean = false;
  /** Which label names its samples have: for each kind of sample its names with commas between. `*` alone stands for too many kinds. */
  labelKeys: readonly string[] = NO_KEYS;
  /** The first and the last of its runs that are not packed yet, by their numbers in `Runs`; -1 for none. */
  firstRun: number = -1;
  lastRun: number = -1;
  /** What its samples were in the last body, when they can be told from others; then what they are in this one. */
  known: KnownRun | undefined = undefined;
  /** How often its samples changed one body after the other, and how many bodies are not looked at for that. */
  #changes = 0;
  #unseen = 0;
  /** What is packed. Only the last part may be small and not deflated. */
  parts: readonly FilledPart[] = NO_PARTS;
  /** What the last body had; to be filled again. */
  #spareParts: readonly FilledPart[] = NO_PARTS;
  #spareKeys: readonly string[] = NO_KEYS;

  constructor(name: number) {
    this.name = name;
  }

  /** Begins anew, in the body of that turn. */
  reset(turn: number): void {
    const { known, parts } = this;
    const isWhole = known !== undefined && known.samples === this.samples && parts.length === 1;
    if (!isWhole || known.turn !== this.turn || this.turn !== turn - 1) this.known = undefined;
    this.type = MetricType.none;
    this.help = -1;
    this.samples = 0;
    this.unfit = 0;
    this.owns = false;
    this.settled = false;
    this.#spareKeys = this.labelKeys;
    this.labelKeys = NO_KEYS;
    this.firstRun = -1;
    this.lastRun = -1;
    this.#spareParts = this.parts;
    this.parts = NO_PARTS;
  }

  /** What `known` was made into in the last body; undefined where it is not known. Its bytes may be elsewhere by now. */
  get knownPart(): BlockPart | undefined {
    return this.known && this.#spareParts[0];
  }

  /** It has the samples of `known`, and no other so far. */
  repeat(known: KnownRun): void {
    this.samples = known.samples;
    this.unfit |= known.unfit;
    this.labelKeys = this.#spareKeys;
    known.turn = this.turn;
    this.#changes = 0;
  }

  /** Its samples are not those of `known`, or no run of which the next body could have the same. */
  change(): void {
    this.known = undefined;
    if (this.#changes < MOST_CHANGES) this.#changes++;
    this.#unseen = (1 << this.#changes) - 1;
  }

  /**
   * Whether it is worth while to find out how its samples can be told from others; to be asked once in each body. In most families they are
   * others each time.
   */
  isWorthKnowing(): boolean {
    if (this.#unseen === 0) return true;
    this.#unseen--;
    return false;
  }

  /** Takes note of label names that some of its samples have; `keys` has one entry. */
  noteLabels(keys: readonly string[]): void {
    const { labelKeys } = this;
    if (labelKeys === keys) return;
    if (labelKeys.length === 0) {
      this.labelKeys = keys;
      return;
    }
    const key = keys[0]!;
    if (labelKeys === ANY_LABELS || labelKeys.includes(key)) return;
    if (labelKeys.length >= MOST_KEYS) this.labelKeys = ANY_LABELS;
    else this.labelKeys = this.#isSpare(labelKeys, key) ? this.#spareKeys : [...labelKeys, key];
  }

  /** Whether the last body's label names were these, in that order. */
  #isSpare(keys: readonly string[], last: string): boolean {
    const spare = this.#spareKeys;
    if (spare.length !== keys.length + 1 || spare[keys.length] !== last) return false;
    for (let i = 0; i < keys.length; i++) if (spare[i] !== keys[i]) return false;
    return true;
  }

  /** Whether what it has ends with something that is not deflated yet. */
  get isOpen(): boolean {
    return this.firstRun >= 0 || this.smallPart !== undefined;
  }

  /** The last part where it is small and not deflated. */
  get smallPart(): BlockPart | undefined {
    const { parts } = this;
    const last = parts.length > 0 ? parts[parts.length - 1]! : undefined;
    return last === undefined || last.deflated ? undefined : last;
  }

  /** Takes out the part that `smallPart` gives. */
  dropSmallPart(): void {
    (this.parts as FilledPart[]).pop();
  }

  /** Adds a part behind the others, which is to be filled. */
  addPart(): FilledPart {
    const spare = this.#spareParts;
    if (this.parts.length === 0 && spare.length > 0) {
      this.#spareParts = NO_PARTS;
      if (spare.length > 1) (spare as FilledPart[]).length = 1;
      this.parts = spare;
      return spare[0]!;
    }
    const part = new FilledPart();
    if (this.parts.length === 0) this.parts = [part];
    else (this.parts as FilledPart[]).push(part);
    return part;
  }

  /** Puts what another family has before what this one has. The other one has nothing then. */
  takeOver(other: BodyFamily): void {
    this.parts = [...other.parts, ...this.parts];
    other.parts = NO_PARTS;
    this.samples += other.samples;
    other.samples = 0;
    this.unfit |= other.unfit;
    for (const key of other.labelKeys) this.noteLabels([key]);
    if (this.help < 0) this.help = other.help;
  }

  /** Lets go of all bytes. */
  clear(): void {
    this.parts = NO_PARTS;
  }
}

/** Families of one body, and then of the next of the same target: the objects of those that come again are filled again. */
export class FamilySet {
  readonly names: NameTable;
  readonly #known: Map<number, BodyFamily> = new Map();
  /** Those of this body in the order in which it began them; there may be others behind them. */
  readonly list: BodyFamily[] = [];
  /** How many of `list` are of this body. */
  size: number = 0;
  /** What the last body's parts are in. */
  parked: ParkedBuffers | undefined;
  /** What made labels of its samples. */
  rules: LabelRules | undefined;
  #turn = 1;
  #begun = 0;

  constructor(names: NameTable) {
    this.names = names;
  }

  /** How many objects it has. */
  get objects(): number {
    return this.#known.size;
  }

  /** How many of them are of a body that is complete. */
  get begun(): number {
    return this.#begun;
  }

  /** The family of that name, when the body has it. */
  find(name: number): BodyFamily | undefined {
    // Mostly the one that was begun last.
    const last = this.list[this.size - 1];
    if (last?.name === name) return last;
    const family = this.#known.get(name);
    return family !== undefined && family.turn === this.#turn ? family : undefined;
  }

  /** The family of that name, which the body may begin with this. */
  begin(name: number): BodyFamily {
    const { list, size } = this;
    const last = list[size - 1];
    if (last?.name === name) return last;
    // Mostly the one that stood there in the last body.
    const next = list[size];
    let family = next?.name === name && next.turn !== this.#turn ? next : this.#known.get(name);
    if (family === undefined) {
      family = new BodyFamily(name);
      this.#known.set(name, family);
    } else if (family.turn === this.#turn) return family;
    else family.reset(this.#turn);
    family.turn = this.#turn;
    this.list[this.size++] = family;
    return family;
  }

  /** Which of its bodies is read. */
  get turn(): number {
    return this.#turn;
  }

  /** Whether what parts of the last body hold is still there, for a body whose samples get these labels. */
  isThereFor(rules: LabelRules): boolean {
    return this.parked !== undefined && this.parked.isThere && this.rules === rules;
  }

  /** Whether the next body's lines of some family may turn out to be the same as those of this one. */
  get isKnown(): boolean {
    for (const { known } of this.list) if (known !== undefined) return true;
    return false;
  }

  /** What the last body's parts hold is not needed any more. */
  letGo(): void {
    this.parked?.give();
    this.parked = undefined;
  }

  /** The body is complete; so many of `list` are what it became. */
  end(size: number): void {
    this.#begun = this.size;
    this.size = size;
    if (this.list.length > size) this.list.length = size;
  }

  /** Begins another body. Nobody may read the last one any more. */
  next(): void {
    this.size = 0;
    this.#turn++;
  }
}

/** A body with more families has new ones each time: there are few such, and they would take megabytes. */
export const MOST_SPARE = 2000;
/** What the objects of a family take. Measured. */
const SPARE_FAMILY_BYTES = 670;

/** What one target's last body leaves to the next: its families as objects, without their bytes. */
export class SpareFamilies {
  #set: FamilySet | undefined;
  #held = 0;
  #closed = false;
  readonly #count: (bytes: number) => void;

  /** `count` is told how many bytes more it takes, or fewer when negative. */
  constructor(count: (bytes: number) => void = () => undefined) {
    this.#count = count;
  }

  /** An empty set for the next body, which has these names. */
  take(names: NameTable): FamilySet {
    const set = this.#set;
    this.#hold(undefined);
    if (set === undefined || set.names !== names) {
      set?.letGo();
      return new FamilySet(names);
    }
    set.next();
    return set;
  }

  /** Nobody reads what the body became any more, nor ever will. Its buffers go back to the pool, or stay as they are for what the next body repeats. */
  give({ set, families }: LabelledExposition, buffers: BufferPool): void {
    // Of a pod that has others each time, most would never come again.
    const isKept = !this.#closed && set.objects <= Math.min(MOST_SPARE, set.begun * 2);
    if (isKept && set.isKnown) set.parked = buffers.park(families);
    if (set.parked === undefined) buffers.giveBack(families);
    if (isKept) this.#put(set);
  }

  /** Forgets what it has. */
  clear(): void {
    this.#put(undefined);
  }

  /** There will be no other body. */
  close(): void {
    this.#closed = true;
    this.clear();
  }

  #put(set: FamilySet | undefined): void {
    if (this.#set !== set) this.#set?.letGo();
    this.#hold(set);
  }

  #hold(set: FamilySet | undefined): void {
    const held = (set?.objects ?? 0) * SPARE_FAMILY_BYTES;
    this.#count(held - this.#held);
    this.#held = held;
    this.#set = set;
  }
}
