import { LineError } from './strict-line.ts';

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['_sum', '_count'],
};

/** Watches over the order of metric families: each stands once, its metadata before its samples. */
export class Families {
  readonly #seen = new Set<string>();
  #name = '';
  #type = '';
  #hasHelp = false;
  #hasSamples = false;

  /** @throws LineError */
  metadata(kind: 'HELP' | 'TYPE', name: string, type: string): void {
    if (name !== this.#name || this.#hasSamples) this.#begin(name);
    if (kind === 'HELP') {
      if (this.#hasHelp) throw new LineError(`a second HELP of ${name}`);
      this.#hasHelp = true;
    } else {
      if (this.#type !== '') throw new LineError(`a second TYPE of ${name}`);
      this.#type = type;
    }
  }

  /** @throws LineError */
  sample(name: string): void {
    if (!this.#owns(name)) this.#begin(name);
    this.#hasSamples = true;
  }

  #owns(name: string): boolean {
    if (name === this.#name) return true;
    if (!name.startsWith(this.#name) || this.#name === '') return false;
    return SUFFIXES[this.#type]?.includes(name.slice(this.#name.length)) ?? false;
  }

  #begin(name: string): void {
    if (this.#seen.has(name)) throw new LineError(`the family ${name} stands twice`);
    this.#seen.add(name);
    this.#name = name;
    this.#type = '';
    this.#hasHelp = false;
    this.#hasSamples = false;
  }
}
