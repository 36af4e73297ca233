import { runToEnd } from '../../src/exposition/body-reader.ts';
import type { MetricType } from '../../src/exposition/metric-type.ts';
import { FamilyRuns } from '../../src/merge/family-runs.ts';
import { surveyPages, type SurveyPage } from '../../src/merge/survey.ts';

/** What a share tells of one family: votes, and what is in it. */
export interface ToldFamily {
  readonly name: string;
  readonly report?: boolean;
  readonly types?: readonly (readonly [type: MetricType, votes: number])[];
  readonly helps?: readonly (readonly [help: string, votes: number])[];
  /** The types that parts were declared with. */
  readonly kinds?: readonly MetricType[];
  readonly unfit?: number;
  readonly stuck?: boolean;
}

const PART = { bytes: new Uint8Array(1), start: 0, end: 1, deflated: false, rawLength: 1, crc: 0 };

/** The survey of a share that was told of these families in this order. */
export function surveyOf(families: Iterable<ToldFamily>): Generator<SurveyPage, void, void> {
  const runs = new FamilyRuns();
  for (const { name, report = false, types = [], helps = [], kinds = [], unfit = 0, stuck } of families) {
    const family = runs.family(name, report);
    for (const [type, votes] of types) family.addType(type, votes);
    for (const [help, votes] of helps) family.addHelp(help, votes);
    for (const type of kinds) family.add([PART], { type, unfit });
    if (stuck === true) family.stuck = true;
  }
  return surveyPages(runToEnd(runs.sorted()));
}
