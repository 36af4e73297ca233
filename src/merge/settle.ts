import type { BlockDeflater } from '../exposition/block-deflater.ts';
import { ascii, utf8 } from '../exposition/bytes.ts';
import { unescapeLabelValue } from '../exposition/escape.ts';
import { MetricType, suffixes } from '../exposition/metric-type.ts';
import { readSampleLine, type SampleLine } from '../exposition/sample-line.ts';
import { Unfit, unfitFor, unfitOf } from '../exposition/unfit.ts';
import { linesOf, partOf } from './part.ts';
import type { Origin, ShareFamily } from './share-family.ts';

/** Of lines that were sorted out of their target's family: where they go now, they may be refused again. */
const SORTED_OUT: Origin = { type: MetricType.none, unfit: Unfit.le | Unfit.quantile | Unfit.negative };

/**
 * Makes a family hold only what strict readers take when it is of `type`. What they refuse goes, in the order of the
 * targets, to the families of its sample names, which `familyOf` gives. All samples of a target that have the same name
 * stay or go together, so that those of a series keep their order. Samples of the family's own name stay even so;
 * `stuck` tells of them. Pauses; returns the bytes that it copied.
 */
export function* settleFamily(
  family: ShareFamily,
  type: MetricType,
  familyOf: (name: string) => ShareFamily,
  deflater: BlockDeflater,
): Generator<void, number, void> {
  const all = family.empty();
  family.stuck = false;
  const refused = new Map<Origin, Set<string>>();
  for (const { part, origin } of all) {
    const foreign = origin.type !== type && suffixes(origin.type).length > 0;
    if (!foreign && (origin.unfit & unfitFor(type)) === 0) continue;
    let names = refused.get(origin);
    if (names === undefined) refused.set(origin, (names = new Set()));
    addRefusedNames(names, linesOf(part), family.name, type);
    yield;
  }
  let copiedBytes = 0;
  const settled = new Map<Origin, Origin>();
  for (const { part, origin } of all) {
    const names = refused.get(origin);
    if (names === undefined) {
      family.add([part], origin);
      continue;
    }
    family.stuck ||= names.has(family.name);
    let own = settled.get(origin);
    if (own === undefined) settled.set(origin, (own = { type, unfit: origin.unfit & ~unfitFor(type) }));
    const lines = linesOf(part);
    for (const [home, bytes] of sortLines(lines, (name) => (names.has(name) ? name : family.name))) {
      const to = home === family.name ? family : familyOf(home);
      const copied = partOf(bytes, deflater);
      copiedBytes += copied.bytes.length;
      to.add([copied], home === family.name ? own : SORTED_OUT);
    }
    yield;
  }
  return copiedBytes;
}

function addRefusedNames(names: Set<string>, lines: Uint8Array, family: string, type: MetricType): void {
  const known = new Set([family, ...suffixes(type).map((suffix) => family + suffix)]);
  for (const { name, line } of samplesOf(lines)) {
    if (!known.has(name) || !isFit(lines, line, name.slice(family.length), type)) names.add(name);
  }
}

/** `suffix` is what the sample's name has behind the family's. */
function isFit(lines: Uint8Array, line: SampleLine, suffix: string, type: MetricType): boolean {
  const label = (wanted: string): string | undefined => {
    for (let i = 0; i < line.labels.length; i += 4) {
      if (ascii(lines, line.labels[i]!, line.labels[i + 1]!) === wanted) {
        return unescapeLabelValue(utf8(lines, line.labels[i + 2]!, line.labels[i + 3]!));
      }
    }
    return undefined;
  };
  // A sum may be negative.
  const value = suffix === '_sum' ? '0' : ascii(lines, line.valueStart, line.valueEnd);
  return (unfitOf(label('le'), label('quantile'), suffix === '_count', value) & unfitFor(type)) === 0;
}

/** The lines by where they go, each group in one buffer of its own. */
function sortLines(lines: Uint8Array, homeOf: (name: string) => string): Map<string, Uint8Array> {
  const pieces = new Map<string, Uint8Array[]>();
  for (const { name, line, start } of samplesOf(lines)) {
    const home = homeOf(name);
    const piece = lines.subarray(start, line.next);
    const group = pieces.get(home);
    if (group === undefined) pieces.set(home, [piece]);
    else group.push(piece);
  }
  return new Map([...pieces].map(([home, group]) => [home, Buffer.concat(group)]));
}

function* samplesOf(
  lines: Uint8Array,
): Generator<{ readonly name: string; readonly line: SampleLine; readonly start: number }, void, void> {
  for (let start = 0; start < lines.length;) {
    const line = readSampleLine(lines, start, lines.length);
    if (line === undefined) throw new Error('a labelled line without an end');
    yield { name: ascii(lines, start, line.nameEnd), line, start };
    start = line.next;
  }
}
