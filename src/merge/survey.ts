import { MetricType } from '../exposition/metric-type.ts';
import { IntList } from './int-list.ts';
import type { ShareFamily } from './share-family.ts';
import type { Votes } from './votes.ts';

/** Families of a page. Cloning a full one for another thread takes about a millisecond. */
const PAGE_FAMILIES = 4096;
/** Characters of a page, which a few families with long HELP texts may have. */
const PAGE_CHARACTERS = 512 * 1024;

/**
 * Families of a share without their bytes, some thousands at a time, sorted by name. Their strings stand one after the
 * other in few long ones, which costs a fraction of what a string each would.
 */
export interface SurveyPage {
  /** The names of all families. */
  readonly names: string;
  /** For each family the HELP text that was told first. */
  readonly helps: string;
  /** For each family the numbers of `Field`. */
  readonly numbers: Int32Array<ArrayBuffer>;
  /** Votes for further types, by family: index into the page, type, votes. */
  readonly otherTypes: Int32Array<ArrayBuffer>;
  /** Texts of label names, each once; see `ShareFamily.labels`. */
  readonly labels: readonly string[];
  /** Votes for further HELP texts, by family. */
  readonly otherHelps: readonly (readonly [family: number, help: string, votes: number])[];
  /** Whether it is the share's last page. */
  readonly last: boolean;
}

/** Whether two pages tell the same. */
export function isSamePage(a: SurveyPage, b: SurveyPage): boolean {
  return (
    a.names === b.names &&
    a.helps === b.helps &&
    a.last === b.last &&
    isSameList(a.numbers, b.numbers) &&
    isSameList(a.otherTypes, b.otherTypes) &&
    isSameList(a.labels, b.labels) &&
    a.otherHelps.length === b.otherHelps.length &&
    a.otherHelps.every((help, i) => isSameList(help, b.otherHelps[i]!))
  );
}

