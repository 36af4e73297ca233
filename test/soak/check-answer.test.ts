import { gzipSync } from 'node:zlib';
import t from 'tap';

import { checkAnswer, fingerprintOf } from '../../soak/check-answer.ts';
import type { Wanted } from '../../soak/check-answer.ts';
import { labelledLines } from '../../soak/target.ts';
import { unpack } from '../../soak/unpack.ts';

const BODY =
  '# HELP a A.\n# TYPE a gauge\na 1\na{x="y"} 2.5\n# TYPE b histogram\nb_bucket{le="+Inf"} 1\nb_sum 1\nb_count 1\n';
const ONE = '127.0.0.1:1';
const TWO = '127.0.0.1:2';

function linesOf(pod: string, instance: string): string[] {
  return labelledLines(BODY, pod, instance);
}

/** The report series of one target, as labels that it has in an answer. */
function report(pod: string, instance: string, up: 0 | 1) {
  const labels = `{instance="${instance}",pod="${pod}"}`;
  return {
    up: `up${labels} ${up}`,
    failure: up === 1 ? '' : `scrape_failure_reason{instance="${instance}",pod="${pod}",reason="connect"} 1`,
    counted: `scrape_samples_post_metric_relabeling${labels} ${up === 1 ? 5 : 0}`,
  };
}

/** A merged answer of these pods. */
function answerOf(pods: readonly (readonly [pod: string, instance: string, up: 0 | 1])[]): string {
  const lines = pods.filter(([, , up]) => up === 1).flatMap(([pod, instance]) => linesOf(pod, instance));
  const reports = pods.map((pod) => report(...pod));
  return [
    '# TYPE a gauge',
    ...lines.filter((line) => line.startsWith('a')),
    '# TYPE b histogram',
    ...lines.filter((line) => line.startsWith('b')),
    ...reports.map(({ failure }) => failure).filter((line) => line !== ''),
    '# TYPE scrape_samples_post_metric_relabeling gauge',
    ...reports.map(({ counted }) => counted),
    '# TYPE up gauge',
    ...reports.map(({ up }) => up),
    '',
  ].join('\n');
}

const WANTED: Wanted = {
  targets: [
    { pod: 'one', instance: ONE, ...fingerprintOf(linesOf('one', ONE)) },
    { pod: 'two', instance: TWO, ...fingerprintOf(linesOf('two', TWO)) },
  ],
  known: [`one ${ONE}`, `two ${TWO}`, 'faulty 127.0.0.1:3'],
  report: true,
};
const WHOLE = answerOf([
  ['one', ONE, 1],
  ['two', TWO, 1],
  ['faulty', '127.0.0.1:3', 0],
]);

t.test('an answer that is whole has no problems', async (t) => {
  t.same(checkAnswer(Buffer.from(WHOLE), WANTED), { problems: [], late: 0 });
});

