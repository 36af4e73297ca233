import { inflateRawSync } from 'node:zlib';
import type { Account } from '../../src/exposition/account.ts';
import type { SpareFamilies } from '../../src/exposition/body-family.ts';
import { BodyReader, runToEnd } from '../../src/exposition/body-reader.ts';
import { Workshop } from '../../src/exposition/workshop.ts';
import type { BlockPart, LabelledExposition } from '../../src/exposition/family-block.ts';
import { LabelRules } from '../../src/exposition/label-rules.ts';
import { MetricType, typeWord } from '../../src/exposition/metric-type.ts';
import { ScanError } from '../../src/exposition/scan-error.ts';

/** How a body is read in a test. */
export interface Reading {
  readonly rules?: LabelRules;
  readonly shop?: Workshop;
  readonly gzip?: boolean;
  /** Sizes of the pieces in which the body comes, over and over; in one piece without. */
  readonly chunks?: readonly number[];
  readonly limit?: number;
  readonly inflation?: { readonly from: number; readonly most: number };
  readonly sampleLimit?: number;
  readonly openMetrics?: boolean;
  readonly account?: Account;
  readonly spare?: SpareFamilies;
}

/** A metric family of a body, for tables. */
export interface ShownFamily {
  readonly name: string;
  /** The word of the TYPE line, or `none`. */
  readonly type: string;
  /** The escaped text of the HELP line. */
  readonly help?: string;
  readonly samples: number;
  readonly text: string;
}

/** Rules of a target with these labels, in any order. Labels and timestamps are honored unless said otherwise. */
export function rulesOf(
  labels: Readonly<Record<string, string>> = { instance: 'i', job: 'j' },
  { honorLabels = true, honorTimestamps = true } = {},
): LabelRules {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return new LabelRules(sorted, honorLabels, honorTimestamps);
}

/** `body` in pieces of those sizes, over and over. */
export function* piecesOf(body: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let start = 0;
  for (let i = 0; start < body.length; i++) {
    const end = start + Math.max(1, sizes[i % sizes.length]!);
    yield body.subarray(start, end);
    start = end;
  }
}

/** Reads a whole body; `body` is what comes over the wire. Throws what the reader throws. */
export function read(body: string | Uint8Array, reading: Reading = {}): LabelledExposition {
  const { rules = rulesOf(), shop = new Workshop(), gzip = false, chunks, ...form } = reading;
  const bytes = Buffer.from(body);
  const reader = new BodyReader(shop, rules, { gzip, limit: 1e9, ...form });
  try {
    for (const piece of piecesOf(bytes, chunks ?? [bytes.length])) runToEnd(reader.push(piece));
    return runToEnd(reader.finish());
  } finally {
    reader.close();
  }
}

/** The lines that a part holds, inflated when it is a deflate block. */
export function textOf({ bytes, start, end, deflated }: BlockPart): Buffer {
  const own = Buffer.from(bytes.subarray(start, end));
  return deflated ? inflateRawSync(Buffer.concat([own, Buffer.of(3, 0)])) : own;
}

/** The families in the order in which the body began them. */
export function show({ names, families }: LabelledExposition): ShownFamily[] {
  return families.map(({ name, type, help, samples, parts }) => ({
    name: names.text(name),
    type: type === MetricType.none ? 'none' : typeWord(type),
    ...(help >= 0 && { help: names.text(help) }),
    samples,
    text: Buffer.concat(parts.map(textOf)).toString(),
  }));
}

/** All that an exposition says, but for how it is packed: where blocks end depends on how long reading took. */
export function shown(exposition: LabelledExposition): object {
  const { families, bare, names, samples, smallBytes, usage } = exposition;
  const told = families.map(({ unfit, labelKeys }) => ({ unfit, keys: [...labelKeys] }));
  const without = bare.map(({ name, type, help }) => ({
    name: names.text(name),
    type,
    help: help < 0 ? '' : names.text(help),
  }));
  const small = families.flatMap(({ parts }) => parts.filter(({ deflated }) => !deflated));
  const miscounted = smallBytes - small.reduce((sum, { start, end }) => sum + end - start, 0);
  return { families: show(exposition), told, without, samples, miscounted, usage };
}

/** The labelled lines of all families, in their order. */
export function linesOf(body: string | Uint8Array, reading: Reading = {}): string {
  return show(read(body, reading))
    .map((family) => family.text)
    .join('');
}

/** Why a body is refused, or `accepted`. */
export function refusalOf(body: string | Uint8Array, reading: Reading = {}): string {
  try {
    read(body, reading);
  } catch (error) {
    if (error instanceof ScanError) return error.message;
    throw error;
  }
  return 'accepted';
}

/** What an action throws. */
export function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