/** Whether two lists have the same members in the same order. */
function isSameList<T>(a: ArrayLike<T>, b: ArrayLike<T>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** What a page has for each family. A string ends where the next family's begins. */
const Field = { nameEnd: 0, helpEnd: 1, bits: 2, typeVotes: 3, helpVotes: 4, labels: 5 } as const;
const FIELDS = 6;

/** How the numbers below 2^6 or so are packed into one. */
const Bits = { type: 0, report: 3, stuck: 4, unfit: 5, kinds: 8 } as const;

/** The pages of these families, at least one. */
export function* surveyPages(families: readonly ShareFamily[]): Generator<SurveyPage, void, void> {
  let at = 0;
  do {
    const names: string[] = [];
    const helps: string[] = [];
    const numbers = new IntList(Math.min(families.length - at, PAGE_FAMILIES) * FIELDS);
    const labels = new Map<string, number>();
    const otherTypes = new IntList(1);
    const otherHelps: [family: number, help: string, votes: number][] = [];
    let nameEnd = 0;
    let helpEnd = 0;
    for (let i = 0; at < families.length && i < PAGE_FAMILIES; i++) {
      const family = families[at++]!;
      names.push(family.name);
      helps.push(family.help);
      nameEnd += family.name.length;
      helpEnd += family.help.length;
      numbers.push(nameEnd);
      numbers.push(helpEnd);
      numbers.push(bitsOf(family));
      numbers.push(family.typeVotes);
      numbers.push(family.helpVotes);
      const keys = family.labels;
      if (!labels.has(keys)) labels.set(keys, labels.size);
      numbers.push(labels.get(keys)!);
      for (const [type, votes] of family.otherTypes?.entries() ?? [])
        if (votes > 0) for (const number of [i, type, votes]) otherTypes.push(number);
      let more = 0;
      for (const [help, votes] of family.otherHelps ?? []) {
        otherHelps.push([i, help, votes]);
        more += help.length;
      }
      if (nameEnd + helpEnd + more > PAGE_CHARACTERS) break;
    }
    yield {
      names: names.join(''),
      helps: helps.join(''),
      numbers: numbers.toArray(),
      labels: [...labels.keys()],
      otherTypes: otherTypes.toArray(),
      otherHelps,
      last: at === families.length,
    };
  } while (at < families.length);
}

function bitsOf({ type, report, stuck, unfit, kinds }: ShareFamily): number {
  return (
    (type << Bits.type) |
    (Number(report) << Bits.report) |
    (Number(stuck) << Bits.stuck) |
    (unfit << Bits.unfit) |
    (kinds << Bits.kinds)
  );
}

/** Reads a share's survey family by family. It stands at one family, or at the end of what it was given. */
export class SurveyReader {
  #page: SurveyPage;
  #at = 0;
  #field = 0;
  #nameStart = 0;
  #helpStart = 0;
  #otherType = 0;
  #otherHelp = 0;
  /** The family's name; undefined at the end of the page. */
  name: string | undefined = undefined;
  /** The family's number in the share. */
  index: number = 0;

  /** With the first page. */
  constructor(page: SurveyPage) {
    this.#page = page;
    this.#readName();
  }

  /** Whether it cannot go on before it has the next page. */
  get hungry(): boolean {
    return this.name === undefined && !this.#page.last;
  }

  /** Takes the next page, when it is hungry. */
  take(page: SurveyPage): void {
    this.#page = page;
    this.#at = 0;
    this.#field = 0;
    this.#nameStart = 0;
    this.#helpStart = 0;
    this.#otherType = 0;
    this.#otherHelp = 0;
    this.#readName();
  }

  /** Goes to the next family. */
  next(): void {
    const { numbers } = this.#page;
    this.#nameStart = numbers[this.#field + Field.nameEnd]!;
    this.#helpStart = numbers[this.#field + Field.helpEnd]!;
    this.#at++;
    this.#field += FIELDS;
    this.index++;
    this.#readName();
  }

  /** Whether these are report series, which come before those of the targets. */
  get report(): boolean {
    return ((this.#bits >> Bits.report) & 1) === 1;
  }

  /** Whether it has samples of its own name that strict readers refuse under the type that was settled. */
  get stuck(): boolean {
    return ((this.#bits >> Bits.stuck) & 1) === 1;
  }

  /** What strict readers may refuse in it: bits of `Unfit`. */
  get unfit(): number {
    return (this.#bits >> Bits.unfit) & 7;
  }

  /** The types that the samples it still holds were declared with: bit 2^n for the type n. */
  get kinds(): number {
    return (this.#bits >> Bits.kinds) & 63;
  }

  /** Which label names of their own its samples have: see `ShareFamily.labels`. */
  get labels(): string {
    return this.#page.labels[this.#page.numbers[this.#field + Field.labels]!]!;
  }

  /** Adds what the family's targets say. To be called once for a family. */
  addVotesTo(votes: Votes): void {
    const { numbers, otherTypes, otherHelps, helps } = this.#page;
    votes.addType(((this.#bits >> Bits.type) & 7) as MetricType, numbers[this.#field + Field.typeVotes]!);
    const helpVotes = numbers[this.#field + Field.helpVotes]!;
    if (helpVotes > 0)
      votes.addHelp(helps.slice(this.#helpStart, numbers[this.#field + Field.helpEnd]), helpVotes);
    for (; otherTypes[this.#otherType] === this.#at; this.#otherType += 3)
      votes.addType(otherTypes[this.#otherType + 1] as MetricType, otherTypes[this.#otherType + 2]!);
    for (; otherHelps[this.#otherHelp]?.[0] === this.#at; this.#otherHelp++) {
      const [, help, count] = otherHelps[this.#otherHelp]!;
      votes.addHelp(help, count);
    }
  }

  get #bits(): number {
    return this.#page.numbers[this.#field + Field.bits]!;
  }

  #readName(): void {
    const { names, numbers } = this.#page;
    this.name =
      this.#field < numbers.length
        ? names.slice(this.#nameStart, numbers[this.#field + Field.nameEnd])
        : undefined;
  }
}
