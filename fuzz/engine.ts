import { gzipSync } from 'node:zlib';
import { BodyReader, runToEnd } from '../src/exposition/body-reader.ts';
import { BodySizeError, EncodingError } from '../src/exposition/body-form.ts';
import { SpareFamilies } from '../src/exposition/body-family.ts';
import { Workshop } from '../src/exposition/workshop.ts';
import type { LabelledExposition } from '../src/exposition/family-block.ts';
import { type LabelLimits, NO_LABEL_LIMITS } from '../src/exposition/label-limits.ts';
import { LabelRules } from '../src/exposition/label-rules.ts';
import { ScanError } from '../src/exposition/scan-error.ts';
import type { Member } from './fuzz-case.ts';
import { mergeTargets } from './merge-adapter.ts';

/** How a body comes to the scanner, and by which of its ways it goes. */
export interface Way {
  readonly gzip?: boolean;
  /** Sizes of the pieces in which it comes, over and over; whole without. */
  readonly chunks?: readonly number[];
  /** Bytes of a line without meaning that stands before it. */
  readonly fill?: number;
  /** Whether its turn is over after each region, and a second reader of the same body has turns in between. */
  readonly inTurns?: boolean;
  /** Whether no line is ever predicted from the one before. */
  readonly slow?: boolean;
  /** Whether it goes without the line coder. */
  readonly uncoded?: boolean;
  /** Whether nothing was scanned before it in the same workshop. */
  readonly fresh?: boolean;
  /** Bodies that the target had before, each let go of when it was read; of one character a byte. */
  readonly before?: readonly string[];
  /** Which byte of the wire is not as it was sent. */
  readonly damaged?: number;
}

/** What became of a body. */
export interface Scan {
  /** `crashed` is an error of no known class. */
  readonly verdict: 'accepted' | 'refused' | 'crashed';
  /** The error without its place. */
  readonly message: string;
  /** The line of the body that is at fault, or 0. */
  readonly line: number;
  readonly samples: number;
  readonly samplesPost: number;
  readonly exposition: LabelledExposition | undefined;
}

/** One target of an answer: what became of its body, and the labels it adds. */
export interface MergeTarget {
  readonly rules: LabelRules;
  readonly scan: Scan;
}

/** What the checks are made of; tests of the checks have broken ones. */
export interface Engine {
  scan(member: Member, way: Way): Scan;
  /** The text of an answer; the targets are spread over so many workers. */
  merge(targets: readonly MergeTarget[], workers: number): Buffer;
}

/** With so many labels of the target's the scanner predicts nothing: more than a mask has bits. Sorted behind all others. */
const SLOW_LABELS = Array.from({ length: 30 }, (_, i) => [`zzz${i + 10}`, '0'] as const);
/** What those labels add to a line. */
export const SLOW_TEXT: string = SLOW_LABELS.map(([name, value]) => `${name}="${value}"`).join(',');

/** Those of a member, by whether they are slow; they are the same for all ways. */
const madeRules: readonly [WeakMap<Member, LabelRules>, WeakMap<Member, LabelRules>] = [
  new WeakMap(),
  new WeakMap(),
];

export function rulesOf(member: Member, slow = false): LabelRules {
  const made = madeRules[slow ? 1 : 0];
  let rules = made.get(member);
  if (rules === undefined) made.set(member, (rules = makeRules(member, slow)));
  return rules;
}

