import { MetricType } from '../exposition/metric-type.ts';

/** As many votes as outvote all targets: no pod has a say in what the report series are. */
export const EVERY_VOTE = 0x7fff_ffff;

/**
 * What targets with samples in a metric family say of it: the type that they declare and the HELP text that they have.
 * Nearly always they agree, so the first type and text that were told have fields, and others cost memory only when there
 * are some.
 */
export class Votes {
  type: MetricType = MetricType.none;
  typeVotes: number = 0;
  /** Escaped, as it is written. */
  help: string = '';
  helpVotes: number = 0;
  /** Votes for other types, by type. */
  otherTypes: number[] | undefined = undefined;
  otherHelps: Map<string, number> | undefined = undefined;

  /** No TYPE is no vote. */
  addType(type: MetricType, votes: number): void {
    if (type === MetricType.none || votes === 0) return;
    if (this.typeVotes === 0) this.type = type;
    if (this.type === type) this.typeVotes += votes;
    else {
      this.otherTypes ??= [0, 0, 0, 0, 0, 0];
      this.otherTypes[type]! += votes;
    }
  }

  addHelp(help: string, votes: number): void {
    if (votes === 0) return;
    if (this.helpVotes === 0) this.help = help;
    if (this.help === help) this.helpVotes += votes;
    else {
      this.otherHelps ??= new Map();
      this.otherHelps.set(help, (this.otherHelps.get(help) ?? 0) + votes);
    }
  }

  addVotes({ type, typeVotes, help, helpVotes, otherTypes, otherHelps }: Votes): void {
    this.addType(type, typeVotes);
    this.addHelp(help, helpVotes);
    if (otherTypes !== undefined)
      for (const [other, votes] of otherTypes.entries()) this.addType(other as MetricType, votes);
    if (otherHelps !== undefined) for (const [other, votes] of otherHelps) this.addHelp(other, votes);
  }

  /** Forgets all votes. */
  clear(): void {
    this.type = MetricType.none;
    this.typeVotes = 0;
    this.help = '';
    this.helpVotes = 0;
    this.otherTypes = undefined;
    this.otherHelps = undefined;
  }

  /** The type that most targets declare. A tie goes to the later one of MetricType. */
  electType(): MetricType {
    if (this.otherTypes === undefined) return this.type;
    let elected = this.type;
    let most = this.typeVotes;
    for (const [type, votes] of this.otherTypes.entries()) {
      if (votes > most || (votes === most && type > elected)) [elected, most] = [type as MetricType, votes];
    }
    return elected;
  }

  /** The HELP text that most targets have, '' for none. A tie goes to the one that sorts first. */
  electHelp(): string {
    if (this.otherHelps === undefined) return this.help;
    let elected = this.help;
    let most = this.helpVotes;
    for (const [help, votes] of this.otherHelps) {
      if (votes > most || (votes === most && help < elected)) [elected, most] = [help, votes];
    }
    return elected;
  }

  /** Whether targets declare more than one type. */
  get typesDiffer(): boolean {
    return this.otherTypes !== undefined;
  }

  /** Whether targets have more than one HELP text; an empty one is none. */
  get helpsDiffer(): boolean {
    if (this.otherHelps === undefined) return false;
    const empty = this.help === '' || this.otherHelps.has('');
    return this.otherHelps.size > Number(empty);
  }
}
