import { isUtf8 } from 'node:buffer';
import type { BodyFamily } from './body-family.ts';
import type { Body } from './body.ts';
import { ascii, Byte, metricNameStart, utf8 } from './bytes.ts';
import { escapeHelp, unescapeHelp } from './escape.ts';
import { LabelledOutput } from './labelled-output.ts';
import type { LineCoder } from './line-coder.ts';
import { LineProblem } from './line-problem.ts';
import { matched, matchLine, valueStops, type LineShape } from './line-shape.ts';
import { MetadataMemory, type KnownMetadata } from './metadata-memory.ts';
import { readMetadataLine, truncation } from './metadata-line.ts';
import type { Packer } from './packer.ts';
import { RunMemory } from './run-memory.ts';
import { isNegative, isNumberAt, Unfit } from './unfit.ts';
import { readSampleLine, type SampleLine } from './sample-line.ts';
import { SampleReader } from './sample-reader.ts';

/** Longer HELP texts are left out: they would be in the memory of every thread. */
const MOST_HELP_BYTES = 64 * 1024;

/**
 * Hot. Scans bodies: validates every line as Prometheus' parser for text 0.0.4 does, adds the target's labels, and
 * gathers the canonical lines by metric family. One scanner serves all bodies of a worker, one call at a time;
 * bodies that come in parts may alternate.
 */
export class Scanner {
  readonly #coder: LineCoder | undefined;
  readonly #output: LabelledOutput;
  #stamp = 0;
  readonly #samples: SampleReader;
  readonly #metadataMemory = new MetadataMemory();
  readonly #runMemory: RunMemory | undefined;
  #body!: Body;
  #buffer!: Uint8Array;

  /** Without a coder everything is done here and by zlib. */
  constructor(packer: Packer, coder: LineCoder | undefined) {
    this.#coder = coder;
    this.#output = new LabelledOutput(packer, coder);
    this.#samples = new SampleReader(this.#output);
    this.#runMemory = coder && new RunMemory(this.#output, coder);
  }

  /** Begins or goes on with a body. What another one gathered and did not pack is forgotten. */
  begin(body: Body): void {
    const { rules } = body;
    this.#body = body;
    this.#measures = rules.limits.labelValueLengthLimit > 0;
    if (rules.longestLine > 0) this.#coder?.beginBody(rules.honorTimestamps, rules.longestLine);
    this.#stamp++;
    this.#output.begin(body);
    this.#metadataMemory.begin(body.names);
    this.#runMemory?.begin(body);
    this.#shape = undefined;
  }

  /**
   * Scans `[start, end)`, which must end with a newline. Whole lines are there up to `limit`, and with `last` none come behind. Returns where it
   * stopped: at `end`, or at the beginning of a sample whose label value runs on behind it, which is an error where nothing is; or further on, when
   * the lines there were those of the last body. Throws ScanError, whose line is counted from the beginning of `buffer`.
   */
  scan(
    buffer: Uint8Array,
    start: number,
    end: number,
    { limit, last }: { readonly limit: number; readonly last: boolean },
  ): number {
    this.#buffer = buffer;
    this.#limit = limit;
    this.#last = last;
    try {
      const line = this.#lines(start, end);
      if (last && end === limit && line < end) throw new LineProblem('a label value that does not end');
      return line;
    } catch (error) {
      if (!(error instanceof LineProblem)) throw error;
      throw this.#body.refusal(error, buffer, 0, this.#problemAt);
    }
  }

  /** What was scanned will not stay where it is. */
  leave(): void {
    this.#runMemory?.forget();
    this.#coder?.leaveWindow();
  }

  /** Packs what was gathered, so that another body can be scanned. */
  pack(): void {
    this.#output.pack();
  }

  #shape: LineShape | undefined;
  /** Whether the lengths of label values are of interest. */
  #measures = false;
  #problemAt = 0;
  /** Up to where there are whole lines, and whether that is the end of the body. */
  #limit = 0;
  #last = false;

