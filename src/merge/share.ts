import { crc32 } from 'node:zlib';
import type { BlockDeflater } from '../exposition/block-deflater.ts';
import { combineCrc } from '../exposition/crc.ts';
import type { BlockPart, FamilyBlock, LabelledExposition } from '../exposition/family-block.ts';
import { MetricType } from '../exposition/metric-type.ts';
import type { LabelRules } from '../exposition/label-rules.ts';
import { FamilyRuns, findFamily, mergeRuns } from './family-runs.ts';
import { IntList } from './int-list.ts';
import type { BlockMatch, LineFilter } from './line-filter.ts';
import { settleFamily } from './settle.ts';
import type { ShareFamily, Origin } from './share-family.ts';
import { REPORT_FAMILIES, reportLines, type Reported } from './report.ts';
import type { ReadyRuns } from './ready-runs.ts';
import { ROW_FIELDS, type SharePart } from './share-part.ts';
import { storedHead } from './stored-block.ts';
import { surveyPages, type SurveyPage } from './survey.ts';
import { EVERY_VOTE } from './votes.ts';

/** Deflated bytes that are handed over at a time: enough that messages cost nothing, little enough that a slow reader holds up little. */
export const PART_BYTES = 1024 * 1024;
/** A part ends early when it has this many rows, or this many bytes were deflated for it: no step may be long. */
const PART_ROWS = 2048;
const PART_RAW_BYTES = 4 * 1024 * 1024;
/** Fewer bytes than this are stored: deflating them takes ten times as long and saves next to nothing. */
const STORED_BYTES = 128;
/** The same beside runs that were ready: somebody waits for just these. */
const LATE_STORED_BYTES = 512;
/** Families or family blocks that are worked on between two pauses. */
const STEP_FAMILIES = 256;

/** Targets whose blocks are filtered between two pauses, where there is little to do. */
const STEP_TARGETS = 16;

/** What a family takes in a share beside the bytes of its parts; measured. */
const FAMILY_BYTES = 170;

const REPORT: Origin = { type: MetricType.gauge, unfit: 0 };

/** One target of a share. `exposition` is there when the target is up. */
export interface ShareTarget extends Reported {
  readonly exposition?: LabelledExposition;
  /** Without its report series. */
  readonly unreported?: true;
}

/**
 * One worker's share of one answer: the family blocks of its targets and their report series, each family's in the order
 * of the targets. Made from a view of scrapes that do not change, so answers of several callers go on side by side.
 *
 * What takes long is a generator that pauses every few milliseconds at most. The scrapes must be there until the share is
 * not used any more; it may be left at a pause.
 */
export class Share {
  /** All families by name, also those that were emptied. */
  #all: readonly ShareFamily[] = [];
  /** Those that have samples. */
  #families: readonly ShareFamily[] = [];
  readonly #deflater: BlockDeflater;
  readonly #ready: ReadyRuns | undefined;
  #copiedBytes = 0;

  private constructor(deflater: BlockDeflater, ready: ReadyRuns | undefined) {
    this.#deflater = deflater;
    this.#ready = ready;
  }

  /** Memory that it takes beside the expositions, in bytes, about. */
  get heldBytes(): number {
    return this.#all.length * FAMILY_BYTES + this.#copiedBytes;
  }

  /**
   * Makes a share. With a filter, only lines that it keeps. `deflater` is scratch, used only between pauses. `ready` has runs of
   * small blocks that need not be deflated any more.
   */
  static *of(
    targets: readonly ShareTarget[],
    filter: LineFilter | undefined,
    deflater: BlockDeflater,
    ready?: ReadyRuns,
  ): Generator<void, Share, void> {
    const builder = new ShareBuilder(filter, deflater);
    builder.addReport(targets.filter(({ unreported }) => unreported !== true));
    let blocks = 0;
    let looked = 0;
    for (const { exposition, rules } of targets) {
      if (exposition === undefined) continue;
      if (filter !== undefined) {
        const kept = filter.kept(exposition);
        if (kept !== undefined) builder.addAll(kept, exposition);
        else if (filter.mayHold(exposition)) yield* builder.addMatches(exposition, rules);
        if (++looked % STEP_TARGETS === 0) yield;
        continue;
      }
      for (const block of exposition.families) {
        builder.add(block, block.parts, exposition);
        if (++blocks % STEP_FAMILIES === 0) yield;
      }
    }
    const share = new Share(deflater, ready);
    share.#all = yield* builder.runs.sorted();
    share.#families = share.#all;
    share.#copiedBytes = builder.copiedBytes;
    return share;
  }