t.test('an answer that was tampered with has one', async (t) => {
  const line = `a{container="virt-handler",endpoint="metrics",instance="${ONE}",job="kubevirt-prometheus-metrics",namespace="kubevirt",pod="one",service="kubevirt-prometheus-metrics",x="y"} 2.5\n`;
  t.ok(WHOLE.includes(line));
  const cases: [why: string, text: string, problem: RegExp][] = [
    ['a sample is lost', WHOLE.replace(line, ''), /one 127.0.0.1:1: 4 samples; want 5/],
    ['a value is another', WHOLE.replace('y"} 2.5', 'y"} 2.6'), /are not those that it exposes/],
    ['two samples changed their labels', WHOLE.replace('x="y"', 'x="z"'), /are not those that it exposes/],
    ['a sample is there twice', WHOLE.replace(line, line + line), /6 samples; want 5/],
    ['a target is lost', answerOf([['one', ONE, 1]]), /two 127.0.0.1:2: it is not in the answer/],
    [
      'a healthy target is down',
      answerOf([
        ['one', ONE, 1],
        ['two', TWO, 0],
      ]),
      /up 0 \(connect\), but it was healthy/,
    ],
    ['a target that is gone', answerOf([['gone', ONE, 1]]), /a target that is not there: /],
    ['the last line is cut', WHOLE.slice(0, -1), /ends in the middle of a line/],
    ['a family stands twice', `${WHOLE}# TYPE a gauge\n`, /the family a stands twice/],
    [
      'a sample outside of its family',
      WHOLE.replace('# TYPE b histogram', '# TYPE b gauge'),
      /stands twice|b_/,
    ],
    ['a type that is none', WHOLE.replace('# TYPE a gauge', '# TYPE a gouge'), /TYPE gouge/],
    ['no UTF-8', '', /not UTF-8/],
    [
      'half of a faulty target',
      WHOLE.replace('a{', 'a{instance="127.0.0.1:3"} 1\na{'),
      /:3: up 0 with 1 samples/,
    ],
    ['a sample of nobody', WHOLE.replace('a{', 'a 1\na{'), /a sample of no target/],
  ];
  for (const [why, text, problem] of cases) {
    const bytes =
      why === 'no UTF-8'
        ? Buffer.concat([Buffer.from(WHOLE), Buffer.of(0x23, 0xff, 0x0a)])
        : Buffer.from(text);
    t.match(checkAnswer(bytes, WANTED).problems.join('\n'), problem, why);
  }
});

t.test('a line that is not canonical is refused', async (t) => {
  for (const line of [
    'a{instance="x",} 1',
    'a{instance="x"}  1',
    'a{instance="x"} 1 1.5',
    'a{instance="x"} 1 2 3',
    'a{instance="x"} 1e',
    'a{instance="x"} ',
    'a{instance="x} 1',
    'a{instance="\\x"} 1',
    'a{instance=x} 1',
    'a{1="x"} 1',
    '1{instance="x"} 1',
    ' a{instance="x"} 1',
    '# comment',
    '',
  ]) {
    const { problems } = checkAnswer(Buffer.from(`${line}\n`), { ...WANTED, targets: [], known: [] });
    t.equal(problems.length, 1, JSON.stringify(line));
  }
  for (const value of ['1', '-1.5e+09', '+Inf', '-Inf', 'NaN', '0 -5', '1 1700000000000']) {
    const text = Buffer.from(`a{instance="x\\"\\\\\\n"} ${value}\n`);
    t.same(checkAnswer(text, { targets: [], known: [], report: false }).problems, [], value);
  }
});

t.test('a target that is late is no problem, but half of it is', async (t) => {
  const down = answerOf([
    ['one', ONE, 1],
    ['two', TWO, 0],
  ]);
  const late = down.replace('reason="connect"', 'reason="timeout"');
  t.same(checkAnswer(Buffer.from(late), WANTED), { problems: [], late: 1 });
  const half = late.replace('a{', `a{instance="${TWO}"} 1\na{`);
  t.match(checkAnswer(Buffer.from(half), WANTED).problems.join('\n'), /up 0 \(timeout\)/);
  const selected = `${linesOf('one', ONE).join('\n')}\n`;
  t.same(checkAnswer(Buffer.from(selected), { ...WANTED, report: false }), { problems: [], late: 1 });
});

t.test('gzip that is not intact is refused', async (t) => {
  const gzip = gzipSync(WHOLE);
  t.equal(unpack(gzip, true).toString(), WHOLE);
  t.throws(() => unpack(gzip.subarray(0, -4), true), 'cut');
  t.throws(() => unpack(Buffer.concat([gzip, Buffer.alloc(7)]), true), {
    message: /7 bytes stand behind/,
  });
  const broken = Buffer.from(gzip);
  broken.writeUInt32LE(1, broken.length - 8);
  t.throws(() => unpack(broken, true), 'checksum');
});
