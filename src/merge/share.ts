import type { BlockDeflater } from '../exposition/block-deflater.ts';
import { combineCrc } from '../exposition/crc.ts';
import type { BlockPart, FamilyBlock, LabelledExposition } from '../exposition/family-block.ts';
import { MetricType } from '../exposition/metric-type.ts';
import type { Selector } from '../selector/selector.ts';
import { LineFilter } from './line-filter.ts';
import { settleFamily } from './settle.ts';
import { ShareFamily, type Origin } from './share-family.ts';
import { REPORT_FAMILIES, reportLines, type Reported } from './report.ts';

/** Deflated bytes that are handed over at a time: enough that messages cost nothing, little enough that a slow reader holds up little. */
const PART_BYTES = 1024 * 1024;

/** One family of a share, without its bytes. */
export interface SurveyFamily {
  readonly name: string;
  /** Whether these are report series, which come before those of the targets. */
  readonly report: boolean;
  /** Number of targets with samples by the type that they declare. */
  readonly types: readonly number[];
  /** Number of targets with samples by the HELP text that they have. */
  readonly helps: ReadonlyMap<string, number>;
  /** The types that the samples it still holds were declared with: bit 2^n for the type n. */
  readonly kinds: number;
  /** What strict readers may refuse in it: bits of `Unfit`. */
  readonly unfit: number;
  /** Whether it has samples of its own name that strict readers refuse under the type that was settled. */
  readonly stuck: boolean;
}

/** Deflated bytes of a family: those of the next `length` bytes of a part. */
export interface ShareRow {
  /** Index into the survey. */
  readonly family: number;
  readonly length: number;
  readonly rawLength: number;
  readonly crc: number;
  /** Whether this ends the family; otherwise the next part goes on with it. */
  readonly complete: boolean;
}

const REPORT: Origin = { type: MetricType.gauge, unfit: 0 };

/** One target of a share. `exposition` is there when the target is up. */
export interface ShareTarget extends Reported {
  readonly exposition?: LabelledExposition;
}

/** Deflated bytes and what they are, in order. `bytes` belongs to the receiver. */
export interface SharePart {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly rows: readonly ShareRow[];
}

/**
 * One worker's share of one answer: the family blocks of its targets and their report series, each family's in the order
 * of the targets. Made from a view of scrapes that do not change, so answers of several callers go on side by side.
 */
export class Share {
  #families: readonly ShareFamily[];
  readonly #byName: Map<string, ShareFamily> = new Map();
  readonly #deflater: BlockDeflater;

  /** With selectors, only lines that match one of them. `deflater` is scratch, used only inside a call. */
  constructor(targets: readonly ShareTarget[], selectors: readonly Selector[], deflater: BlockDeflater) {
    this.#deflater = deflater;
    const filter = selectors.length > 0 ? new LineFilter(selectors) : undefined;
    this.#addReport(targets, filter);
    for (const { exposition } of targets) {
      if (exposition !== undefined) this.#addExposition(exposition, filter);
    }
    this.#families = [...this.#byName.values()].filter((family) => family.parts.length > 0);
  }

