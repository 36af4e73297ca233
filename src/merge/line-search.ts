import { Byte } from '../exposition/bytes.ts';
import { unescapeLabelValue, escapeLabelValue } from '../exposition/escape.ts';
import { readSampleLine } from '../exposition/sample-line.ts';
import type { CompiledMatcher } from '../selector/selector.ts';

/** Verdicts on values that a search remembers: they repeat from line to line. */
const REMEMBERED_VALUES = 1024;

/** Decides on one label, or on the name, in labelled lines that are asked for in their order. */
interface Search {
  /** To be called before the lines of another part. */
  begin(): void;
  /** Whether the line `[start, end)` fits. */
  fits(lines: Buffer, start: number, end: number): boolean;
}

/** Keeps lines that fit all matchers of any of some selectors. The lines are in canonical form and labelled. */
export class LineSearch {
  readonly #choices: readonly (readonly Search[])[];
  /** Where there is one selector with `label="value"` in it: the bytes to look for, and what else must fit. */
  readonly #exact: { readonly needle: Buffer; readonly others: readonly Search[] } | undefined;

  /** With the matchers of each selector, at least one. */
  constructor(selectors: readonly (readonly CompiledMatcher[])[]) {
    this.#choices = selectors.map((matchers) => matchers.map(searchOf));
    const [only = [], ...more] = selectors;
    const exact = more.length === 0 ? only.findIndex(hasOwnBytes) : -1;
    const matcher = only[exact];
    if (matcher === undefined) return;
    const others = this.#choices[0]!.filter((_, i) => i !== exact);
    this.#exact = { needle: Buffer.from(`${matcher.name}="${escapeLabelValue(matcher.value)}"`), others };
  }

  /** Hot. Copies the lines that fit to `output`, which has room for all; returns how many bytes those are. */
  copy(lines: Buffer, output: Buffer): number {
    for (const choice of this.#choices) for (const search of choice) search.begin();
    return this.#exact === undefined
      ? this.#copyLineByLine(lines, output)
      : this.#copyHits(lines, output, this.#exact);
  }

  #copyHits(
    lines: Buffer,
    output: Buffer,
    { needle, others }: { readonly needle: Buffer; readonly others: readonly Search[] },
  ): number {
    let length = 0;
    let from = 0;
    // Neighbours are copied together.
    let runStart = 0;
    let runEnd = 0;
    for (;;) {
      const hit = lines.indexOf(needle, from);
      if (hit < 0) break;
      const before = lines[hit - 1];
      if (before !== Byte.comma && before !== Byte.braceOpen) {
        from = hit + 1;
        continue;
      }
      const start = lines.lastIndexOf(Byte.newline, hit) + 1;
      const end = lines.indexOf(Byte.newline, hit) + 1;
      from = end;
      if (!allFit(others, lines, start, end)) continue;
      if (start !== runEnd) {
        length += lines.copy(output, length, runStart, runEnd);
        runStart = start;
      }
      runEnd = end;
    }
    return length + lines.copy(output, length, runStart, runEnd);
  }

  #copyLineByLine(lines: Buffer, output: Buffer): number {
    const choices = this.#choices;
    let length = 0;
    let runStart = 0;
    for (let start = 0; start < lines.length;) {
      const end = lines.indexOf(Byte.newline, start) + 1;
      if (!choices.some((searches) => allFit(searches, lines, start, end))) {
        length += lines.copy(output, length, runStart, start);
        runStart = end;
      }
      start = end;
    }
    return length + lines.copy(output, length, runStart, lines.length);
  }
}

function allFit(searches: readonly Search[], lines: Buffer, start: number, end: number): boolean {
  for (const search of searches) if (!search.fits(lines, start, end)) return false;
  return true;
}

function searchOf(matcher: CompiledMatcher): Search {
  return matcher.name === '__name__' ? new NameSearch(matcher) : new LabelSearch(matcher);
}

/**
 * Whether the label's own bytes are found in exactly the lines that fit. What stands between quotes has its quotes escaped, so `a="b"`
 * can begin inside a value only where that value ends with `a=`; then a comma or a brace follows.
 */
function hasOwnBytes({ name, op, value }: CompiledMatcher): boolean {
  return op === '=' && name !== '__name__' && /^[^,}]/.test(value) && value.isWellFormed();
}

class NameSearch implements Search {
  readonly #verdicts: Verdicts;

  constructor({ fits }: CompiledMatcher) {
    this.#verdicts = new Verdicts(fits);
  }

  begin(): void {}

  fits(lines: Buffer, start: number): boolean {
    let end = start;
    while (lines[end] !== Byte.braceOpen && lines[end] !== Byte.space) end++;
    return this.#verdicts.of(lines, start, end);
  }
}

class LabelSearch implements Search {
  readonly #name: string;
  /** The label's name up to the quote. */
  readonly #needle: Buffer;
  readonly #verdicts: Verdicts;
  /** What lines without the label get. */
  readonly #absent: boolean;
  /** Where the label comes next, or behind the end. -1 when that is not known. */
  #next = -1;

  constructor({ name, fits }: CompiledMatcher) {
    this.#name = name;
    this.#needle = Buffer.from(`${name}="`);
    this.#verdicts = new Verdicts(fits);
    this.#absent = fits('');
  }

  begin(): void {
    this.#next = -1;
  }

  fits(lines: Buffer, start: number, end: number): boolean {
    if (this.#next < start) this.#next = this.#find(lines, start);
    if (this.#next >= end) return this.#absent;
    const valueStart = this.#next + this.#needle.length;
    const first = lines[valueStart];
    // A value that ends with the label's name and an equals sign looks the same.
    if (first === Byte.comma || first === Byte.braceClose) return this.#read(lines, start, end);
    let valueEnd = valueStart;
    while (lines[valueEnd] !== Byte.quote) valueEnd += lines[valueEnd] === Byte.backslash ? 2 : 1;
    return this.#verdicts.of(lines, valueStart, valueEnd);
  }

  #find(lines: Buffer, start: number): number {
    for (let at = start; ; at++) {
      at = lines.indexOf(this.#needle, at);
      if (at < 0) return lines.length;
      const before = lines[at - 1];
      if (before === Byte.comma || before === Byte.braceOpen) return at;
    }
  }

  #read(lines: Buffer, start: number, end: number): boolean {
    const { labels } = readSampleLine(lines, start, end)!;
    for (let i = 0; i < labels.length; i += 4) {
      if (lines.toString('latin1', labels[i], labels[i + 1]) === this.#name)
        return this.#verdicts.of(lines, labels[i + 2]!, labels[i + 3]!);
    }
    return this.#absent;
  }
}

/** What a matcher says of values, which are remembered by their bytes as they stand. */
class Verdicts {
  readonly #fits: (value: string) => boolean;
  readonly #known: Map<string, boolean> = new Map();

  constructor(fits: (value: string) => boolean) {
    this.#fits = fits;
  }

  of(lines: Buffer, start: number, end: number): boolean {
    const key = lines.toString('latin1', start, end);
    let verdict = this.#known.get(key);
    if (verdict === undefined) {
      verdict = this.#fits(unescapeLabelValue(lines.toString('utf8', start, end)));
      if (this.#known.size === REMEMBERED_VALUES) this.#known.clear();
      this.#known.set(key, verdict);
    }
    return verdict;
  }
}
