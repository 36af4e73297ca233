import { type Engine, rulesOf } from './engine.ts';
import type { FuzzCase } from './fuzz-case.ts';
import { problem, type Problem } from './problem.ts';
import { type CheckedScan, linesOf } from './scan-checks.ts';
import { readStrictly, StrictError, type StrictFamily, type StrictSample } from './strict-reader.ts';

/** What the gateway itself says of targets, by family; `undefined` where there is no sample of that target. */
const REPORTS: Readonly<Record<string, (checked: CheckedScan) => number | undefined>> = {
  up: ({ scan }) => (scan.verdict === 'accepted' ? 1 : 0),
  scrape_duration_seconds: () => 0.5,
  scrape_failure_reason: ({ scan }) => (scan.verdict === 'accepted' ? undefined : 1),
  scrape_samples_post_metric_relabeling: ({ scan }) => scan.samplesPost,
  scrape_samples_scraped: ({ scan }) => scan.samples,
};

/** An answer that was read, and what is wrong with it. */
export interface CheckedMerge {
  readonly text: Buffer;
  /** Its samples without the report series. */
  readonly samples: readonly StrictSample[];
  readonly problem: Problem | undefined;
}

/** Merges what became of the bodies and checks that the answer is valid, and the union of those that were accepted. */
export function checkMerge(
  engine: Engine,
  { members }: FuzzCase,
  checked: readonly CheckedScan[],
  workers: number,
): CheckedMerge {
  let text = Buffer.alloc(0);
  const wrong = (kind: string, details: string): CheckedMerge => ({
    text,
    samples: [],
    problem: problem(`merge: ${kind}`, `${details}\n${text.toString()}`),
  });
  let families: StrictFamily[];
  try {
    const targets = checked.map(({ scan }, i) => ({ rules: rulesOf(members[i]!), scan }));
    text = Buffer.from(engine.merge(targets, workers));
    families = readStrictly(text);
  } catch (error) {
    if (error instanceof StrictError) return wrong('not valid', error.message);
    const { stack = '' } = error as Error;
    return wrong(`crash: ${stack.split('\n').slice(0, 2).join(' ').slice(0, 160)}`, stack);
  }
  const { exposed, unreported } = withoutReports(families, checked);
  if (unreported !== undefined) return wrong('wrong report series', unreported);
  const undeclared = checkDeclarations(families, checked);
  if (undeclared !== undefined) return wrong('a declaration of nobody', undeclared);
  const missing = compareUnion(exposed, checked);
  if (missing !== undefined) return wrong('not the union', missing);
  return { text, samples: exposed, problem: undefined };
}

/** Takes the report series, which come first in their families, out of the samples. */
function withoutReports(
  families: readonly StrictFamily[],
  checked: readonly CheckedScan[],
): { exposed: StrictSample[]; unreported: string | undefined } {
  const exposed: StrictSample[] = [];
  const due = new Map(
    Object.entries(REPORTS).map(([name, valueOf]) => [
      name,
      checked.map(valueOf).filter((value) => value !== undefined),
    ]),
  );
  for (const family of families) {
    for (const sample of family.samples) {
      const values = due.get(sample.name);
      if (values === undefined || values.length === 0) exposed.push(sample);
      else if (family.name !== sample.name || family.type !== 'gauge')
        return { exposed, unreported: `${sample.line} is in ${family.name}, a ${family.type}` };
      else if (values.shift() !== Number(sample.value)) return { exposed, unreported: sample.line };
    }
  }
  const left = [...due].find(([, values]) => values.length > 0);
  return { exposed, unreported: left === undefined ? undefined : `too few of ${left[0]}` };
}

/** Each TYPE, but untyped, and each HELP is that of a target with samples in the family. */
function checkDeclarations(
  families: readonly StrictFamily[],
  checked: readonly CheckedScan[],
): string | undefined {
  const words = ['untyped', 'untyped', 'gauge', 'counter', 'summary', 'histogram'];
  const declared = new Set<string>();
  for (const { scan } of checked) {
    if (scan.exposition === undefined) continue;
    const { names, families } = scan.exposition;
    for (const { name, type, help } of families) {
      declared.add(`${names.text(name)} TYPE ${words[type]}`);
      if (help >= 0) declared.add(`${names.text(name)} HELP ${names.text(help)}`);
    }
  }
  for (const { name, type, help } of families) {
    if (Object.hasOwn(REPORTS, name)) continue;
    if (type !== undefined && type !== 'untyped' && !declared.has(`${name} TYPE ${type}`))
      return `${name} is a ${type}`;
    if (help !== undefined && !declared.has(`${name} HELP ${Buffer.from(help, 'latin1').toString()}`))
      return `the HELP of ${name} is ${help}`;
  }
  return undefined;
}

/** The samples of each series in the order of their target; those of one that several claim in any. */
function compareUnion(exposed: readonly StrictSample[], checked: readonly CheckedScan[]): string | undefined {
  const got = new Map<string, string[]>();
  for (const { series, line } of exposed) append(got, series, line);
  const want = new Map<string, string[]>();
  const claims = new Map<string, Set<number>>();
  for (const [target, { scan, samples }] of checked.entries()) {
    if (linesOf(scan).length !== samples.length) return 'a target whose lines were not read';
    for (const { series, line } of samples) {
      append(want, series, line);
      const claimants = claims.get(series);
      if (claimants === undefined) claims.set(series, new Set([target]));
      else claimants.add(target);
    }
  }
  for (const [series, lines] of want) {
    const found = got.get(series) ?? [];
    if (claims.get(series)!.size > 1) {
      lines.sort();
      found.sort();
    }
    if (found.join('\n') !== lines.join('\n'))
      return `of ${series}\n  got  ${JSON.stringify(found)}\n  want ${JSON.stringify(lines)}`;
  }
  const foreign = [...got.keys()].find((series) => !want.has(series));
  return foreign === undefined ? undefined : `${foreign} is nobody's`;
}

function append(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
