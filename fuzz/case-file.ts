import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type LabelLimits, NO_LABEL_LIMITS } from '../src/exposition/label-limits.ts';
import type { NamedCase } from './fuzzer.ts';
import type { Options } from './options.ts';
import { LABEL_SETS, type FuzzCase, type Member } from './fuzz-case.ts';

/** Where findings are written to. */
export const FINDINGS: string = join(import.meta.dirname, 'findings');
const SEEDS = join(import.meta.dirname, 'seeds');
/** Answers are merged by so many choices of workers. */
const SALTS = 4;

type MemberFile = Omit<Member, 'body' | 'limits'> & { readonly body: string; readonly limits?: LabelLimits };
/** A case as its file has it: the bodies as text of one character a byte. */
type CaseFile = Omit<FuzzCase, 'members'> & { readonly why: string; readonly members: readonly MemberFile[] };

/** Writes a case with what is wrong with it. */
export function writeCase(path: string, why: string, fuzzCase: FuzzCase): void {
  const members = fuzzCase.members.map((member) => ({
    ...member,
    body: Buffer.from(member.body).toString('latin1'),
  }));
  const file: CaseFile = { why, ...fuzzCase, members };
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(file, undefined, 2)}\n`);
}

/**
 * The cases that a file stands for: that of a .json, which goes all ways; of any other file, which is a body,
 * one for each format, label set and rule.
 */
export function readCases(path: string): FuzzCase[] {
  const bytes = readFileSync(path);
  const cases = path.endsWith('.json')
    ? [caseOfFile(JSON.parse(bytes.toString()) as CaseFile)]
    : allOf(bytes);
  return cases.flatMap((one) =>
    Array.from({ length: one.kind === 'merge' ? SALTS : 1 }, (_, i) => ({
      ...one,
      salt: one.salt + i,
      thorough: true,
    })),
  );
}

function caseOfFile({ kind, salt, members }: CaseFile): FuzzCase {
  return {
    kind,
    salt,
    members: members.map((member) => ({
      ...member,
      limits: member.limits ?? NO_LABEL_LIMITS,
      body: Buffer.from(member.body, 'latin1'),
    })),
  };
}

function allOf(body: Buffer): FuzzCase[] {
  return [false, true].flatMap((openMetrics) =>
    LABEL_SETS.flatMap((labels) =>
      [0, 1, 2, 3].map((bits): FuzzCase => {
        const limits = NO_LABEL_LIMITS;
        const rules = { honorLabels: bits < 2, honorTimestamps: bits % 2 === 0, limits };
        const kind = openMetrics ? 'openmetrics' : 'text';
        return { kind, salt: 0, members: [{ openMetrics, body, labels, ...rules }] };
      }),
    ),
  );
}

/** What is tried first: the case that is to be repeated, or all that were found before. */
export function knownCases({ repeat, only }: Pick<Options, 'repeat' | 'only'>): NamedCase[] {
  const files = repeat === undefined ? readdirSync(SEEDS).map((file) => join(SEEDS, file)) : [repeat];
  return files
    .sort()
    .flatMap((path) => readCases(path).map((fuzzCase) => ({ name: basename(path), fuzzCase })))
    .filter(({ fuzzCase }) => only === undefined || fuzzCase.kind === only);
}
