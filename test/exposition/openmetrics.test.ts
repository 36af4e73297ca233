import t from 'tap';
import { isOpenMetrics } from '../../src/exposition/content-type.ts';
import { Workshop } from '../../src/exposition/workshop.ts';
import { read, show, thrownBy } from './fixture.ts';

/** A body without its `# EOF`, and the families as they are written. */
const accepted: readonly (readonly [input: string, want: readonly object[], why: string])[] = [
  [
    '# HELP a Things.\n# TYPE a counter\na_total{x="1"} 3\na_created{x="1"} 1.5e9\n',
    [
      { name: 'a_total', type: 'counter', help: 'Things.', text: 'a_total{X,x="1"} 3\n' },
      { name: 'a_created', type: 'gauge', text: 'a_created{X,x="1"} 1.5e9\n' },
    ],
    'a counter: TYPE and HELP move to _total, _created becomes a gauge',
  ],
  [
    '# TYPE a counter\n# HELP a Things.\na_total 3\n',
    [{ name: 'a_total', type: 'counter', help: 'Things.', text: 'a_total{X} 3\n' }],
    'HELP behind TYPE',
  ],
  [
    '# TYPE a_total counter\na_total 3\n',
    [{ name: 'a_total', type: 'counter', text: 'a_total{X} 3\n' }],
    'a counter that is declared under the name of its samples',
  ],
  [
    '# TYPE a info\na_info{v="1"} 1\n',
    [{ name: 'a_info', type: 'gauge', text: 'a_info{X,v="1"} 1\n' }],
    'info is a gauge',
  ],
  [
    '# TYPE a stateset\na{a="on"} 1\na{a="off"} 0\n',
    [{ name: 'a', type: 'gauge', text: 'a{X,a="on"} 1\na{X,a="off"} 0\n' }],
    'stateset is a gauge',
  ],
  [
    '# TYPE a gaugehistogram\na_bucket{le="1"} 1\na_bucket{le="+Inf"} 1\na_gcount 1\na_gsum 1\n',
    [
      { name: 'a_bucket', type: 'none', text: 'a_bucket{X,le="1"} 1\na_bucket{X,le="+Inf"} 1\n' },
      { name: 'a_gcount', type: 'none', text: 'a_gcount{X} 1\n' },
      { name: 'a_gsum', type: 'none', text: 'a_gsum{X} 1\n' },
    ],
    'the samples of a gaugehistogram have no type',
  ],
  ['# TYPE a unknown\na 1\n', [{ name: 'a', type: 'untyped', text: 'a{X} 1\n' }], 'unknown is untyped'],
  [
    '# TYPE a histogram\na_bucket{le="+Inf"} 1 # {trace="x"} 0.5 1.5\na_count 1\na_sum 1\na_created 7\n',
    [
      {
        name: 'a',
        type: 'histogram',
        text: 'a_bucket{X,le="+Inf"} 1\na_count{X} 1\na_sum{X} 1\n',
      },
      { name: 'a_created', type: 'gauge', text: 'a_created{X} 7\n' },
    ],
    'an exemplar is dropped',
  ],
  [
    '# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds 1 1.2345\n',
    [{ name: 'a_seconds', type: 'gauge', text: 'a_seconds{X} 1 1234\n' }],
    'a unit is dropped; seconds become milliseconds, cut',
  ],
  [
    'a 1 0.0011\nb 1 1520879607.789\nc 1 1e3\n',
    [
      { name: 'a', type: 'none', text: 'a{X} 1 1\n' },
      { name: 'b', type: 'none', text: 'b{X} 1 1520879607789\n' },
      { name: 'c', type: 'none', text: 'c{X} 1 1000000\n' },
    ],
    'timestamps are floats',
  ],
  [
    '# HELP a quote \\" newline \\n back \\\\ other \\x\na 1\n',
    [{ name: 'a', type: 'none', help: 'quote " newline \\n back \\\\ other \\\\x', text: 'a{X} 1\n' }],
    'HELP has the escapes of label values',
  ],
  ['a{} 1\n', [{ name: 'a', type: 'none', text: 'a{X} 1\n' }], 'empty braces'],
  ['# HELP a \na 1\n', [{ name: 'a', type: 'none', text: 'a{X} 1\n' }], 'HELP with an empty text'],
];

for (const [input, want, why] of accepted) {
  t.test(why, async (t) => {
    const families = show(read(`${input}# EOF\n`, { openMetrics: true }));
    const target = 'instance="i",job="j"';
    t.same(
      families.map(({ samples: _samples, text, ...rest }) => ({
        ...rest,
        text: text.replaceAll(target, 'X'),
      })),
      want,
    );
  });
}

