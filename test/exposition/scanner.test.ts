import t from 'tap';
import { linesOf, read, refusalOf, rulesOf, show, thrownBy, type ShownFamily } from './fixture.ts';

const NUL = '\0';

t.test('a tolerated line comes out in canonical form, with the labels of the target', async (t) => {
  const table: readonly (readonly [input: string, want: string, why: string])[] = [
    ['a 1\n', 'a{instance="i",job="j"} 1\n', 'no labels'],
    ['a{} 1\n', 'a{instance="i",job="j"} 1\n', 'empty braces'],
    ['a{x="1"} 1\n', 'a{instance="i",job="j",x="1"} 1\n', 'labels'],
    ['a:b_9{} 1\n', 'a:b_9{instance="i",job="j"} 1\n', 'every kind of byte that a name can have'],
    ['a{z="1",x="2"} 1\n', 'a{instance="i",job="j",z="1",x="2"} 1\n', 'own labels keep their order'],
    ['a\t{\tx\t=\t"1"\t}\t1\t2\t\n', 'a{instance="i",job="j",x="1"} 1 2\n', 'tabs'],
    ['a  {  x  =  "1"  }  1  2  \n', 'a{instance="i",job="j",x="1"} 1 2\n', 'doubled blanks'],
    ['a{x="1"}1\n', 'a{instance="i",job="j",x="1"} 1\n', 'no blank before the value'],
    ['a-1\n', 'a{instance="i",job="j"} -1\n', 'the same without braces'],
    ['a{x="1",} 1\n', 'a{instance="i",job="j",x="1"} 1\n', 'a trailing comma'],
    ['a{x="1" y="2"} 1\n', 'a{instance="i",job="j",x="1",y="2"} 1\n', 'a missing comma'],
    ['a{x="1"y="2"} 1\n', 'a{instance="i",job="j",x="1",y="2"} 1\n', 'and no blank in its place'],
    ['a 1', 'a{instance="i",job="j"} 1\n', 'a missing final newline'],
    ['a 1\n\n \t\nb 2\n', 'a{instance="i",job="j"} 1\nb{instance="i",job="j"} 2\n', 'blank lines'],
    ['a{x="\n"} 1\n', 'a{instance="i",job="j",x="\\n"} 1\n', 'a raw newline in a label value'],
    ['a{x="\\q\\t"} 1\n', 'a{instance="i",job="j",x="\\\\q\\\\t"} 1\n', 'escapes that mean nothing'],
    ['a{x="\\\\\\"\\n"} 1\n', 'a{instance="i",job="j",x="\\\\\\"\\n"} 1\n', 'escapes that mean something'],
    ['a{x="é😀"} 1\n', 'a{instance="i",job="j",x="é😀"} 1\n', 'UTF-8'],
    ['a{x="}{,=#"} 1\n', 'a{instance="i",job="j",x="}{,=#"} 1\n', 'syntax inside a label value'],
    ['a{x="\r\t"} 1\n', 'a{instance="i",job="j",x="\r\t"} 1\n', 'control bytes inside a label value'],
    [`a{x="${NUL}b${NUL}"} 1\n`, `a{instance="i",job="j",x="${NUL}b${NUL}"} 1\n`, 'NUL in a label value'],
    [
      `a{x="b"${NUL}} 1\n`,
      'a{instance="i",job="j",x="b\\""} 1\n',
      "NUL behind a closing quote, which Prometheus' lexer then takes for a part of the value",
    ],
    ['a{x=""} 1\n', 'a{instance="i",job="j",x=""} 1\n', 'an empty value, which is stored as no label'],
    ['a{x="",x="1"} 1\n', 'a{instance="i",job="j"} 1\n', 'an empty value undoes its namesake'],
    ['a 1 007\n', 'a{instance="i",job="j"} 1 7\n', 'zeros before a timestamp'],
    ['a 1 9223372036854775807\n', 'a{instance="i",job="j"} 1 9223372036854775807\n', 'the last timestamp'],
    ['a nan\n', 'a{instance="i",job="j"} NaN\n', 'not a number'],
    ['a Infinity\na -inf\n', 'a{instance="i",job="j"} +Inf\na{instance="i",job="j"} -Inf\n', 'infinities'],
    [
      'a 1E5\na .5\n',
      'a{instance="i",job="j"} 1E5\na{instance="i",job="j"} .5\n',
      'a number keeps its digits',
    ],
    ['# a 1\n#a 1\n# EOF\na 1\n', 'a{instance="i",job="j"} 1\n', 'comments'],
    [`# a${NUL}b\na 1\n`, 'a{instance="i",job="j"} 1\n', 'NUL in a comment that is set off by a blank'],
    ['a 1\na 1\n', 'a{instance="i",job="j"} 1\na{instance="i",job="j"} 1\n', 'the same sample twice'],
    ['', '', 'nothing'],
    ['\n', '', 'nothing but a newline'],
  ];
  for (const [input, want, why] of table) t.equal(linesOf(Buffer.from(input)), want, why);
});

