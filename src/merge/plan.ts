import { MetricType, suffixes, typeWord } from '../exposition/metric-type.ts';
import type { SurveyFamily } from './share.ts';

/** One metric family of an answer: its metadata lines, and where its samples are. */
export interface PlannedFamily {
  readonly name: string;
  readonly type: MetricType;
  /** HELP and TYPE lines, as far as any target has them. */
  readonly header: string;
  /** Where its samples come from, in the order in which they are written. */
  readonly sources: readonly { readonly worker: number; readonly index: number }[];
}

interface Tally {
  readonly name: string;
  readonly types: number[];
  readonly helps: Map<string, number>;
  readonly reports: { worker: number; index: number }[];
  readonly exposed: { worker: number; index: number }[];
}

/** The type that most targets declare. A tie goes to the later one of MetricType; no TYPE is no vote. */
function electType(types: readonly number[]): MetricType {
  let elected: number = MetricType.none;
  for (let type = 1; type < types.length; type++) {
    if (types[type]! > 0 && types[type]! >= types[elected]!) elected = type;
  }
  return elected as MetricType;
}

/** The HELP text that most targets have. A tie goes to the one that sorts first. */
function electHelp(helps: ReadonlyMap<string, number>): string {
  let elected = '';
  let most = 0;
  for (const [help, count] of helps) {
    if (count > most || (count === most && help < elected)) [elected, most] = [help, count];
  }
  return elected;
}

function tally(surveys: readonly (readonly SurveyFamily[])[]): Map<string, Tally> {
  const tallies = new Map<string, Tally>();
  for (const [worker, survey] of surveys.entries()) {
    for (const [index, family] of survey.entries()) {
      let sum = tallies.get(family.name);
      if (sum === undefined) {
        sum = { name: family.name, types: [0, 0, 0, 0, 0, 0], helps: new Map(), reports: [], exposed: [] };
        tallies.set(family.name, sum);
      }
      for (const [type, count] of family.types.entries()) sum.types[type]! += count;
      for (const [help, count] of family.helps) sum.helps.set(help, (sum.helps.get(help) ?? 0) + count);
      (family.report ? sum.reports : sum.exposed).push({ worker, index });
    }
  }
  return tallies;
}

/** Whether any target has it as a histogram or summary that has samples with that suffix. */
function hasSuffix(types: readonly number[], suffix: string): boolean {
  return types.some((votes, type) => votes > 0 && suffixes(type as MetricType).includes(suffix));
}

/**
 * The families of an answer in the order in which they are written: by name, except that a family whose name is that of
 * a histogram or summary with one of its suffixes stands directly before it, since strict readers refuse it after. Any
 * target that has it so counts, since its samples stand in that family whatever the others elect.
 * Within a family report series come first, then the targets in the order of the workers, which is theirs.
 */
export function planAnswer(surveys: readonly (readonly SurveyFamily[])[]): PlannedFamily[] {
  const tallies = tally(surveys);
  /** The family that stands last among those whose names come from its own, and how many suffixes lie between. */
  const place = (name: string): { readonly root: string; readonly depth: number } => {
    const underscore = Math.max(name.lastIndexOf('_'), 0);
    const base = tallies.get(name.slice(0, underscore));
    if (base === undefined || !hasSuffix(base.types, name.slice(underscore))) return { root: name, depth: 0 };
    const { root, depth } = place(base.name);
    return { root, depth: depth + 1 };
  };
  return [...tallies.values()]
    .map((sum) => ({ sum, ...place(sum.name) }))
    .sort((a, b) => compare(a.root, b.root) || b.depth - a.depth || compare(a.sum.name, b.sum.name))
    .map(({ sum }) => {
      const type = electType(sum.types);
      return {
        name: sum.name,
        type,
        header: headerOf(sum.name, type, electHelp(sum.helps)),
        sources: [...sum.reports, ...sum.exposed],
      };
    });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `help` is escaped already: it comes as the body or the report has it. */
function headerOf(name: string, type: MetricType, help: string): string {
  const helpLine = help === '' ? '' : `# HELP ${name} ${help}\n`;
  const typeLine = type === MetricType.none ? '' : `# TYPE ${name} ${typeWord(type)}\n`;
  return helpLine + typeLine;
}
