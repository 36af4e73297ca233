import type { FailureReason } from '../scrape/failure.ts';
import type { Outcome } from '../scrape/outcome.ts';

/** One target in one answer: its outcome, and the scrape whose exposition is shown when it is up. */
export interface AnswerEntry {
  readonly target: number;
  readonly scrape: number;
  readonly outcome: Outcome;
  /** Without its report series. */
  readonly unreported?: true;
}

/**
 * Entries as they cross from one thread to another: a thousand objects with all that an outcome has would take longer to clone than a small
 * answer to make.
 */
export interface PackedEntries {
  /** For each the numbers of `Field`. */
  readonly numbers: Float64Array<ArrayBuffer>;
  /** Why those that are not up failed, in their order. */
  readonly reasons: readonly (FailureReason | undefined)[];
}

const Field = { target: 0, scrape: 1, bits: 2, duration: 3, samples: 4, samplesPost: 5 } as const;
const FIELDS = 6;
const Bits = { up: 1, unreported: 2 } as const;

export function packEntries(entries: readonly AnswerEntry[]): PackedEntries {
  const numbers = new Float64Array(entries.length * FIELDS);
  const reasons: (FailureReason | undefined)[] = [];
  let at = 0;
  for (const { target, scrape, outcome, unreported } of entries) {
    numbers[at + Field.target] = target;
    numbers[at + Field.scrape] = scrape;
    numbers[at + Field.bits] = (outcome.up ? Bits.up : 0) | (unreported ? Bits.unreported : 0);
    numbers[at + Field.duration] = outcome.durationSeconds;
    numbers[at + Field.samples] = outcome.samples;
    numbers[at + Field.samplesPost] = outcome.samplesPost;
    if (!outcome.up) reasons.push(outcome.reason);
    at += FIELDS;
  }
  return { numbers, reasons };
}

/** The entries with as much of each outcome as an answer shows. */
export function unpackEntries({ numbers, reasons }: PackedEntries): AnswerEntry[] {
  const entries: AnswerEntry[] = [];
  let failed = 0;
  for (let at = 0; at < numbers.length; at += FIELDS) {
    const bits = numbers[at + Field.bits]!;
    const up = (bits & Bits.up) !== 0;
    const reason = up ? undefined : reasons[failed++];
    entries.push({
      target: numbers[at + Field.target]!,
      scrape: numbers[at + Field.scrape]!,
      outcome: {
        up,
        durationSeconds: numbers[at + Field.duration]!,
        samples: numbers[at + Field.samples]!,
        samplesPost: numbers[at + Field.samplesPost]!,
        wireBytes: 0,
        bodyBytes: 0,
        ...(reason !== undefined && { reason }),
      },
      ...((bits & Bits.unreported) !== 0 && { unreported: true }),
    });
  }
  return entries;
}
