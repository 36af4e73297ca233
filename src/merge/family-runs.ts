import type { NameTable } from '../exposition/name-table.ts';
import { ShareFamily } from './share-family.ts';

/** Families that are looked up and sorted in one piece. A usual share has fewer; this many take some milliseconds. */
const RUN_FAMILIES = 8192;
/** Families that are worked on between two pauses. */
const STEP_FAMILIES = 512;

/** By name; the report series before what targets expose. */
export function compareFamilies(a: ShareFamily, b: ShareFamily): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return Number(b.report) - Number(a.report);
}

/**
 * Collects families by name and sorts them. Where there are very many they are sorted in runs that are merged in the end,
 * so that no step is long. A family may be in several runs until then; its parts come in the order in which they were
 * added.
 */
export class FamilyRuns {
  readonly #runs: ShareFamily[][] = [];
  #families: Map<string, ShareFamily> = new Map();
  #reports: Map<string, ShareFamily> = new Map();
  /** Those of exposed families by the numbers of their names, in the table that was asked for last. */
  #numbered: (ShareFamily | undefined)[] = [];
  #names: NameTable | undefined;

  /** Hot. The same as `family` for an exposed one whose name has that number: nearly all targets of a worker have one table of names. */
  numbered(names: NameTable, number: number): ShareFamily {
    if (names !== this.#names) {
      this.#names = names;
      this.#numbered = [];
    }
    const known = this.#numbered[number];
    if (known !== undefined) return known;
    const family = this.family(names.text(number), false);
    this.#numbered[number] = family;
    return family;
  }

  /** The family to add parts to. Valid until the next call. */
  family(name: string, report: boolean): ShareFamily {
    const families = report ? this.#reports : this.#families;
    let family = families.get(name);
    if (family === undefined) {
      if (families.size === RUN_FAMILIES) {
        this.#endRun();
        return this.family(name, report);
      }
      family = new ShareFamily(name, report);
      families.set(name, family);
    }
    return family;
  }

  /** All families, sorted. Pauses every few hundred families. */
  *sorted(): Generator<void, readonly ShareFamily[], void> {
    this.#endRun();
    let runs = this.#runs;
    while (runs.length > 1) {
      const longer: ShareFamily[][] = [];
      for (let i = 0; i < runs.length; i += 2) {
        const second = runs[i + 1];
        longer.push(second === undefined ? runs[i]! : yield* mergeRuns(runs[i]!, second));
      }
      runs = longer;
    }
    return runs[0]!;
  }

  #endRun(): void {
    this.#runs.push([...this.#reports.values(), ...this.#families.values()].sort(compareFamilies));
    this.#families = new Map();
    this.#reports = new Map();
    this.#numbered = [];
  }
}

/** Merges two sorted lists. Of two families of the same name the first takes over what the second has. Pauses. */
export function* mergeRuns(
  first: readonly ShareFamily[],
  second: readonly ShareFamily[],
): Generator<void, ShareFamily[], void> {
  const last = first.at(-1);
  // Many bodies are sorted.
  if (last === undefined || second.length === 0 || compareFamilies(last, second[0]!) < 0)
    return first.concat(second);
  const merged: ShareFamily[] = [];
  let i = 0;
  let j = 0;
  while (i < first.length || j < second.length) {
    if (merged.length % STEP_FAMILIES === 0) yield;
    const a = first[i];
    const b = second[j];
    const order = a === undefined ? 1 : b === undefined ? -1 : compareFamilies(a, b);
    if (order === 0) a!.absorb(b!);
    merged.push(order <= 0 ? a! : b!);
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  return merged;
}

/** Where the exposed family of that name is in a sorted list; undefined when it is not there. */
export function findFamily(families: readonly ShareFamily[], name: string): ShareFamily | undefined {
  let low = 0;
  for (let high = families.length; low < high;) {
    const middle = (low + high) >>> 1;
    const family = families[middle]!;
    if (family.name < name || (family.name === name && family.report)) low = middle + 1;
    else high = middle;
  }
  const found = families[low];
  return found?.name === name ? found : undefined;
}