t.test('samples are gathered by metric family', async (t) => {
  const family = (name: string, type: string, lines: readonly string[], help?: string): ShownFamily => ({
    name,
    type,
    ...(help !== undefined && { help }),
    samples: lines.length,
    text: lines.map((line) => `${line}\n`).join(''),
  });
  const at = '{instance="i",job="j"}';
  const table: readonly (readonly [input: readonly string[], want: readonly ShownFamily[], why: string])[] = [
    [
      ['a 1', 'b 2', 'a 3'],
      [family('a', 'none', [`a${at} 1`, `a${at} 3`]), family('b', 'none', [`b${at} 2`])],
      'interleaved families',
    ],
    [
      ['# TYPE a gauge', 'a 1', '# TYPE a counter', 'a 2'],
      [family('a', 'counter', [`a${at} 1`, `a${at} 2`])],
      'a repeated TYPE: the last counts',
    ],
    [['a 1', '# TYPE a gauge'], [family('a', 'gauge', [`a${at} 1`])], 'TYPE after the samples'],
    [['a 1', '# HELP a x'], [family('a', 'none', [`a${at} 1`], 'x')], 'HELP after the samples'],
    [['# HELP a x', '# HELP a y', 'a 1'], [family('a', 'none', [`a${at} 1`], 'y')], 'a repeated HELP'],
    [
      ['# HELP b x', '# TYPE b gauge', 'a 1'],
      [family('a', 'none', [`a${at} 1`])],
      'no family without samples',
    ],
    [['# HELP a', 'a 1'], [family('a', 'none', [`a${at} 1`])], 'HELP without text'],
    [['# HELP a \t ', 'a 1'], [family('a', 'none', [`a${at} 1`])], 'HELP with blanks for a text'],
    [['# HELP a  x ', 'a 1'], [family('a', 'none', [`a${at} 1`], ' x ')], 'blanks of a HELP text'],
    [
      ['# HELP a \\\\ \\n \\" \\q', 'a 1'],
      [family('a', 'none', [`a${at} 1`], '\\\\ \\n \\\\" \\\\q')],
      'escapes of a HELP text that mean nothing',
    ],
    [[`# HELP a x${NUL}`, 'a 1'], [family('a', 'none', [`a${at} 1`], `x${NUL}`)], 'NUL in a HELP text'],
    [
      [`# HE${NUL}LP${NUL} ${NUL}a x`, 'a 1'],
      [family('a', 'none', [`a${at} 1`], 'x')],
      'NUL that is passed over',
    ],
    [['#\tTYPE\t a\tgauge', 'a 1'], [family('a', 'gauge', [`a${at} 1`])], 'tabs and doubled blanks'],
    [['# TYPE a|gauge', 'a 1'], [family('a', 'gauge', [`a${at} 1`])], 'any one byte after the name'],
    [
      ['#TYPE a gauge', '# TYPEa gauge', 'a 1'],
      [family('a', 'none', [`a${at} 1`])],
      'comments that look like TYPE',
    ],
    [[' \t# TYPE a gauge', 'a 1'], [family('a', 'gauge', [`a${at} 1`])], 'blanks before TYPE'],
    [
      ['# TYPE h histogram', 'h_bucket{le="+Inf"} 1', 'h_sum 1', 'h_count 1', 'h 1'],
      [
        family('h', 'histogram', [
          'h_bucket{instance="i",job="j",le="+Inf"} 1',
          `h_sum${at} 1`,
          `h_count${at} 1`,
          `h${at} 1`,
        ]),
      ],
      'a histogram with its suffixes',
    ],
    [
      ['# TYPE s summary', 's_bucket 1', 's_sum 1', 's_count 1'],
      [
        family('s', 'summary', [`s_sum${at} 1`, `s_count${at} 1`]),
        family('s_bucket', 'none', [`s_bucket${at} 1`]),
      ],
      'a summary has no buckets',
    ],
    [
      ['# TYPE c counter', 'c_sum 1', 'c 1', '_sum 1'],
      [
        family('c', 'counter', [`c${at} 1`]),
        family('c_sum', 'none', [`c_sum${at} 1`]),
        family('_sum', 'none', [`_sum${at} 1`]),
      ],
      'a suffix means nothing elsewhere',
    ],
    [
      ['# TYPE h histogram', '# TYPE h_count gauge', 'h_count 1', 'h_sum 1'],
      [family('h', 'histogram', [`h_sum${at} 1`]), family('h_count', 'gauge', [`h_count${at} 1`])],
      'a declared family of that very name comes first',
    ],
    [
      ['h_count 1', 'h_bucket{le="+Inf"} 1', '# TYPE h histogram', 'h_count 2', 'h_sum 3'],
      [
        family('h', 'histogram', [
          'h_bucket{instance="i",job="j",le="+Inf"} 1',
          `h_count${at} 1`,
          `h_count${at} 2`,
          `h_sum${at} 3`,
        ]),
      ],
      'samples before the TYPE line of their histogram',
    ],
    [
      [
        '# TYPE h histogram',
        'h_count 1 1',
        '# TYPE h_count gauge',
        'h_count 2 2',
        '# TYPE h gauge',
        'h_count 3 3',
      ],
      [family('h', 'histogram', [`h_count${at} 1 1`, `h_count${at} 2 2`, `h_count${at} 3 3`])],
      'a series never changes its family, so its order stays',
    ],
  ];
  for (const [input, want, why] of table) {
    const got = show(read(`${input.join('\n')}\n`));
    t.strictSame(got.sort(byName), [...want].sort(byName), why);
  }
});