const refused: readonly (readonly [body: string, error: RegExp, why: string])[] = [
  ['a 1\n', /^line 2: the body ends without # EOF/, 'no EOF'],
  ['', /^line 1: the body ends without # EOF/, 'nothing at all'],
  ['a 1\n# EOF\na 2\n', /^line 3: data after # EOF/, 'data behind EOF'],
  ['a 1\n# EOF\n\n', /^line 3: data after # EOF/, 'a blank line behind EOF'],
  ['a 1\n\n# EOF\n', /^line 2: a blank line/, 'a blank line'],
  ['# a comment\n# EOF\n', /^line 1: a comment/, 'a comment'],
  ['#x\n# EOF\n', /^line 1: a comment/, 'a comment without a blank'],
  ['# TYPE a untyped\na 1\n# EOF\n', /^line 1: "untyped" is no metric type/, 'a type of the other format'],
  ['# HELP a\na 1\n# EOF\n', /^line 1: expected text in HELP/, 'HELP without a text'],
  ['# HELP  a x\n# EOF\n', /^line 1: expected a metric name after HELP/, 'two blanks'],
  ['# UNIT a seconds\n# EOF\n', /^line 1: unit not a suffix/, 'a unit that is not in the name'],
  ['a  1\n# EOF\n', /^line 1: expected a value/, 'two blanks before the value'],
  ['a\t1\n# EOF\n', /^line 1: expected a value/, 'a tab'],
  ['a 1 \n# EOF\n', /^line 1: expected a timestamp/, 'a blank at the end'],
  ['a{x="1",} 1\n# EOF\n', /^line 1: expected a label name/, 'a comma at the end'],
  ['a{,x="1"} 1\n# EOF\n', /^line 1: expected a label name/, 'a comma in front'],
  ['a{x="1"y="2"} 1\n# EOF\n', /^line 1: expected a comma/, 'no comma'],
  ['a{x="1\n2"} 1\n# EOF\n', /^line 1: a label value that does not end/, 'a raw newline'],
  ['a{x="1",x="2"} 1\n# EOF\n', /^line 1: label name "x" is not unique/, 'a label twice'],
  ['b 1\na{x="\xff"} 1\n# EOF\n', /^line 2: a label value that is not valid UTF-8/, 'no UTF-8'],
  ['a 1 NaN\n# EOF\n', /^line 1: "NaN" is no timestamp/, 'a timestamp that is none'],
  ['a 1 # {x="1"} 1\n# EOF\n', /^line 1: metric name a does not support exemplars/, 'an exemplar at a gauge'],
  [
    'a_total 1 # {x="1"}\n# EOF\n',
    /^line 1: expected a value of the exemplar/,
    'an exemplar without a value',
  ],
  ['a_total 1 # {x="1"} 1 2 3\n# EOF\n', /^line 1: expected the end of the line/, 'words behind an exemplar'],
  ['a 0x1\n# EOF\n', /^line 1: "0x1" is no float/, 'a value that is no float'],
  ['{x="1"} 1\n# EOF\n', /^line 1: "{" cannot begin a line/, 'no name'],
];

for (const [body, error, why] of refused) {
  t.test(`refused: ${why}`, async (t) => {
    t.throws(() => read(Buffer.from(body, 'latin1'), { openMetrics: true }), { message: error });
  });
}

t.test('what comes before a line at fault is counted', async (t) => {
  const want = { line: 3, samples: 2, samplesPost: 2 };
  t.match(
    thrownBy(() => read('a 1\nb 1\nc\n# EOF\n', { openMetrics: true })),
    want,
  );
});

t.test('a sample that text cannot say is counted and left out', async (t) => {
  for (const timestamp of ['-1', '1e300', '9.3e15']) {
    const exposition = read(`a 1 ${timestamp}\nb 1 -0.0001\n# EOF\n`, { openMetrics: true });
    t.equal(exposition.samples, 2, timestamp);
    t.same(
      show(exposition).map(({ name }) => name),
      ['b'],
    );
  }
});

t.test('any chunking gives the same', async (t) => {
  const body = accepted.map(([input]) => input).join('') + '# EOF';
  const whole = show(read(body, { openMetrics: true }));
  t.same(show(read(body, { openMetrics: true, chunks: [1] })), whole);
  const large = `# TYPE a counter\n${'a_total{x="yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"} 1 5\n'.repeat(50_000)}# EOF\n`;
  t.equal(read(large, { openMetrics: true, chunks: [100_000] }).samples, 50_000);
});

t.test('the media type', async (t) => {
  const table: readonly (readonly [string, boolean])[] = [
    ['application/openmetrics-text', true],
    ['application/openmetrics-text; version=1.0.0; charset=utf-8', true],
    ['Application/OpenMetrics-Text;version="1.0.0"', true],
    ['application/openmetrics-text; version', false],
    ['application/openmetrics-texts', false],
    ['text/plain; version=0.0.4', false],
    ['', false],
  ];
  for (const [header, want] of table) t.equal(isOpenMetrics(header), want, header);
});

t.test('a body that comes again, and is large, is the same again', async (t) => {
  const shop = new Workshop();
  const lines = Array.from({ length: 1500 }, (_, i) => `a_metric{x="${i}",y="aaaaaaa"} ${i}.0\n`).join('');
  const body = `# TYPE a_metric gauge\n${lines}# EOF\n`;
  const first = show(read(body, { openMetrics: true }));
  for (let round = 1; round <= 4; round++)
    t.strictSame(show(read(body, { openMetrics: true, shop })), first, `${round} times`);
  t.equal(first[0]?.samples, 1500);
});
