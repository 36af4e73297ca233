import t from 'tap';
import { checkCase } from '../../fuzz/case-check.ts';
import { compareScan, questionOf } from '../../fuzz/oracle-checks.ts';
import { Oracle, type OracleAnswer } from '../../fuzz/oracle.ts';
import { SourceEngine, type Engine } from '../../fuzz/engine.ts';
import { checkScan } from '../../fuzz/scan-checks.ts';
import { createRandom } from '../../simulator/random.ts';
import { brokenEngine, caseWith, ORACLE_MISSING } from './fixture.ts';

const BODY = '# HELP a Text.\n# TYPE a counter\na{b="1"} 1\na{b="2"} 2\nc 3 4\n';
const HISTOGRAM = '# TYPE h histogram\nh_bucket{le="1"} 1\nh_sum 1\nh_count 1\n';
const shorter = { body: Buffer.from(BODY.slice(0, BODY.lastIndexOf('c'))) };

/** What the checks find when the scanner has a fault. */
const scans: readonly (readonly [fault: string, engine: Engine, want: RegExp])[] = [
  ['none', new SourceEngine(), /^$/],
  [
    'what comes in pieces loses a line',
    brokenEngine({ scan: (scan, { chunks }, again) => (chunks === undefined ? scan : again(shorter)) }),
    /^(?:gzip )?chunks differs/,
  ],
  [
    'the slow path loses a line',
    brokenEngine({ scan: (scan, { slow }, again) => (slow === true ? again(shorter) : scan) }),
    /^slow differs/,
  ],
  [
    'the slow path gives another type',
    brokenEngine({
      scan: (scan, { slow }, again) =>
        slow === true ? again({ body: Buffer.from(BODY.replace('counter', 'gauge')) }) : scan,
    }),
    /^slow differs/,
  ],
  [
    'the slow path counts otherwise',
    brokenEngine({ scan: (scan, { slow }) => ({ ...scan, samples: slow === true ? 4 : 3 }) }),
    /^slow differs/,
  ],
  [
    'an unknown error',
    brokenEngine({ scan: (scan) => ({ ...scan, verdict: 'crashed', message: 'TypeError: x' }) }),
    /^crash: TypeError: x/,
  ],
  [
    'a message that quotes the body',
    brokenEngine({ scan: (scan) => ({ ...scan, verdict: 'refused', message: 'x'.repeat(301) }) }),
    /^a long message/,
  ],
  [
    'too few samples are counted',
    brokenEngine({ scan: (scan) => ({ ...scan, samples: 2 }) }),
    /^more lines than samples/,
  ],
];

t.test('a fault of the scanner is found', async (t) => {
  for (const [fault, engine, want] of scans) {
    const found = new Set<string>();
    // One of the ways is chosen by the salt.
    for (let salt = 1; salt <= 30; salt++) {
      const { problem } = checkCase(engine, { ...caseWith([BODY]), salt });
      if (problem !== undefined) found.add(problem.kind);
    }
    if (fault === 'none') t.same([...found], [], fault);
    else
      t.ok(
        [...found].some((kind) => want.test(kind)),
        `${fault}: ${[...found].join('; ')}`,
      );
  }
});

/** What the checks find when the merge changes its text so. */
const merges: readonly (readonly [
  fault: string,
  change: (text: string) => string | Uint8Array,
  want: RegExp,
])[] = [
  ['none', (text) => text, /^$/],
  ['a sample is lost', (text) => text.replace(/^c\{.*\n/m, ''), /not the union/],
  ['a sample comes twice', (text) => text.replace(/^c\{.*\n/m, '$&$&'), /not the union/],
  ['a sample is of nobody', (text) => text.replace(/^c\{/m, 'c{x="1",'), /not the union/],
  ['another value', (text) => text.replace(/ 3 4$/m, ' 4 4'), /not the union/],
  ['another timestamp', (text) => text.replace(/ 3 4$/m, ' 3 5'), /not the union/],
  ['a label of the target is missing', (text) => text.replace('c{instance="i0",', 'c{'), /not the union/],
  ['no newline at the end', (text) => text.slice(0, -1), /not valid/],
  ['an empty line', (text) => `\n${text}`, /not valid/],
  ['a TYPE comes twice', (text) => text.replace(/^# TYPE a .*\n/m, '$&$&'), /not valid/],
  [
    'a HELP after the samples',
    (text) => text.replace(/^(# HELP a .*\n)((?:.*\n)*?)(?=c)/m, '$2$1'),
    /not valid/,
  ],
  ['a family in two pieces', (text) => text.replace(/^(a\{.*\n)((?:.*\n)*?)(?=up)/m, '$2$1'), /not valid/],
  ['another type', (text) => text.replace('a counter', 'a gauge'), /a declaration of nobody/],
  ['another HELP', (text) => text.replace('a Text', 'a Test'), /a declaration of nobody/],
  ['a label twice', (text) => text.replace('c{instance="i0",', '$&instance="i0",'), /not valid/],
  ['no UTF-8', (text) => Buffer.from(text.replace('b="1"', 'b="\xff"'), 'latin1'), /not valid/],
  ['a bound that is no number', (text) => text.replace('le="1"', 'le="x"'), /not valid/],
  ['a negative count', (text) => text.replace(/^(h_count.*) 1$/m, '$1 -1'), /not valid/],
  ['a target is not reported', (text) => text.replace(/^up\{.*\n/m, ''), /wrong report series/],
  ['a target is down that is up', (text) => text.replace(/^(up\{.*) 1$/m, '$1 0'), /wrong report series/],
  ['up is no gauge', (text) => text.replace('up gauge', 'up counter'), /wrong report series/],
];

t.test('a fault of the merge is found', async (t) => {
  for (const [fault, change, want] of merges) {
    const { problem } = checkCase(brokenEngine({ merge: change }), caseWith([BODY, HISTOGRAM, 'a 1 2 3']));
    t.match(problem?.kind ?? '', want, `${fault}: ${problem?.details.slice(0, 200)}`);
  }
});

const answered = (answer: OracleAnswer, changed: Partial<OracleAnswer>): OracleAnswer => ({
  ...answer,
  ...changed,
});

/** What is found when Prometheus' reader says something else. */
const answers: readonly (readonly [
  why: string,
  change: (one: OracleAnswer) => OracleAnswer,
  want: RegExp,
])[] = [
  ['the same', (one) => one, /^$/],
  ['it refuses', (one) => answered(one, { error: 'no' }), /^oracle: refused \(no\), here accepted/],
  ['it counts otherwise', (one) => answered(one, { total: 4 }), /^oracle: counts/],
  ['it drops one', (one) => answered(one, { added: 2 }), /^oracle: counts/],
  ['a sample less', (one) => answered(one, { samples: one.samples.slice(1) }), /^oracle: other samples/],
  [
    'another value',
    (one) => answered(one, { samples: one.samples.map((s) => s.replace(/[^\xff]+$/, '0')) }),
    /^oracle: other samples/,
  ],
  [
    'another label',
    (one) => answered(one, { samples: one.samples.map((s) => s.replace('i0', 'i1')) }),
    /^oracle: other samples/,
  ],
];

t.test('where Prometheus says something else, that is found', { skip: ORACLE_MISSING }, async (t) => {
  await using oracle = new Oracle();
  const { members } = caseWith([BODY]);
  const checked = checkScan(new SourceEngine(), members[0]!, createRandom(1));
  const [answer] = await oracle.ask([questionOf(members[0]!)]);
  for (const [why, change, want] of answers)
    t.match(compareScan(checked, change(answer!))?.kind ?? '', want, why);
});
