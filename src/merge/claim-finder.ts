import type { Labels } from '../discovery/target.ts';

/**
 * Tells in which metric families two targets can have the same series, without a look at the samples.
 *
 * The labels of two targets differ. Samples of theirs can be one series only where their own labels stand in place of all those
 * that differ. So it is enough to know which label names the samples of a family have: where the targets still differ in the
 * other labels, no two samples of different targets are one series.
 */
export class ClaimFinder {
  readonly #targets: readonly Labels[];
  readonly #names: ReadonlySet<string>;
  /** By the labels of a family's samples, those that targets have too. */
  readonly #replaced: Map<string, readonly string[]> = new Map();
  /** By those label names. */
  readonly #verdicts: Map<string, boolean> = new Map();

  /** With the labels of all targets. */
  constructor(targets: readonly Labels[]) {
    this.#targets = targets;
    this.#names = new Set(targets.flatMap((labels) => labels.map(([name]) => name)));
  }

  /** Whether two targets can have the same series in a family. Each text has label names of its samples, or `*` for any. */
  mayCollide(labelTexts: Iterable<string>): boolean {
    const replaced = new Set<string>();
    for (const text of labelTexts) for (const name of this.#replacedBy(text)) replaced.add(name);
    const key = [...replaced].sort().join(',');
    let verdict = this.#verdicts.get(key);
    if (verdict === undefined) {
      verdict = !this.#differWithout(replaced);
      this.#remember(this.#verdicts, key, verdict);
    }
    return verdict;
  }

  #replacedBy(text: string): readonly string[] {
    let names = this.#replaced.get(text);
    if (names === undefined) {
      const own = text.split(/[ ,]/);
      names = own.includes('*') ? [...this.#names] : own.filter((name) => this.#names.has(name));
      this.#remember(this.#replaced, text, names);
    }
    return names;
  }

  #differWithout(names: ReadonlySet<string>): boolean {
    const seen = new Set<string>();
    for (const labels of this.#targets)
      seen.add(JSON.stringify(labels.filter(([name, value]) => value !== '' && !names.has(name))));
    return seen.size === this.#targets.length;
  }

  /** A pod can make up label names for ever. */
  #remember<T>(memory: Map<string, T>, key: string, value: T): void {
    if (memory.size >= MOST_REMEMBERED) memory.clear();
    memory.set(key, value);
  }
}

const MOST_REMEMBERED = 10_000;