  #lines(start: number, limit: number): number {
    const body = this.#body;
    const buffer = this.#buffer;
    const checked = isUtf8(buffer.subarray(start, limit));
    const coder = checked && body.rules.longestLine > 0 ? this.#coder : undefined;
    const offset = coder?.load(buffer, start, limit);
    const stop = valueStops(checked);
    const runs = buffer === coder?.window ? this.#runMemory : undefined;
    if (runs === undefined) this.#runMemory?.forget();
    for (let at = start; ;) {
      if (runs !== undefined && runs.isExpecting && at < limit && buffer[at] !== Byte.hash) {
        at = runs.enter(buffer, at, this.#limit, this.#last, offset!);
        if (at >= limit) return at;
      }
      if (buffer[at] !== Byte.hash) {
        at =
          offset !== undefined && this.#output.codes && !coder!.thrashes
            ? offset + this.#codedLines(at - offset, limit - offset)
            : this.#shapedLines(at, limit, stop);
      }
      if (at >= limit) {
        if (this.#last && at === this.#limit) runs?.leave(at, offset!);
        return at;
      }
      this.#problemAt = at;
      const c = buffer[at]!;
      if (c === Byte.newline) at++;
      else if (c === Byte.hash) {
        runs?.leave(at, offset!);
        at = this.#metadata(at);
      } else if ((c === Byte.space || c === Byte.tab) && !metricNameStart[buffer[at + 1]!]) at++;
      else if (metricNameStart[c]) {
        const sample = readSampleLine(buffer, at, limit);
        if (sample === undefined) return at;
        const found = this.#samples.read(body, buffer, sample, at);
        if (found !== undefined) this.#expect(found);
        at = sample.next;
      } else if (c === Byte.space || c === Byte.tab || (c === Byte.unwritable && body.rewritten)) {
        const sample = readSampleLine(buffer, at + 1, limit);
        if (sample === undefined) return at;
        if (c === Byte.unwritable) this.#samples.read(body, buffer, sample, at + 1, true);
        else this.#refuseBlanks(sample);
        at = sample.next;
      } else if (c === Byte.nul) throw truncation();
      else throw new LineProblem(`${JSON.stringify(utf8(buffer, at, at + 1))} cannot begin a line`);
    }
  }

  /** Lines after a sample that had to be looked at may look like it. */
  #expect(shape: LineShape): void {
    this.#shape?.follow(shape);
    this.#shape = shape;
    if (this.#output.codes) this.#expectCoded(shape);
  }

  #expectCoded(shape: LineShape): boolean {
    if (shape.stamp !== this.#stamp) this.#resolve(shape);
    const injection = this.#body.rules.injection(shape.mask);
    return this.#coder!.expect(shape, shape.family!.name, injection);
  }

  /** Hot. Reads lines that look like those before them, and stops at one that does not. Places are the coder's. */
  #codedLines(at: number, limit: number): number {
    const coder = this.#coder!;
    const output = this.#output;
    while (at < limit) {
      at = coder.run(at, limit, output.end);
      const { samples } = coder;
      if (samples > 0) {
        output.family!.samples += samples;
        output.end = coder.outputEnd;
      }
      const { wanted } = coder;
      if (wanted === undefined) break;
      if (wanted === 'room') output.pack();
      else {
        if (!this.#expectCoded(wanted)) break;
        if (wanted.family !== output.family) output.open(wanted.family!);
      }
    }
    if (this.#measures) {
      const { usage } = this.#body;
      usage.valueLength = Math.max(usage.valueLength, coder.longestLabelValue);
    }
    return at;
  }

  /** Hot. The same without a coder. */
  #shapedLines(start: number, limit: number, stop: Uint8Array): number {
    const buffer = this.#buffer;
    const { honorTimestamps: timestamps, longestLine } = this.#body.rules;
    let at = start;
    let shape = this.#shape;
    while (at < limit && shape !== undefined) {
      let fits: LineShape | undefined = shape;
      let next = matchLine(shape, buffer, at, stop, timestamps);
      if (next < 0) {
        fits = shape.next;
        if (fits !== undefined) next = matchLine(fits, buffer, at, stop, timestamps);
        if (next < 0) {
          fits = shape.other;
          if (fits !== undefined) next = matchLine(fits, buffer, at, stop, timestamps);
        }
      }
      if (next < 0 || next - at > longestLine) break;
      this.#copy(fits!, at, next);
      if (fits !== shape) {
        shape.follow(fits!);
        shape = fits!;
      }
      at = next;
    }
    this.#shape = shape;
    return at;
  }

