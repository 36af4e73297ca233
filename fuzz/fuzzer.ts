import { checkCase, findProblem } from './case-check.ts';
import type { Engine } from './engine.ts';
import type { FuzzCase } from './fuzz-case.ts';
import type { Oracle } from './oracle.ts';
import type { Problem } from './problem.ts';
import { reduceCase } from './reduction.ts';

/** Cases whose questions the oracle gets at once. */
const BATCH = 100;
/** Cases after which the engine forgets what it has scanned. */
const GENERATION = 1000;
const MOST_FINDINGS = 10;

/** Something that is wrong, and the smallest case that shows it. */
export interface Finding {
  readonly name: string;
  readonly problem: Problem;
  readonly fuzzCase: FuzzCase;
  /** Whether the case shows it when nothing was scanned before. */
  readonly repeats: boolean;
}

export interface NamedCase {
  readonly name: string;
  readonly fuzzCase: FuzzCase;
}

export interface Tally {
  readonly cases: number;
  readonly accepted: number;
  readonly refused: number;
  readonly findings: readonly Finding[];
}

/** What the fuzzer works with. */
export interface Tools {
  /** An engine that has scanned nothing. */
  readonly engine: () => Engine;
  readonly oracle: Oracle | undefined;
  /** Called before each check. */
  readonly onCheck?: (fuzzCase: FuzzCase) => void;
  readonly onFinding?: (finding: Finding) => void;
}

/** Checks the cases until there are no more, or until ten different things were found. */
export async function fuzz(cases: Iterable<NamedCase>, tools: Tools): Promise<Tally> {
  const findings: Finding[] = [];
  const tally = { cases: 0, accepted: 0, refused: 0 };
  let engine = tools.engine();
  let batch: { named: NamedCase; check: ReturnType<typeof checkCase> }[] = [];
  const settle = async (): Promise<void> => {
    const some = batch;
    batch = [];
    const answers = (await tools.oracle?.ask(some.flatMap(({ check }) => check.questions))) ?? [];
    let at = 0;
    for (const { named, check } of some) {
      const own = answers.slice(at, (at += check.questions.length));
      const problem = check.problem ?? (tools.oracle === undefined ? undefined : check.compare(own));
      if (problem === undefined || findings.some((one) => one.problem.kind === problem.kind)) continue;
      const finding = await findingOf(named, problem, tools);
      findings.push(finding);
      tools.onFinding?.(finding);
    }
  };
  for (const named of cases) {
    tools.onCheck?.(named.fuzzCase);
    const check = checkCase(engine, named.fuzzCase);
    tally.accepted += check.accepted;
    tally.refused += check.refused;
    if (++tally.cases % GENERATION === 0) engine = tools.engine();
    batch.push({ named, check });
    if (batch.length === BATCH) await settle();
    if (findings.length >= MOST_FINDINGS) break;
  }
  await settle();
  return { ...tally, findings };
}

async function findingOf(
  { name, fuzzCase }: NamedCase,
  problem: Problem,
  { engine, oracle, onCheck }: Tools,
): Promise<Finding> {
  const fresh = engine();
  const shows = async (smaller: FuzzCase): Promise<boolean> => {
    onCheck?.(smaller);
    return (await findProblem(fresh, smaller, oracle))?.kind === problem.kind;
  };
  if (!(await shows(fuzzCase))) return { name, problem, fuzzCase, repeats: false };
  const reduced = await reduceCase(fuzzCase, shows);
  const { details } = (await findProblem(fresh, reduced, oracle)) ?? problem;
  return { name, problem: { ...problem, details }, fuzzCase: reduced, repeats: true };
}
