import { createRandom } from '../simulator/random.ts';
import type { Engine } from './engine.ts';
import type { FuzzCase } from './fuzz-case.ts';
import { checkMerge } from './merge-checks.ts';
import { compareMerge, compareScan, mergedQuestion, questionOf } from './oracle-checks.ts';
import type { Oracle, OracleAnswer, Question } from './oracle.ts';
import type { Problem } from './problem.ts';
import { checkScan } from './scan-checks.ts';

/** What is known of a case before the oracle is asked. */
export interface CaseCheck {
  readonly problem: Problem | undefined;
  /** Of its bodies, how many were accepted and refused. */
  readonly accepted: number;
  readonly refused: number;
  readonly questions: readonly Question[];
  /** What the oracle's answers to the questions show. */
  readonly compare: (answers: readonly OracleAnswer[]) => Problem | undefined;
}

/** Checks a case as far as it can be done without the oracle. */
export function checkCase(engine: Engine, fuzzCase: FuzzCase): CaseCheck {
  const { members, kind, salt, thorough } = fuzzCase;
  const random = createRandom(salt);
  const checked = members.map((member) => checkScan(engine, member, random, thorough));
  const accepted = checked.filter(({ scan }) => scan.verdict === 'accepted').length;
  const done = { accepted, refused: members.length - accepted, questions: [], compare: () => undefined };
  const { problem } = checked.find((one) => one.problem !== undefined) ?? {};
  if (problem !== undefined) return { ...done, problem };
  const merged =
    kind === 'merge' ? checkMerge(engine, fuzzCase, checked, random.whole(1, members.length)) : undefined;
  if (merged?.problem !== undefined) return { ...done, problem: merged.problem };
  const questions = members.map(questionOf);
  if (merged !== undefined) questions.push(mergedQuestion(merged));
  return {
    ...done,
    problem: undefined,
    questions,
    compare: (answers) => {
      for (const [i, one] of checked.entries()) {
        const problem = compareScan(one, answers[i]!);
        if (problem !== undefined) return problem;
      }
      if (merged === undefined) return undefined;
      return compareMerge(fuzzCase, merged, checked, answers, answers[members.length]!);
    },
  };
}

/** Checks a case in every respect. */
export async function findProblem(
  engine: Engine,
  fuzzCase: FuzzCase,
  oracle: Oracle | undefined,
): Promise<Problem | undefined> {
  const { problem, questions, compare } = checkCase(engine, fuzzCase);
  if (problem !== undefined || oracle === undefined) return problem;
  return compare(await oracle.ask(questions));
}
