import type { BlockDeflater } from '../exposition/block-deflater.ts';
import { ascii, utf8 } from '../exposition/bytes.ts';
import { unescapeLabelValue } from '../exposition/escape.ts';
import type { BlockPart } from '../exposition/family-block.ts';
import { suffixes, type MetricType } from '../exposition/metric-type.ts';
import { readSampleLine } from '../exposition/sample-line.ts';
import { compileSelector, type CompiledSelector, type Selector } from '../selector/selector.ts';
import { linesOf, partOf } from './part.ts';

/** Keeps the labelled lines whose series any of the selectors matches. */
export class LineFilter {
  readonly #selectors: readonly CompiledSelector[];

  constructor(selectors: readonly Selector[]) {
    this.#selectors = selectors.map(compileSelector);
  }

  /** Whether a family of that name and type can hold a series that matches. */
  mayMatch(name: string, type: MetricType): boolean {
    return ['', ...suffixes(type)].some((suffix) =>
      this.#selectors.some((selector) => selector.mayMatchName(name + suffix)),
    );
  }

  /** The lines of the part that match; undefined when none does. Big results are deflated again. */
  filter(part: BlockPart, deflater: BlockDeflater): BlockPart | undefined {
    const lines = linesOf(part);
    const kept = Buffer.allocUnsafe(lines.length);
    let length = 0;
    for (let at = 0; at < lines.length;) {
      const next = this.#next(lines, at);
      if (next.matches) {
        kept.set(lines.subarray(at, next.at), length);
        length += next.at - at;
      }
      at = next.at;
    }
    return length === 0 ? undefined : partOf(kept.subarray(0, length), deflater);
  }

  #next(lines: Uint8Array, at: number): { at: number; matches: boolean } {
    const line = readSampleLine(lines, at, lines.length);
    if (line === undefined) throw new Error('a labelled line without an end');
    const labels = (name: string): string => {
      if (name === '__name__') return ascii(lines, at, line.nameEnd);
      for (let i = 0; i < line.labels.length; i += 4) {
        if (ascii(lines, line.labels[i]!, line.labels[i + 1]!) !== name) continue;
        return unescapeLabelValue(utf8(lines, line.labels[i + 2]!, line.labels[i + 3]!));
      }
      return '';
    };
    return { at: line.next, matches: this.#selectors.some((selector) => selector.matches(labels)) };
  }
}