  /** The families without their bytes, sorted by name. Their numbers are the order that `compose` takes. */
  survey(): Generator<SurveyPage, void, void> {
    return surveyPages(this.#families);
  }

  /**
   * Makes families hold only what strict readers take under the type that was decided for each; what they refuse becomes a
   * family of its sample's name, without a type. `decided` has index and type, one pair after the other. The survey is
   * another one afterwards. Pauses.
   */
  *settle(decided: Int32Array): Generator<void, void, void> {
    const runs = new FamilyRuns();
    const familyOf = (name: string): ShareFamily => findFamily(this.#all, name) ?? runs.family(name, false);
    for (let i = 0; i < decided.length; i += 2) {
      const family = this.#families[decided[i]!]!;
      this.#copiedBytes += yield* settleFamily(
        family,
        decided[i + 1] as MetricType,
        familyOf,
        this.#deflater,
      );
      yield;
    }
    this.#all = yield* mergeRuns(this.#all, yield* runs.sorted());
    this.#families = yield* withSamples(this.#all);
  }

  /**
   * Hot. The bytes of the families in the given order. Small blocks of targets that follow one another are deflated
   * together, others are copied as they are. `partBytes` gives the size of the next part.
   */
  *compose(order: Int32Array, partBytes: () => number = () => PART_BYTES): Generator<SharePart, void, void> {
    const deflater = this.#deflater;
    let rows = new IntList(Math.min(order.length, PART_ROWS) * ROW_FIELDS);
    let deflated = 0;
    let limit = partBytes();
    deflater.clear();
    for (const index of order) {
      const { parts } = this.#families[index]!;
      let length = 0;
      let rawLength = 0;
      let crc = 0;
      let isBehindReady = false;
      for (let i = 0; i < parts.length;) {
        const before = deflater.length;
        const part = parts[i]!;
        const run = part.deflated ? undefined : this.#ready?.at(parts, i);
        let raw = part.rawLength;
        let rawCrc = part.crc;
        if (part.deflated) {
          deflater.append(part.bytes, part.start, part.end);
          i++;
        } else if (run !== undefined) {
          deflater.append(run.bytes, run.start, run.end);
          raw = run.rawLength;
          rawCrc = run.crc;
          i += run.parts.length;
          isBehindReady = true;
        } else {
          const end = endOfRun(parts, i, this.#ready);
          raw = 0;
          for (let j = i; j < end; j++) raw += parts[j]!.rawLength;
          const isLate = isBehindReady || (end < parts.length && this.#ready?.at(parts, end) !== undefined);
          rawCrc =
            raw < (isLate ? LATE_STORED_BYTES : STORED_BYTES)
              ? store(parts, i, end, raw, deflater)
              : deflate(parts, i, end, deflater);
          deflated += raw;
          i = end;
        }
        length += deflater.length - before;
        crc = rawLength === 0 ? rawCrc : combineCrc(crc, rawCrc, raw);
        rawLength += raw;
        const last = i === parts.length;
        const full = deflater.length >= limit || deflated >= PART_RAW_BYTES;
        if (!last && !full) continue;
        for (const field of [index, length, rawLength, crc | 0, Number(last)]) rows.push(field);
        if (!full && rows.length < PART_ROWS * ROW_FIELDS) continue;
        yield { bytes: copyOf(deflater), rows: rows.toArray() };
        rows = new IntList(rows.length);
        [length, rawLength, deflated] = [0, 0, 0];
        limit = partBytes();
        // Another share may have used it in between; nothing of ours was left in it.
        deflater.clear();
      }
    }
    yield { bytes: copyOf(deflater), rows: rows.toArray() };
  }
}

/** Puts the families of a share together. */
class ShareBuilder {
  readonly runs: FamilyRuns = new FamilyRuns();
  /** Bytes of lines that a filter has copied. */
  copiedBytes: number = 0;
  readonly #filter: LineFilter | undefined;
  readonly #deflater: BlockDeflater;

  constructor(filter: LineFilter | undefined, deflater: BlockDeflater) {
    this.#filter = filter;
    this.#deflater = deflater;
  }

  addReport(targets: readonly Reported[]): void {
    for (const { name, help } of REPORT_FAMILIES) {
      if (this.#filter !== undefined && !this.#filter.mayMatch(name, MetricType.gauge)) continue;
      const bytes = reportLines(name, targets);
      if (bytes.length === 0) continue;
      const part = { bytes, start: 0, end: bytes.length, deflated: false, rawLength: bytes.length, crc: 0 };
      const kept = this.#filter === undefined ? part : this.#filter.filter(part, this.#deflater);
      if (kept === undefined) continue;
      const family = this.runs.family(name, true);
      family.add([kept], REPORT);
      family.addType(MetricType.gauge, EVERY_VOTE);
      family.addHelp(help, EVERY_VOTE);
    }
  }

  /** Finds and adds the lines of a target that match. Pauses. */
  *addMatches(exposition: LabelledExposition, rules: LabelRules): Generator<void, void, void> {
    this.addAll(yield* this.#filter!.matches(exposition, rules, this.#deflater), exposition);
  }

  /** Adds the lines of a target that were found. */
  addAll(matches: readonly BlockMatch[], exposition: LabelledExposition): void {
    for (const { block, parts, copiedBytes } of matches) {
      this.copiedBytes += copiedBytes;
      this.add(block, parts, exposition);
    }
  }

  /** Hot. Adds these parts, which are those of the block or what is left of them. */
  add(block: FamilyBlock, parts: readonly BlockPart[], { names }: LabelledExposition): void {
    const family = this.runs.numbered(names, block.name);
    family.add(parts, block);
    family.addType(block.type, 1);
    if (block.help >= 0) family.addHelp(names.text(block.help), 1);
  }
}

/** Keeps those that hold samples. Pauses. */
function* withSamples(families: readonly ShareFamily[]): Generator<void, readonly ShareFamily[], void> {
  const kept: ShareFamily[] = [];
  for (const [i, family] of families.entries()) {
    if (family.parts.length > 0) kept.push(family);
    if (i % STEP_FAMILIES === 0) yield;
  }
  return kept;
}

/** The end of the parts that are not deflated and are made one block. */
function endOfRun(parts: readonly BlockPart[], start: number, ready: ReadyRuns | undefined): number {
  let end = start;
  for (let raw = 0; end < parts.length && !parts[end]!.deflated && raw < PART_BYTES; end++) {
    if (end > start && ready?.at(parts, end) !== undefined) break;
    raw += parts[end]!.rawLength;
  }
  return end;
}

/** Appends the parts as one block; returns the CRC of its bytes. */
function deflate(parts: readonly BlockPart[], start: number, end: number, deflater: BlockDeflater): number {
  // A few late lines behind a run that was ready find little to repeat among themselves.
  const before = parts[start - 1];
  if (before === undefined || before.deflated) deflater.begin();
  else deflater.beginBehind(before.bytes, before.start, before.end);
  for (let i = start; i < end; i++) deflater.add(parts[i]!.bytes, parts[i]!.start, parts[i]!.end);
  return deflater.finish().crc;
}

/** Appends the parts as one block that is not compressed; returns the CRC of its bytes. */
function store(
  parts: readonly BlockPart[],
  start: number,
  end: number,
  length: number,
  deflater: BlockDeflater,
): number {
  const head = storedHead(length);
  deflater.append(head, 0, head.length);
  let crc = 0;
  for (let i = start; i < end; i++) {
    const part = parts[i]!;
    deflater.append(part.bytes, part.start, part.end);
    crc = crc32(part.bytes.subarray(part.start, part.end), crc);
  }
  return crc;
}

function copyOf(deflater: BlockDeflater): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(deflater.length);
  copy.set(deflater.bytes.subarray(0, deflater.length));
  return copy;
}
