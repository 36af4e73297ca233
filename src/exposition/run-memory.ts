import { MOST_SPARE, type BodyFamily } from './body-family.ts';
import type { Body } from './body.ts';
import { Byte } from './bytes.ts';
import type { KnownRun } from './known-run.ts';
import type { LabelledOutput } from './labelled-output.ts';
import type { LineCoder } from './line-coder.ts';

/**
 * Hot. Finds families whose lines are, byte for byte, those of the target's last body, so that what came of them then holds again. It looks at runs of lines
 * that stand behind the HELP or TYPE line of their family, in the coder's window.
 */
export class RunMemory {
  readonly #output: LabelledOutput;
  readonly #coder: LineCoder;
  #body!: Body;
  #isOn = false;
  /** The family whose HELP or TYPE was read last, when nothing came after it. */
  #declared: BodyFamily | undefined;
  /** The family whose run is under way and is to be known, where that begins, and how many runs the output had begun. */
  #family: BodyFamily | undefined;
  #start = 0;
  #opened = 0;

  constructor(output: LabelledOutput, coder: LineCoder) {
    this.#output = output;
    this.#coder = coder;
  }

  /** Begins or goes on with a body. */
  begin(body: Body): void {
    this.#body = body;
    // Limits are looked at line by line, and OpenMetrics is rewritten elsewhere.
    this.#isOn = !body.rules.limited && !body.rewritten;
    this.forget();
  }

  /** What was read is not where it was any more, or is of no use. */
  forget(): void {
    this.#declared = undefined;
    this.#family = undefined;
  }

  /** A line that begins with `#` was read: HELP or TYPE of that family, or a comment. */
  declared(family: BodyFamily | undefined): void {
    this.#declared = this.#isOn ? family : undefined;
  }

  /** Whether a line that is a sample is the first of its family's run. */
  get isExpecting(): boolean {
    return this.#declared !== undefined;
  }

  /**
   * The run of the family that was declared begins at `start`. Gives where it ends when it is known, and is in the output then; else `start`.
   * Whole lines are known up to `limit`; `last` says that nothing comes behind. The coder has them `offset` bytes before.
   */
  enter(buffer: Uint8Array, start: number, limit: number, last: boolean, offset: number): number {
    const family = this.#declared!;
    this.#declared = undefined;
    const body = this.#body;
    if (family.samples > 0 || family.isOpen || body.discarded) return start;
    const { known } = family;
    if (known !== undefined) {
      const end = start + known.length;
      const ends = end < limit ? buffer[end] === Byte.hash : end === limit && last;
      if (ends && this.#isSame(known, start - offset, family)) {
        if (this.#repeat(family, known)) return end;
      } else if (end < limit || last) family.change();
    }
    // Of a body with more, nothing is left for the next.
    if (body.families.size <= MOST_SPARE && family.isWorthKnowing()) {
      this.#family = family;
      this.#start = start;
      // Lines of the family before would not begin a run, and so go unnoticed.
      this.#output.endRun();
      this.#opened = this.#output.opened;
    }
    return start;
  }

  #isSame(known: KnownRun, place: number, family: BodyFamily): boolean {
    const coder = this.#coder;
    return (
      known.type === family.type &&
      coder.fingerprint(place, known.length) === known.low &&
      coder.fingerprintHigh === known.high
    );
  }

  /** Takes over what came of the run in the last body. False when that is gone, or would be kept in another form now. */
  #repeat(family: BodyFamily, known: KnownRun): boolean {
    const part = family.knownPart;
    const { families, rules } = this.#body;
    if (part === undefined || !families.isThereFor(rules) || !this.#output.wouldBeLike(part)) return false;
    if (this.#body.familyOfSample(family.name) !== family) return false;
    this.#output.take(family, part);
    family.repeat(known);
    this.#coder.jumpTo(known.lastShape);
    return true;
  }

  /** What comes at `end` is no sample of the run under way, if there is one. */
  leave(end: number, offset: number): void {
    const family = this.#family;
    if (family === undefined) return;
    this.#family = undefined;
    const output = this.#output;
    // One run in one piece, and all of its samples have the name of the family: no other run ends it, and no other family has a say in it.
    if (output.opened !== this.#opened + 1 || output.family !== family || family.owns) {
      family.change();
      return;
    }
    const length = end - this.#start;
    const low = this.#coder.fingerprint(this.#start - offset, length);
    const { type, samples, unfit } = family;
    const { turn } = this.#body.families;
    const lastShape = this.#coder.current;
    family.known = { turn, length, low, high: this.#coder.fingerprintHigh, type, samples, unfit, lastShape };
  }
}