function byName(a: ShownFamily, b: ShownFamily): number {
  return a.name < b.name ? -1 : 1;
}

t.test('what Prometheus refuses is refused, with its line', async (t) => {
  const table: readonly (readonly [input: string, want: RegExp, why: string])[] = [
    ['a 1\n# TYPE a unknown\n', /^line 2: "unknown" is no metric type/, 'a type of OpenMetrics'],
    ['# TYPE a  gauge\n', /^line 1: " gauge" is no metric type/, 'two blanks before a type'],
    ['# TYPE a gauge \n', /^line 1: "gauge " is no metric type/, 'a blank after a type'],
    ['# TYPE a gauge\r\n', /^line 1: "gauge\\r" is no metric type/, 'a carriage return after a type'],
    ['# TYPE a Gauge\n', /^line 1: "Gauge" is no metric type/, 'capitals'],
    ['# TYPE a\n', /^line 1: "" is no metric type/, 'no type'],
    ['# TYPE a \n', /^line 1: "" is no metric type/, 'a blank for a type'],
    ['# TYPE 9 gauge\n', /^line 1: expected a metric name after TYPE/, 'a bad name'],
    ['# HELP \n', /^line 1: expected a metric name after HELP/, 'no name'],
    ['# HELP {a} x\n', /^line 1: expected a metric name after HELP/, 'a brace for a name'],
    [`# HELP a${NUL} x\n`, /^line 1: a NUL byte after the metric name/, 'NUL after the name'],
    [`# TY${NUL}PE a x\n`, /^line 1: "x" is no metric type/, 'NUL that is passed over'],
    ['a 1\r\n', /^line 1: "1\\r" is no float/, 'a carriage return after a value'],
    ['a 1\n\r\n', /^line 2: "\\r" cannot begin a line/, 'a carriage return on a blank line'],
    ['a 1 2\r\n', /^line 1: expected the end of the line after the timestamp/, 'and after a timestamp'],
    ['a 1 -2\n', /^line 1: expected a timestamp or the end of the line/, 'a negative timestamp'],
    ['a 1 1.5\n', /^line 1: expected the end of the line after the timestamp/, 'a fractional timestamp'],
    [
      'a 1 9223372036854775808\n',
      /^line 1: the timestamp 9223372036854775808 is beyond/,
      'a timestamp too late',
    ],
    ['a 1 2 3\n', /^line 1: expected the end of the line after the timestamp/, 'more after a timestamp'],
    ['a 1 # {x="1"} 1\n', /^line 1: expected a timestamp or the end of the line/, 'an exemplar'],
    ['a 1 2 # {x="1"} 1\n', /^line 1: expected the end of the line/, 'an exemplar after a timestamp'],
    ['\n\na{x="1",y="2",x="3"} 1\n', /^line 3: label name "x" is not unique/, 'a label twice'],
    ['a{x="1",x="1"} 1\n', /^line 1: label name "x" is not unique/, 'even with the same value'],
    ['a{__name__="b"} 1\n', /^line 1: label name "__name__" is not unique/, 'the name twice'],
    ['a{__name__=""} 1\n', /^line 1: a label "__name__" that is no metric name/, 'an empty name'],
    ['a\n', /^line 1: expected a value, got end of line/, 'no value'],
    ['a{x="1"}\n', /^line 1: expected a value, got end of line/, 'no value after labels'],
    ['a{x="1"}{y="2"} 1\n', /^line 1: expected a value/, 'braces twice'],
    ['a true\n', /^line 1: "true" is no float/, 'a word'],
    ['a 1e999\n', /^line 1: "1e999" is no float/, 'a number beyond the range of floats'],
    ['a 0x1p3\n', /^line 1: "0x1p3" is no float/, 'a hexadecimal number'],
    ['a 1_000\n', /^line 1: "1_000" is no float/, 'underscores'],
    [`a 1${NUL}\n`, /^line 1: "1\\u0000" is no float/, 'NUL in a value'],
    ['a 1\n b 2\n', /^line 2: blanks before a metric name/, 'a blank before a metric name'],
    ['\ta 1\n', /^line 1: blanks before a metric name/, 'a tab before a metric name'],
    [
      `a 1\n${NUL}b 2\n`,
      /^line 2: a NUL byte where Prometheus would silently stop/,
      'NUL where a line begins',
    ],
    [` ${NUL}\n`, /^line 1: a NUL byte where Prometheus would silently stop/, 'NUL after blanks'],
    [
      `#a${NUL}\n`,
      /^line 1: a NUL byte where Prometheus would silently stop/,
      'NUL in a comment without blank',
    ],
    [
      `# ${NUL}a\n`,
      /^line 1: a NUL byte where Prometheus would silently stop/,
      'NUL as the first of a comment',
    ],
    ['a{x=1} 1\n', /^line 1: expected a quoted label value, got "1} 1"/, 'no quotes'],
    ["a{x='1'} 1\n", /^line 1: expected a quoted label value/, 'single quotes'],
    ['a{x} 1\n', /^line 1: expected "=", got "} 1"/, 'a label without value'],
    ['a{x="1",,} 1\n', /^line 1: expected a label name/, 'two commas'],
    ['a{,} 1\n', /^line 1: expected a label name/, 'a comma alone'],
    ['a{a.b="1"} 1\n', /^line 1: expected "=", got "\.b/, 'a dot in a label name'],
    ['a{9="1"} 1\n', /^line 1: expected a label name/, 'a digit at the front of a label name'],
    ['a{"x"} 1\n', /^line 1: expected a label name/, 'a quoted metric name'],
    ['a{x="1"\n', /^line 1: expected a label name, got end of line/, 'no closing brace'],
    ['a 1\na{x="1\nb 2\n', /^line 2: a label value that does not end/, 'no closing quote'],
    ['a{x="1\\\n"} 1\n', /^line 1: a backslash before a raw newline/, 'an escaped raw newline'],
    ['{x="1"} 1\n', /^line 1: "{" cannot begin a line/, 'no name'],
    ['1a 1\n', /^line 1: "1" cannot begin a line/, 'a digit at the front of a name'],
    ['é 1\n', /^line 1: .* cannot begin a line/, 'a name beyond ASCII'],
    ['a{x="\n"} 1\nb\n', /^line 3: /, 'raw newlines count as lines'],
  ];
  for (const [input, want, why] of table) t.match(refusalOf(Buffer.from(input)), want, why);
});

t.test('bytes that are not UTF-8 are refused where Prometheus looks at them', async (t) => {
  const table: readonly (readonly [input: string, want: RegExp, why: string])[] = [
    ['a{x="\xff"} 1\n', /^line 1: the value of label x is not valid UTF-8/, 'a label value'],
    ['a{x="\xed\xa0\x80"} 1\n', /^line 1: the value of label x is not valid UTF-8/, 'a surrogate'],
    ['a{x="\xc0\x80"} 1\n', /^line 1: the value of label x is not valid UTF-8/, 'an overlong form'],
    ['a{x="1"} 1\na{x="2"} 1\na{x="\xc3"} 1\n', /^line 3: the value of label x/, 'where lines are known'],
    ['# HELP a \xff\n', /^line 1: the HELP text is not valid UTF-8/, 'a HELP text'],
    ['# HELP a\xc3\xa9 b\n', /^line 1: the HELP text is not valid UTF-8/, 'its first byte is dropped'],
    ['# \xff\na{x="\xc3\xa9"} 1\na{x="\xc3\xa9"} 1\n', /^accepted/, 'a comment does not matter'],
  ];
  for (const [input, want, why] of table) t.match(refusalOf(Buffer.from(input, 'latin1')), want, why);
});

t.test('a refused body says how many samples came before', async (t) => {
  const table: readonly (readonly [input: string, samples: number, samplesPost: number, why: string])[] = [
    ['a 1\na 2\nb\n', 2, 2, 'a line that cannot be read'],
    ['a 1\na{x="1",x="2"} 2\n', 2, 1, 'a sample that is read, but not stored'],
  ];
  for (const [input, samples, samplesPost, why] of table)
    t.match(
      thrownBy(() => read(input)),
      { name: 'ScanError', samples, samplesPost },
      why,
    );
});

t.test('timestamps that are not honored are dropped, but must be right', async (t) => {
  const rules = rulesOf(undefined, { honorTimestamps: false });
  const at = '{instance="i",job="j"}';
  t.equal(linesOf('a 1 5\na 2 6\na 3\na 4 7\n', { rules }), `a${at} 1\na${at} 2\na${at} 3\na${at} 4\n`);
  t.match(refusalOf('a 1\na 1 9223372036854775808\n', { rules }), /^line 2: the timestamp/);
});
