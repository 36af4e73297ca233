import type { BodyFamily } from './body-family.ts';

const FIELDS = 3;
const FIRST_RUNS = 256;
/** What one body with very many needed is given back. */
const MOST_KEPT_RUNS = 64 * 1024;

/** Runs of lines, each of one family, that stand in the scanner's output and are not packed yet. A number stands for each. */
export class Runs {
  /** Families that have runs, in the order of their first ones. */
  readonly families: BodyFamily[] = [];
  /** Of each: its start and end, and the next run of its family, or -1. */
  #numbers = new Int32Array(FIRST_RUNS * FIELDS);
  #used = 0;

  /** Adds a run of this family behind those that it has. */
  add(family: BodyFamily, start: number, end: number): void {
    if (this.#used === this.#numbers.length) {
      const larger = new Int32Array(this.#used * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    const run = this.#used / FIELDS;
    const at = this.#used;
    this.#used += FIELDS;
    this.#numbers[at] = start;
    this.#numbers[at + 1] = end;
    this.#numbers[at + 2] = -1;
    if (family.firstRun < 0) {
      family.firstRun = run;
      this.families.push(family);
    } else this.#numbers[family.lastRun * FIELDS + 2] = run;
    family.lastRun = run;
  }

  startOf(run: number): number {
    return this.#numbers[run * FIELDS]!;
  }

  endOf(run: number): number {
    return this.#numbers[run * FIELDS + 1]!;
  }

  /** The next run of the same family, or -1. */
  after(run: number): number {
    return this.#numbers[run * FIELDS + 2]!;
  }

  /** Bytes of all runs of a family. */
  lengthOf({ firstRun }: BodyFamily): number {
    let length = 0;
    for (let run = firstRun; run >= 0; run = this.after(run)) length += this.endOf(run) - this.startOf(run);
    return length;
  }

  /** Takes all runs away. */
  clear(): void {
    for (const family of this.families) family.firstRun = -1;
    this.forget();
  }

  /** The same where the families are not needed any more. */
  forget(): void {
    this.families.length = 0;
    this.#used = 0;
    if (this.#numbers.length > MOST_KEPT_RUNS * FIELDS) this.#numbers = new Int32Array(FIRST_RUNS * FIELDS);
  }
}