  /** Prometheus' parser takes blanks before a metric name for a part of it, which makes the name of an otherwise good sample invalid. */
  #refuseBlanks(line: SampleLine): never {
    this.#samples.numbersOf(this.#body, this.#buffer, line);
    throw new LineProblem('blanks before a metric name', { counted: true });
  }

  /** Hot. Writes the line `[start, next)` with the target's labels. */
  #copy(shape: LineShape, start: number, next: number): void {
    if (shape.stamp !== this.#stamp) this.#resolve(shape);
    if (shape.headStamp !== this.#stamp) {
      shape.headStamp = this.#stamp;
      shape.label(this.#body.rules.injection(shape.mask));
    }
    const family = shape.family!;
    const { head } = shape;
    const output = this.#output;
    output.add(family, next - start + head.length);
    if (shape.watched) this.#watch(shape, family);
    if (this.#measures) this.#measure(start, next);
    const out = output.bytes;
    const buffer = this.#buffer;
    out.set(head, output.end);
    let end = output.end + head.length;
    let i = start + shape.nameLength;
    while (i < next) out[end++] = buffer[i++]!;
    output.end = end;
  }

  /** Notes what strict readers would refuse of the line that was matched. */
  #watch(shape: LineShape, family: BodyFamily): void {
    const buffer = this.#buffer;
    if (shape.boundPiece >= 0 && !isNumberAt(buffer, matched.bound)) family.unfit |= shape.boundBit;
    if (shape.countsOnly && buffer[matched.value] === 0x2d) {
      let end = matched.value;
      while (buffer[end]! > Byte.space) end++;
      if (isNegative(ascii(buffer, matched.value, end))) family.unfit |= Unfit.negative;
    }
  }

  /** Notes how long the label values are, escapes counted as they stand. */
  #measure(start: number, next: number): void {
    const buffer = this.#buffer;
    const { usage } = this.#body;
    let opened = -1;
    for (let i = start; i < next; i++) {
      if (buffer[i] === Byte.backslash) i++;
      else if (buffer[i] === Byte.quote) {
        if (opened >= 0 && i - opened > usage.valueLength) usage.valueLength = i - opened;
        opened = opened < 0 ? i + 1 : -1;
      }
    }
  }

  #resolve(shape: LineShape): void {
    const body = this.#body;
    const { rules } = body;
    const family = body.familyOfSample(shape.name);
    shape.stamp = this.#stamp;
    shape.family = family;
    family.noteLabels(shape.labelKeys);
    if (rules.limited) rules.note(shape.labelNames, body.usage);
  }

  #metadata(at: number): number {
    const buffer = this.#buffer;
    const known = this.#metadataMemory.expected(buffer, at);
    if (known !== undefined) {
      this.#declare(known);
      return at + known.length;
    }
    const end = buffer.indexOf(Byte.newline, at);
    const line = readMetadataLine(buffer, at, end);
    if (line === undefined) this.#runMemory?.declared(undefined);
    else {
      const { type } = line;
      const name = this.#body.names.number(buffer, line.nameStart, line.nameEnd);
      const help = type === undefined ? this.#help(line.textStart, end) : -1;
      this.#declare({ name, type, help });
      this.#metadataMemory.note(buffer, at, end + 1, { name, type, help });
    }
    return end + 1;
  }

  #declare({ name, type, help }: Pick<KnownMetadata, 'name' | 'type' | 'help'>): void {
    const family = this.#body.family(name);
    if (type === undefined) family.help = help;
    else this.#body.declare(family, type);
    this.#runMemory?.declared(family);
  }

  /** The number of the HELP text's canonical form; -1 for an empty one, which says no more than none, and for one that is too long. */
  #help(start: number, end: number): number {
    if (start === end || end - start > MOST_HELP_BYTES) return -1;
    const { names } = this.#body;
    const buffer = this.#buffer;
    let i = start;
    while (i < end && buffer[i] !== Byte.backslash) i++;
    if (i === end) return names.number(buffer, start, end);
    const text = Buffer.from(escapeHelp(unescapeHelp(utf8(buffer, start, end))));
    return names.number(text, 0, text.length);
  }
}
