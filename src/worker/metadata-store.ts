import { unescapeHelp } from '../exposition/escape.ts';
import type { FamilyBlock, LabelledExposition } from '../exposition/family-block.ts';
import { MetricType, typeWord } from '../exposition/metric-type.ts';
import type { NameTable } from '../exposition/name-table.ts';

/** Families of one target that are remembered; kube-state-metrics has some 400. */
const MOST_OF_TARGET = 5000;
/** Different families that are remembered of all targets of a worker, and the characters of their names and HELP texts. */
const MOST_FAMILIES = 20_000;
const MOST_CHARACTERS = 4 * 1024 * 1024;

/** What a target says of a metric family. */
export interface FamilyMetadata {
  readonly name: string;
  /** The word that Prometheus' API has for its type. */
  readonly type: string;
  /** Unescaped; empty for none. */
  readonly help: string;
}

/** What the targets of a worker said last, each family and each list once. A plain value that can cross threads. */
export interface WorkerMetadata {
  readonly families: readonly FamilyMetadata[];
  /** Indexes into `families`, sorted by name. */
  readonly lists: readonly Int32Array[];
  /** Target numbers, each with an index into `lists`. */
  readonly targets: readonly (readonly [target: number, list: number])[];
}

interface KnownFamily extends FamilyMetadata {
  readonly key: string;
  /** Lists that have it. */
  lists: number;
}

interface KnownList {
  readonly print: string;
  readonly families: readonly KnownFamily[];
  targets: number;
}

/**
 * TYPE and HELP of the metric families that each target of a worker exposed last, for Prometheus' metadata API. Pods of a kind say the
 * same, so lists are shared. Bounded: what does not fit is left out.
 */
export class MetadataStore {
  readonly #families: Map<string, KnownFamily> = new Map();
  readonly #lists: Map<string, KnownList> = new Map();
  readonly #targets: Map<number, KnownList> = new Map();
  /** Numbers of name tables. */
  readonly #tables: WeakMap<NameTable, number> = new WeakMap();
  #lastTable = 0;
  #characters = 0;

  /** Takes note of what a target exposed. Mostly it is what it exposed before, which is found out by numbers alone. */
  take(target: number, exposition: LabelledExposition): void {
    const print = this.#printOf(exposition);
    const before = this.#targets.get(target);
    if (before?.print === print) return;
    this.forget(target);
    const list = this.#lists.get(print) ?? this.#add(print, exposition);
    list.targets++;
    this.#targets.set(target, list);
  }

  forget(target: number): void {
    const list = this.#targets.get(target);
    if (list === undefined) return;
    this.#targets.delete(target);
    list.targets--;
    if (list.targets > 0) return;
    this.#lists.delete(list.print);
    for (const family of list.families) {
      family.lists--;
      if (family.lists > 0) continue;
      this.#families.delete(family.key);
      this.#characters -= family.key.length;
    }
  }

  all(): WorkerMetadata {
    const numbers = new Map([...this.#families.values()].map((family, i) => [family, i]));
    const listNumbers = new Map([...this.#lists.values()].map((list, i) => [list, i]));
    return {
      families: [...numbers.keys()].map(({ name, type, help }) => ({ name, type, help })),
      lists: [...listNumbers.keys()].map(({ families }) =>
        Int32Array.from(families, (family) => numbers.get(family)!),
      ),
      targets: [...this.#targets].map(([target, list]) => [target, listNumbers.get(list)!]),
    };
  }

  #add(print: string, exposition: LabelledExposition): KnownList {
    const families: KnownFamily[] = [];
    forEachDeclared(exposition, (block) => {
      const family = this.#family(block, exposition.names);
      if (family !== undefined) families.push(family);
    });
    families.sort((a, b) => (a.name < b.name ? -1 : 1));
    const list = { print, families, targets: 0 };
    this.#lists.set(print, list);
    return list;
  }

  /** Undefined when there is no room for another one. */
  #family({ name, type, help }: FamilyBlock, names: NameTable): KnownFamily | undefined {
    const helpText = help < 0 ? '' : names.text(help);
    const key = `${type} ${names.text(name)} ${helpText}`;
    let family = this.#families.get(key);
    if (family === undefined) {
      const isFull = this.#families.size >= MOST_FAMILIES || this.#characters + key.length > MOST_CHARACTERS;
      if (isFull) return undefined;
      family = {
        key,
        name: names.text(name),
        type: type <= MetricType.untyped ? 'unknown' : typeWord(type),
        help: unescapeHelp(helpText),
        lists: 0,
      };
      this.#families.set(key, family);
      this.#characters += key.length;
    }
    family.lists++;
    return family;
  }

  /** The same for expositions with the same families, as long as they have the same name table. */
  #printOf(exposition: LabelledExposition): string {
    const { names } = exposition;
    let table = this.#tables.get(names);
    if (table === undefined) this.#tables.set(names, (table = ++this.#lastTable));
    let one = 0;
    let other = 0;
    let count = 0;
    forEachDeclared(exposition, ({ name, type, help }) => {
      count++;
      one = Math.imul(one ^ (name * 8 + type), 0x01000193) ^ help;
      other = Math.imul(other + help, 0x5bd1e995) ^ Math.imul(name * 8 + type, 0x27d4eb2f);
      other ^= other >>> 15;
    });
    return `${table} ${count} ${one} ${other}`;
  }
}

/** Hot. Visits the families of which a HELP or TYPE line told something, as far as they are remembered. */
function forEachDeclared({ families, bare }: LabelledExposition, visit: (block: FamilyBlock) => void): void {
  let count = 0;
  for (const some of [families, bare]) {
    for (const block of some) {
      if (block.type === MetricType.none && block.help < 0) continue;
      if (count++ === MOST_OF_TARGET) return;
      visit(block);
    }
  }
}
