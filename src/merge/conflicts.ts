/** Names that are listed; the others are counted. */
const LISTED_NAMES = 100;

/** Families whose targets disagree on something. */
export interface ConflictList {
  readonly count: number;
  /** The first of them by name. */
  readonly names: readonly string[];
}

/** What targets with samples in a family disagree on. The families of the report series are left out. */
export interface Conflicts {
  /** More than one type is declared. */
  readonly types: ConflictList;
  /** There is more than one HELP text. */
  readonly helps: ConflictList;
}

/** They agree on everything. */
export const NO_CONFLICTS: Conflicts = { types: { count: 0, names: [] }, helps: { count: 0, names: [] } };

/** Collects names for a list. */
export class ConflictCounter implements ConflictList {
  count: number = 0;
  readonly names: string[] = [];

  add(name: string): void {
    this.count++;
    // A copy: a name that is part of a page would keep all of it.
    if (this.names.length < LISTED_NAMES) this.names.push(Buffer.from(name).toString());
  }
}
