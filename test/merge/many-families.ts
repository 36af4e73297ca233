import { NameTable } from '../../src/exposition/name-table.ts';
import { MetricType } from '../../src/exposition/metric-type.ts';
import type { ShareTarget } from '../../src/merge/share.ts';
import type { Outcome } from '../../src/scrape/outcome.ts';
import { read, rulesOf } from '../exposition/fixture.ts';

const SAMPLE = Buffer.from(`sample{x="${'long '.repeat(20)}"} 1\n`);
const PARTS = [
  { bytes: SAMPLE, start: 0, end: SAMPLE.length, deflated: false, rawLength: SAMPLE.length, crc: 0 },
];

/** What became of the scrape of such a target. */
export const EVERYTHING_UP: Outcome = {
  up: true,
  durationSeconds: 1,
  samples: 1,
  samplesPost: 1,
  wireBytes: 1,
  bodyBytes: 1,
};

/** Tells how often names were looked at. */
class CountingTable extends NameTable {
  looked = 0;

  override text(number: number): string {
    this.looked++;
    return `family_${(number * 7919) % 1_000_003}`;
  }
}

/** A target with so many families of one sample, made without a scan; their names are in no order. */
export function manyFamilies(count: number): { readonly target: ShareTarget; readonly looked: number } {
  const names = new CountingTable();
  const families = Array.from({ length: count }, (_, name) => ({
    name,
    type: MetricType.gauge,
    help: -1,
    samples: 1,
    unfit: 0,
    labelKeys: [],
    parts: PARTS,
  }));
  const exposition = { ...read(''), names, families, samples: count };
  const target = { rules: rulesOf({ instance: 'i', job: 'j' }), outcome: EVERYTHING_UP, exposition };
  return {
    target,
    get looked() {
      return names.looked;
    },
  };
}
