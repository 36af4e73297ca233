import t from 'tap';
import { knownCases, readCases, writeCase } from '../../fuzz/case-file.ts';
import { SourceEngine } from '../../fuzz/engine.ts';
import { caseOf } from '../../fuzz/fuzz-case.ts';
import { fuzz, type NamedCase } from '../../fuzz/fuzzer.ts';
import { KINDS } from '../../fuzz/options.ts';
import { Oracle } from '../../fuzz/oracle.ts';
import { seedBodies } from '../../fuzz/seed-bodies.ts';
import { brokenEngine, caseWith, ORACLE_MISSING } from './fixture.ts';

const SEED = 1;
const CASES = 1500;

function numbered(count: number): NamedCase[] {
  const seeds = seedBodies([]);
  return Array.from({ length: count }, (_, number) => ({
    name: `${SEED}-${number}`,
    fuzzCase: caseOf(SEED, number, seeds, undefined),
  }));
}

const engine = (): SourceEngine => new SourceEngine();

t.test('what was found before is not found again', async (t) => {
  const known = knownCases({ repeat: undefined, only: undefined });
  const { cases, findings } = await fuzz(known, { engine, oracle: undefined });
  t.same(findings, []);
  t.equal(cases, known.length);
});

t.test('nothing is found in these cases', async (t) => {
  const { findings, cases, accepted, refused } = await fuzz(numbered(CASES), { engine, oracle: undefined });
  t.same(findings, []);
  t.equal(cases, CASES);
  t.ok(accepted > CASES / 4 && refused > CASES / 10, `${accepted} accepted, ${refused} refused`);
});

t.test('Prometheus says the same of all of these', { skip: ORACLE_MISSING }, async (t) => {
  await using oracle = new Oracle();
  const known = knownCases({ repeat: undefined, only: undefined });
  const { findings } = await fuzz([...known, ...numbered(CASES)], { engine, oracle });
  t.same(findings, []);
});

t.test('the number makes the case', async (t) => {
  const seeds = seedBodies([]);
  for (const only of [undefined, ...KINDS]) {
    for (let number = 0; number < 20; number++) {
      const made = caseOf(SEED, number, seeds, only);
      t.same(made, caseOf(SEED, number, seeds, only));
      if (only !== undefined) t.equal(made.kind, only);
    }
  }
  t.not(caseOf(1, 1, seeds, 'text').salt, caseOf(1, 2, seeds, 'text').salt);
});

t.test('a finding is made small, told once, and can be repeated from its file', async (t) => {
  const broken = (): ReturnType<typeof brokenEngine> =>
    brokenEngine({
      scan: (scan, { slow }) => (slow === true && scan.samples > 1 ? { ...scan, samples: 1 } : scan),
    });
  const body = '# HELP a Text.\na 1\na 2\na 3\n# TYPE b gauge\nb 4\n';
  const cases = [1, 2, 3].map((number) => ({ name: `${number}`, fuzzCase: caseWith([body]) }));
  const told: string[] = [];
  const { findings } = await fuzz(cases, {
    engine: broken,
    oracle: undefined,
    onFinding: ({ name }) => told.push(name),
  });
  t.same(told, ['1']);
  const [{ fuzzCase, problem, repeats } = t.fail('nothing was found') as never] = findings;
  t.equal(repeats, true);
  t.match(Buffer.from(fuzzCase.members[0]!.body).toString(), /^\w \d\n\w \d$/);
  const path = `${t.testdir({})}/case.json`;
  writeCase(path, problem.kind, fuzzCase);
  t.same(readCases(path)[0], { ...fuzzCase, thorough: true });
  const again = await fuzz([{ name: 'again', fuzzCase: readCases(path)[0]! }], {
    engine: broken,
    oracle: undefined,
  });
  t.equal(again.findings[0]?.problem.kind, problem.kind);
});

t.test('ten different findings are enough', async (t) => {
  let count = 0;
  const broken = (): ReturnType<typeof brokenEngine> =>
    brokenEngine({ scan: (scan) => ({ ...scan, verdict: 'crashed', message: `Error: ${count++}` }) });
  const cases = Array.from({ length: 500 }, (_, i) => ({ name: `${i}`, fuzzCase: caseWith(['a 1\n']) }));
  const tally = await fuzz(cases, { engine: broken, oracle: undefined });
  t.ok(tally.findings.length >= 10, `${tally.findings.length}`);
  t.ok(tally.cases < 500, `${tally.cases} cases`);
  t.equal(tally.findings[0]?.repeats, false, 'it is said when a finding does not repeat');
});

t.test('any other file is a body, which is tried in every way', async (t) => {
  const path = `${t.testdir({ body: 'a 1\n' })}/body`;
  const kinds = new Set(readCases(path).map(({ kind }) => kind));
  t.same([...kinds], ['text', 'openmetrics']);
});