function makeRules(member: Member, slow: boolean): LabelRules {
  const labels = Object.entries(member.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  const all = slow ? [...labels, ...SLOW_LABELS] : labels;
  const { honorLabels, honorTimestamps, limits } = member;
  return new LabelRules(all, honorLabels, honorTimestamps, slow ? slowLimits(limits) : limits);
}

function slowLimits(limits: LabelLimits): LabelLimits {
  if (limits === NO_LABEL_LIMITS) return limits;
  const { labelLimit } = limits;
  return { ...limits, labelLimit: labelLimit === 0 ? 0 : labelLimit + SLOW_LABELS.length };
}

/** The sources' own scanner and merge. Workshops are kept, as workers keep theirs, until `renew`. */
export class SourceEngine implements Engine {
  #used = new Workshop();
  #slow = new Workshop();
  #uncoded = new Workshop(null);

  /** Forgets everything that was scanned before. */
  renew(): void {
    this.#used = new Workshop();
    this.#slow = new Workshop();
    this.#uncoded = new Workshop(null);
  }

  scan(member: Member, way: Way): Scan {
    const shop = this.#shopFor(way);
    const filled = way.fill === undefined ? member.body : fill(member, way.fill);
    const wire = way.gzip === true ? gzipSync(filled, { level: 1 }) : filled;
    if (way.damaged !== undefined) wire[way.damaged % wire.length]! ^= 0x10;
    const spare = new SpareFamilies();
    for (const body of way.before ?? []) {
      const one = startReading(shop, member, Buffer.from(body, 'latin1'), { slow: way.slow === true }, spare);
      const { exposition } = finishReading(one, 0);
      if (exposition !== undefined) spare.give(exposition, shop.packer.buffers);
    }
    const readOne = (): Reading => startReading(shop, member, wire, way, spare);
    const lines = way.fill === undefined ? 0 : 1;
    if (way.inTurns !== true) return finishReading(readOne(), lines);
    const readings = [readOne(), readOne()];
    hurry(() => takeTurns(readings));
    return finishReading(readings[0]!, lines);
  }

  #shopFor({ fresh, uncoded, slow }: Way): Workshop {
    if (uncoded === true) return this.#uncoded;
    if (fresh === true) return new Workshop();
    return slow === true ? this.#slow : this.#used;
  }

  merge(targets: readonly MergeTarget[], workers: number): Buffer {
    return mergeTargets(targets, workers);
  }
}

/** One line before the body: a comment, or a HELP where the format has no comments. */
function fill({ body, openMetrics }: Member, bytes: number): Buffer {
  const start = openMetrics ? '# HELP zzz_fill ' : '# ';
  return Buffer.concat([Buffer.from(`${start}${'-'.repeat(Math.max(1, bytes))}\n`), body]);
}

interface Reading {
  readonly steps: Generator<void, LabelledExposition, void>;
  result: LabelledExposition | undefined;
  error: unknown;
  ended: boolean;
}

function startReading(
  shop: Workshop,
  member: Member,
  wire: Uint8Array,
  way: Way,
  spare: SpareFamilies,
): Reading {
  const { gzip = false, chunks = [wire.length], slow = false } = way;
  const form = { gzip, limit: 1e9, openMetrics: member.openMetrics, spare };
  const reader = new BodyReader(shop, rulesOf(member, slow), form);
  return { steps: read(reader, wire, chunks), result: undefined, error: undefined, ended: false };
}

function* read(
  reader: BodyReader,
  wire: Uint8Array,
  chunks: readonly number[],
): Generator<void, LabelledExposition, void> {
  try {
    let start = 0;
    for (let i = 0; start < wire.length; i++) {
      const end = start + Math.max(1, chunks[i % chunks.length]!);
      yield* reader.push(wire.subarray(start, end));
      start = end;
    }
    return yield* reader.finish();
  } finally {
    reader.close();
  }
}

/** A step of each after the other, until all have ended. */
function takeTurns(readings: readonly Reading[]): void {
  for (let going = [...readings]; going.length > 0; going = going.filter(({ ended }) => !ended)) {
    for (const reading of going) {
      try {
        const step = reading.steps.next();
        reading.ended = step.done === true;
        if (step.done === true) reading.result = step.value;
      } catch (error) {
        reading.error = error;
        reading.ended = true;
      }
    }
  }
}

/** Runs something while every look at the clock shows that a turn's time is over. */
function hurry(action: () => void): void {
  let now = 0;
  Object.defineProperty(performance, 'now', { configurable: true, value: () => (now += 1000) });
  try {
    action();
  } finally {
    Reflect.deleteProperty(performance, 'now');
  }
}

function finishReading(reading: Reading, lines: number): Scan {
  try {
    if (!reading.ended) reading.result = runToEnd(reading.steps);
    else if (reading.error !== undefined) throw reading.error;
    const exposition = reading.result!;
    const { samples } = exposition;
    return { verdict: 'accepted', message: '', line: 0, samples, samplesPost: samples, exposition };
  } catch (error) {
    return refusal(error, lines);
  }
}

function refusal(error: unknown, lines: number): Scan {
  const none = { line: 0, samples: 0, samplesPost: 0, exposition: undefined };
  if (error instanceof ScanError) {
    const { line, samples, samplesPost } = error;
    const message = error.message.replace(/^line \d+: /, '');
    return { ...none, verdict: 'refused', message, line: line - lines, samples, samplesPost };
  }
  if (error instanceof EncodingError || error instanceof BodySizeError)
    return { ...none, verdict: 'refused', message: `${error.constructor.name}: ${error.message}` };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { ...none, verdict: 'crashed', message: text };
}
