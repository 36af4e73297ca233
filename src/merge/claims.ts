import { createHash } from 'node:crypto';
import { ascii, utf8 } from '../exposition/bytes.ts';
import { unescapeLabelValue } from '../exposition/escape.ts';
import { readSampleLine } from '../exposition/sample-line.ts';
import { IntList } from './int-list.ts';
import { linesOf } from './part.ts';
import { reportLines, REPORT_FAMILIES } from './report.ts';
import type { ShareTarget } from './share.ts';

/** Samples that are looked at in one worker. It bounds the work that a cluster of duplicates makes; what comes behind is not compared. */
export const MOST_CLAIMS = 200_000;
/** Samples that are worked on between two pauses. */
const STEP_SAMPLES = 256;

/** Series that targets have, in the order of the targets. Plain values that can cross threads. */
export interface Claims {
  /** A hash of each series, equal for equal series. */
  readonly hashes: Float64Array<ArrayBuffer>;
  /** Whose each is: the target's number in the share; -1 for the gateway's own report series. */
  readonly owners: Int32Array<ArrayBuffer>;
}

/** The owner of report series. */
export const REPORT_OWNER = -1;

/** The series of these families, as far as `MOST_CLAIMS` goes. Pauses. */
export function* claimsOf(
  targets: readonly ShareTarget[],
  families: readonly string[],
): Generator<void, Claims, void> {
  const hashes: number[] = [];
  const owners = new IntList();
  for (const { owner, series } of seriesOf(targets, families)) {
    hashes.push(hashOf(series));
    owners.push(owner);
    if (hashes.length === MOST_CLAIMS) break;
    if (hashes.length % STEP_SAMPLES === 0) yield;
  }
  return { hashes: Float64Array.from(hashes), owners: owners.toArray() };
}

/** The texts of the series at these places among the claims. Pauses. */
export function* claimTexts(
  targets: readonly ShareTarget[],
  families: readonly string[],
  places: readonly number[],
): Generator<void, string[], void> {
  const wanted = new Set(places);
  const last = Math.max(...places);
  const found = new Map<number, string>();
  let place = 0;
  for (const { series } of seriesOf(targets, families)) {
    if (wanted.has(place)) found.set(place, series);
    if (place === last) break;
    if (++place % STEP_SAMPLES === 0) yield;
  }
  return places.map((one) => found.get(one) ?? '');
}

interface Claim {
  readonly owner: number;
  /** With its labels sorted and none of them empty, so that equal series have equal texts. */
  readonly series: string;
}

/** Report series first, as in the answer. A series that a target has several times comes several times. */
function* seriesOf(
  targets: readonly ShareTarget[],
  families: readonly string[],
): Generator<Claim, void, void> {
  const wanted = new Set(families);
  for (const { name } of REPORT_FAMILIES) {
    if (!wanted.has(name)) continue;
    for (const series of seriesIn(reportLines(name, targets))) yield { owner: REPORT_OWNER, series };
  }
  for (const [owner, { exposition }] of targets.entries()) {
    if (exposition === undefined) continue;
    for (const { name, parts } of exposition.families) {
      if (!wanted.has(exposition.names.text(name))) continue;
      for (const part of parts) for (const series of seriesIn(linesOf(part))) yield { owner, series };
    }
  }
}

function* seriesIn(lines: Uint8Array): Generator<string, void, void> {
  for (let at = 0; at < lines.length;) {
    const line = readSampleLine(lines, at, lines.length);
    if (line === undefined) throw new Error('a labelled line without an end');
    const labels: [name: string, value: string][] = [];
    for (let i = 0; i < line.labels.length; i += 4) {
      const value = unescapeLabelValue(utf8(lines, line.labels[i + 2]!, line.labels[i + 3]!));
      if (value !== '') labels.push([ascii(lines, line.labels[i]!, line.labels[i + 1]!), value]);
    }
    labels.sort(([a], [b]) => (a < b ? -1 : 1));
    const text = labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',');
    yield `${ascii(lines, at, line.nameEnd)}{${text}}`;
    at = line.next;
  }
}

/** 48 bits of it: among 200,000 series two that differ have the same hash once in ten thousand times. */
function hashOf(series: string): number {
  return createHash('sha1').update(series).digest().readUIntBE(0, 6);
}