  /** The families without their bytes. Indexes into it are the order that `compose` takes. */
  survey(): SurveyFamily[] {
    return this.#families.map(({ name, report, types, helps, kinds, unfit, stuck }) => ({
      name,
      report,
      types,
      helps,
      kinds,
      unfit,
      stuck,
    }));
  }

  /**
   * Makes these families hold only what strict readers take under the type that was decided for each; what they refuse
   * becomes a family of its sample's name, without a type. The survey is another one afterwards.
   */
  settle(decided: ReadonlyMap<string, MetricType>): void {
    for (const [name, type] of decided) {
      const family = this.#byName.get(name);
      if (family === undefined) continue;
      settleFamily(family, type, (home) => this.#family(home, false), this.#deflater);
    }
    this.#families = [...this.#byName.values()].filter((family) => family.parts.length > 0);
  }

  /**
   * Hot. The bytes of the families in the given order. Small blocks of targets that follow one another are deflated
   * together, others are copied as they are.
   */
  *compose(order: readonly number[]): Generator<SharePart, void, void> {
    const deflater = this.#deflater;
    let rows: ShareRow[] = [];
    deflater.clear();
    for (const index of order) {
      const { parts } = this.#families[index]!;
      let row: ShareRow = { family: index, length: 0, rawLength: 0, crc: 0, complete: true };
      const add = (length: number, rawLength: number, crc: number): void => {
        row = {
          family: index,
          length: row.length + length,
          rawLength: row.rawLength + rawLength,
          crc: row.rawLength === 0 ? crc : combineCrc(row.crc, crc, rawLength),
          complete: true,
        };
      };
      for (let i = 0; i < parts.length;) {
        const part = parts[i]!;
        if (part.deflated) {
          deflater.append(part.bytes, part.start, part.end);
          add(part.end - part.start, part.rawLength, part.crc);
          i++;
        } else {
          deflater.begin();
          for (let raw = 0; i < parts.length && !parts[i]!.deflated && raw < PART_BYTES; i++) {
            const { bytes, start, end } = parts[i]!;
            deflater.add(bytes, start, end);
            raw += end - start;
          }
          const block = deflater.finish();
          add(block.length, block.rawLength, block.crc);
        }
        if (deflater.length < PART_BYTES) continue;
        rows.push({ ...row, complete: i === parts.length });
        yield { bytes: copyOf(deflater), rows };
        rows = [];
        row = { family: index, length: 0, rawLength: 0, crc: 0, complete: true };
        // Another share may have used it in between; nothing of ours was left in it.
        deflater.clear();
      }
      if (row.length > 0) rows.push(row);
    }
    yield { bytes: copyOf(deflater), rows };
  }

  #addReport(targets: readonly Reported[], filter: LineFilter | undefined): void {
    for (const { name, help } of REPORT_FAMILIES) {
      if (filter !== undefined && !filter.mayMatch(name, MetricType.gauge)) continue;
      const bytes = reportLines(name, targets);
      if (bytes.length === 0) continue;
      const part = { bytes, start: 0, end: bytes.length, deflated: false, rawLength: bytes.length, crc: 0 };
      const family = this.#family(name, true);
      if (!this.#addPart(family, part, REPORT, filter)) continue;
      // No pod has a say in what these are.
      family.types[MetricType.gauge] = Number.POSITIVE_INFINITY;
      family.helps.set(help, Number.POSITIVE_INFINITY);
    }
  }

  #addExposition(exposition: LabelledExposition, filter: LineFilter | undefined): void {
    for (const block of exposition.families) {
      const name = exposition.names.text(block.name);
      if (filter !== undefined && !filter.mayMatch(name, block.type)) continue;
      this.#addBlock(this.#family(name, false), block, exposition, filter);
    }
  }

  #addBlock(
    family: ShareFamily,
    block: FamilyBlock,
    { names }: LabelledExposition,
    filter: LineFilter | undefined,
  ): void {
    let some = false;
    for (const part of block.parts) some = this.#addPart(family, part, block, filter) || some;
    if (!some) return;
    if (block.type !== MetricType.none) family.types[block.type]!++;
    if (block.help >= 0) {
      const help = names.text(block.help);
      family.helps.set(help, (family.helps.get(help) ?? 0) + 1);
    }
  }

  #addPart(family: ShareFamily, part: BlockPart, origin: Origin, filter: LineFilter | undefined): boolean {
    const kept = filter === undefined ? part : filter.filter(part, this.#deflater);
    if (kept === undefined) return false;
    family.add(kept, origin);
    return true;
  }

  #family(name: string, report: boolean): ShareFamily {
    const key = report ? `${name} report` : name;
    let family = this.#byName.get(key);
    if (family === undefined) {
      family = new ShareFamily(name, report);
      this.#byName.set(key, family);
    }
    return family;
  }
}

function copyOf(deflater: BlockDeflater): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(deflater.length);
  copy.set(deflater.bytes.subarray(0, deflater.length));
  return copy;
}
