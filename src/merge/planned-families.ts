import { MetricType, suffixes, typeWord } from '../exposition/metric-type.ts';
import { IntList } from './int-list.ts';

/** One metric family of an answer: its metadata lines, and where its samples are. */
export interface PlannedFamily {
  readonly name: string;
  readonly type: MetricType;
  /** HELP and TYPE lines, as far as any target has them. */
  readonly header: string;
  /** Where its samples come from, in the order in which they are written. */
  readonly sources: readonly { readonly worker: number; readonly index: number }[];
}

/** Families whose names and HELP texts share one string, and characters from which on it ends early: a string's length has a bound. */
const CHUNK_FAMILIES = 1024;
const CHUNK_CHARACTERS = 4 * 1024 * 1024;
/** Families that are worked on between two pauses. */
const STEP_FAMILIES = 512;
/** Beside a type: the family is not written in its place by name. */
const MOVED = 8;

/** A histogram or summary, with the family that is written before it as the last one so far, or itself. */
interface Base {
  readonly name: string;
  readonly type: MetricType;
  last: number;
}

/**
 * The families of an answer in the order in which they are written: by name, except that a family whose name is that of
 * a histogram or summary with one of its suffixes stands directly before it, since strict readers refuse it after.
 *
 * A broken pod can have a million families. So each is a few numbers in long lists, and its metadata lines are made when
 * they are written.
 */
export class PlannedFamilies {
  readonly #types = new IntList();
  /** The first of those that are written before a family, and from each of them the next; or -1. */
  readonly #before = new IntList();
  /** Worker and index of each source. */
  readonly #sources = new IntList();
  readonly #sourceEnds = new IntList();
  /** Names and HELP texts, one after the other. */
  readonly #chunks: string[] = [];
  /** Of the chunk under way. */
  #texts: string[] = [];
  #textEnd = 0;
  /** For each family, which chunk its texts are in. */
  readonly #chunkOf = new IntList();
  /** For each family where its name ends in its chunk, and where its HELP text does. */
  readonly #textEnds = new IntList();
  /** The histograms and summaries whose names the last family's name begins with. */
  readonly #bases: Base[] = [];

  /** How many there are. */
  get size(): number {
    return this.#types.length;
  }

  /** Adds a source to the family that is added next. */
  addSource(worker: number, index: number): void {
    this.#sources.push(worker);
    this.#sources.push(index);
  }

  /**
   * Adds a family, after its sources. Families are added by name, each once. Returns its type, which is `elected` except
   * where its samples would have the name of those of another histogram or summary: it cannot be of such a type itself
   * then, because strict readers would read the other's samples by its rules. `help` is escaped already.
   */
  add(name: string, elected: MetricType, help: string): MetricType {
    const family = this.size;
    const base = this.#baseOf(name);
    const composed = suffixes(elected).length > 0;
    const type = composed && base !== undefined ? MetricType.untyped : elected;
    this.#types.push(base === undefined ? type : type | MOVED);
    this.#before.push(-1);
    this.#sourceEnds.push(this.#sources.length);
    this.#addTexts(name, help);
    if (base !== undefined) {
      this.#before.set(base.last, family);
      base.last = family;
    } else if (composed) this.#bases.push({ name, type, last: family });
    return type;
  }

  /** The families as they are written, once all have been added. */
  *written(): Generator<PlannedFamily, void, void> {
    for (const family of this.#order()) {
      const [name, help] = this.#textsOf(family);
      const type = (this.#types.at(family) & ~MOVED) as MetricType;
      const sources: { worker: number; index: number }[] = [];
      for (let i = this.#sourceStart(family); i < this.#sourceEnds.at(family); i += 2)
        sources.push({ worker: this.#sources.at(i), index: this.#sources.at(i + 1) });
      yield { name, type, header: headerOf(name, type, help), sources };
    }
  }

  /** For each worker, the indexes of its families in their order. Pauses. */
  *orders(workers: number): Generator<void, Int32Array<ArrayBuffer>[], void> {
    const orders = Array.from({ length: workers }, () => new IntList());
    let count = 0;
    for (const family of this.#order()) {
      if (++count % STEP_FAMILIES === 0) yield;
      for (let i = this.#sourceStart(family); i < this.#sourceEnds.at(family); i += 2)
        orders[this.#sources.at(i)]!.push(this.#sources.at(i + 1));
    }
    return orders.map((order) => order.toArray());
  }

  *#order(): Generator<number, void, void> {
    for (let family = 0; family < this.size; family++) {
      if ((this.#types.at(family) & MOVED) !== 0) continue;
      for (let before = this.#before.at(family); before >= 0; before = this.#before.at(before)) yield before;
      yield family;
    }
  }

  #sourceStart(family: number): number {
    return family === 0 ? 0 : this.#sourceEnds.at(family - 1);
  }

  /** The histogram or summary that has samples of that name; undefined when there is none. */
  #baseOf(name: string): Base | undefined {
    const bases = this.#bases;
    // What begins with a base's name comes directly behind it, so the others are done with.
    while (bases.length > 0 && !name.startsWith(bases.at(-1)!.name)) bases.pop();
    const underscore = name.lastIndexOf('_');
    // No two have names of the same length, so few are longer than this one's would be.
    for (let i = bases.length - 1; i >= 0 && bases[i]!.name.length >= underscore; i--) {
      const base = bases[i]!;
      if (base.name.length === underscore)
        return suffixes(base.type).includes(name.slice(underscore)) ? base : undefined;
    }
    return undefined;
  }

  #addTexts(name: string, help: string): void {
    this.#texts.push(name, help);
    this.#textEnds.push(this.#textEnd + name.length);
    this.#textEnd += name.length + help.length;
    this.#textEnds.push(this.#textEnd);
    this.#chunkOf.push(this.#chunks.length);
    if (this.#texts.length === CHUNK_FAMILIES * 2 || this.#textEnd > CHUNK_CHARACTERS) this.#endChunk();
  }

  #endChunk(): void {
    this.#chunks.push(this.#texts.join(''));
    this.#texts = [];
    this.#textEnd = 0;
  }

  #textsOf(family: number): [name: string, help: string] {
    const chunk = this.#chunkOf.at(family);
    if (chunk === this.#chunks.length) this.#endChunk();
    const text = this.#chunks[chunk]!;
    const isFirst = family === 0 || this.#chunkOf.at(family - 1) !== chunk;
    const start = isFirst ? 0 : this.#textEnds.at(family * 2 - 1);
    const nameEnd = this.#textEnds.at(family * 2);
    return [text.slice(start, nameEnd), text.slice(nameEnd, this.#textEnds.at(family * 2 + 1))];
  }
}

/** The metadata lines of a family; `help` is escaped already, and there is none of what is empty. */
export function headerOf(name: string, type: MetricType, help: string): string {
  const helpLine = help === '' ? '' : `# HELP ${name} ${help}\n`;
  const typeLine = type === MetricType.none ? '' : `# TYPE ${name} ${typeWord(type)}\n`;
  return helpLine + typeLine;
}
