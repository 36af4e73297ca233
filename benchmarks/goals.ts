import { figure, markdownTable } from './report.ts';

/**
 * Moments whose bodies each pod gives in turn: 30 s apart, so most values differ from those of the scrape before, as they do in a real cluster, and
 * nothing is gained by remembering whole bodies.
 */
export const MOMENTS = 4;

/** What a benchmark is given to work with. */
export interface BenchContext {
  /** The bundle's launcher as `buildGateway` made it. */
  readonly launcher: string;
  /** A scratch folder, removed at the end. */
  readonly folder: string;
  /** Fewer runs and fewer pods, to see that a benchmark works rather than to measure with it. */
  readonly quick: boolean;
}

/** One row of the table of goals. */
export interface GoalRow {
  readonly work: string;
  readonly goal: string;
  readonly measured: string;
  /** The measured value divided by what the goal compares it with, where the goal is a comparison. */
  readonly ratio?: number;
  /** Undefined: there was nothing to hold the measured value against, for example a missing peer. */
  readonly met: boolean | undefined;
  readonly note?: string;
}

/** What a part of the benchmarks found: rows of the table of goals, and its own tables as Markdown. */
export interface PartResult {
  readonly rows: readonly GoalRow[];
  readonly details?: string;
}

/** What the command line says to every part. */
export interface PartOptions {
  /** Undefined is the part's own default. */
  readonly pods: readonly number[] | undefined;
  /** Size of a pod's body. */
  readonly bytes: number;
  /** Answers that are timed; undefined is the part's own default. */
  readonly runs: number | undefined;
  readonly pairs: number | undefined;
  /** Whether other programs are started. */
  readonly peers: boolean;
}

/** The table of goals as Markdown, with the notes below it. */
export function goalsTable(rows: readonly GoalRow[]): string {
  const notes: string[] = [];
  const lines = rows.map(({ work, goal, measured, ratio, met, note }) => {
    if (note !== undefined && !notes.includes(note)) notes.push(note);
    const mark = note === undefined ? '' : ` [${notes.indexOf(note) + 1}]`;
    return [work, goal, `${measured}${mark}`, ratio === undefined ? '' : figure(ratio), verdict(met)];
  });
  const table = markdownTable(['work', 'goal', 'measured', 'ratio', 'met'], lines);
  if (notes.length === 0) return table;
  return `${table}\n${notes.map((note, index) => `- [${index + 1}] ${note}\n`).join('')}`;
}

/** One row on one line, for the progress. */
export function goalLine({ work, goal, measured, met }: GoalRow): string {
  return `${work}: ${measured} (goal: ${goal}; met: ${verdict(met)})`;
}

function verdict(met: boolean | undefined): string {
  if (met === undefined) return '–';
  return met ? 'yes' : 'NO';
}
