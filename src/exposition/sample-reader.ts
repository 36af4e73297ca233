import type { BodyFamily } from './body-family.ts';
import type { Body } from './body.ts';
import { ascii, utf8 } from './bytes.ts';
import { escapeLabelValue, unescapeLabelValue } from './escape.ts';
import { checkLabelLimits } from './label-limits.ts';
import type { LabelledOutput } from './labelled-output.ts';
import type { SampleLabel } from './label-rules.ts';
import { LineProblem } from './line-problem.ts';
import type { LineShape } from './line-shape.ts';
import type { SampleLine } from './sample-line.ts';
import { canonicalTimestamp, canonicalValue } from './sample-value.ts';
import { ShapeTable } from './shape-table.ts';
import { unfitOf } from './unfit.ts';

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** The scanner's slow path: samples in any legal form. */
export class SampleReader {
  readonly #output: LabelledOutput;
  readonly #shapes = new ShapeTable();

  constructor(output: LabelledOutput) {
    this.#output = output;
  }

  /**
   * Writes the sample whose line begins at `start`, in canonical form. Returns the shape that lines like it have when they are
   * canonical, or undefined when such lines must come this way too. One that is `unwritable` is only checked and counted. Throws LineProblem.
   */
  read(
    body: Body,
    buffer: Uint8Array,
    line: SampleLine,
    start: number,
    unwritable: boolean = false,
  ): LineShape | undefined {
    const { rules, names } = body;
    const { value, timestamp } = this.numbersOf(body, buffer, line);
    const name = names.number(buffer, start, line.nameEnd);
    const labels: SampleLabel[] = [];
    for (let i = 0; i < line.labels.length; i += 4) {
      labels.push({
        name: ascii(buffer, line.labels[i]!, line.labels[i + 1]!),
        value: unescapeLabelValue(utf8(buffer, line.labels[i + 2]!, line.labels[i + 3]!)),
      });
    }
    const renamed = labels.filter((label) => label.name === '__name__');
    // In the order in which Prometheus looks: the name, the limits, the timestamp, labels that come twice.
    if (renamed.some((label) => !METRIC_NAME.test(label.value)))
      throw new LineProblem('a label "__name__" that is no metric name', { counted: true });
    const others = renamed.length > 0 ? labels.filter((label) => label.name !== '__name__') : labels;
    const { injection, added: fromTarget, own } = rules.apply(others);
    if (rules.limited) {
      const metric = names.text(name);
      const exposed = [...renamed, ...own].map((label) => [label.name, label.value] as const);
      const all = [...fromTarget, ...exposed].filter(([, text]) => text !== '');
      checkLabelLimits(rules.limits, metric, [['__name__', metric], ...all], body.usage);
    }
    if (unwritable) {
      body.unwritten++;
      return undefined;
    }
    const seen = new Set(['__name__']);
    for (const label of [...renamed, ...own]) {
      if (seen.has(label.name)) {
        countDoubled(body, label.name, name);
        return undefined;
      }
      seen.add(label.name);
    }
    const added = own.length > 0 ? injection.before : injection.alone;
    const family = body.familyOfSample(name);
    const ofOwn = (label: string): string | undefined => own.find((one) => one.name === label)?.value;
    family.unfit |= unfitOf(ofOwn('le'), ofOwn('quantile'), names.text(name).endsWith('_count'), value);
    const has = (name: string): boolean =>
      own.some((label) => label.name === name) || fromTarget.some(([added]) => added === name);
    // The target's label of that name is not there either.
    const lost = others.filter((label) => !has(label.name));
    family.noteLabels([[...own, ...lost].map((label) => label.name).join(',')]);
    const head = `${names.text(name)}${own.length > 0 ? '{' : ''}`;
    const rest = own.flatMap((label, i) => [
      `${i > 0 ? ',' : ''}${label.name}="`,
      escapeLabelValue(label.value),
      '"',
    ]);
    this.#write(family, head, added, [...rest, `${own.length > 0 ? '}' : ''} ${value}${timestamp}\n`]);
    return sameNames(own, labels) ? this.#shapes.shapeOf(body, name, labels) : undefined;
  }

  /** The value in canonical form, and the timestamp with a blank before it, where there is one and it is honored. Throws LineProblem. */
  numbersOf(
    { rules }: Body,
    buffer: Uint8Array,
    line: SampleLine,
  ): { readonly value: string; readonly timestamp: string } {
    const value = canonicalValue(ascii(buffer, line.valueStart, line.valueEnd));
    if (value === undefined) {
      const text = JSON.stringify(utf8(buffer, line.valueStart, line.valueEnd).slice(0, 40));
      throw new LineProblem(`${text} is no float that a sample can have`);
    }
    if (line.timestampEnd === line.timestampStart) return { value, timestamp: '' };
    const digits = ascii(buffer, line.timestampStart, line.timestampEnd);
    const timestamp = canonicalTimestamp(digits);
    if (timestamp === undefined)
      throw new LineProblem(`the timestamp ${digits.slice(0, 40)} is beyond 64 bits`);
    return { value, timestamp: rules.honorTimestamps ? ` ${timestamp}` : '' };
  }

  /** Writes the pieces of a line. They are not put together first: one can have many megabytes. */
  #write(family: BodyFamily, head: string, added: Uint8Array, rest: readonly string[]): void {
    // A character of UTF-16 is at most three bytes of UTF-8.
    const most = head.length + added.length + rest.reduce((sum, { length }) => sum + length, 0) * 3;
    const output = this.#output;
    output.add(family, most);
    const { buffer, byteOffset, length } = output.bytes;
    const out = Buffer.from(buffer, byteOffset, length);
    output.end += out.write(head, output.end, 'latin1');
    out.set(added, output.end);
    output.end += added.length;
    for (const piece of rest) output.end += out.write(piece, output.end);
  }
}

/** A sample that has a label twice. Beyond `sample_limit` Prometheus does not look any more, and only counts. */
function countDoubled(body: Body, label: string, name: number): void {
  if (!body.isFull) throw new LineProblem(`label name "${label}" is not unique`, { counted: true });
  body.familyOfSample(name).samples++;
}

function sameNames(own: readonly SampleLabel[], labels: readonly SampleLabel[]): boolean {
  return own.length === labels.length && own.every((label, i) => label.name === labels[i]!.name);
}
