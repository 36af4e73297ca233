import { Worker } from 'node:worker_threads';
import t from 'tap';
import { compileSelector, readMatchers, readSelector, SelectorError } from '../../src/selector/selector.ts';

/** Matchers as `name op value`, for tables. */
function shown(text: string): string[] {
  return readMatchers(text).map(({ name, op, value }) => `${name} ${op} ${value}`);
}

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof SelectorError) return error.message;
    throw error;
  }
  return 'accepted';
}

t.test('a selector is read as Prometheus reads it', async (t) => {
  const table: readonly (readonly [input: string, want: readonly string[], why: string])[] = [
    ['foo', ['__name__ = foo'], 'a name'],
    ['kubevirt:vms:count', ['__name__ = kubevirt:vms:count'], 'colons belong to metric names'],
    [':a', [`__name__ = :a`], 'also in front'],
    ['foo{}', ['__name__ = foo'], 'empty braces'],
    [
      'foo{a="b",c!="d",e=~"f.*",g!~"h"}',
      ['a = b', 'c != d', 'e =~ f.*', 'g !~ h', '__name__ = foo'],
      'the four operators; the name comes last, as in Prometheus',
    ],
    ['{a="b",}', ['a = b'], 'a trailing comma'],
    ['{__name__=~"kubevirt_.+"}', ['__name__ =~ kubevirt_.+'], 'the name as a label'],
    ['foo{__name__="bar"}', ['__name__ = bar', '__name__ = foo'], 'both, as /federate takes it'],
    ['{}', [], 'nothing, as /federate takes it'],
    ['{"my.name", "label.x"="v"}', ['__name__ = my.name', 'label.x = v'], 'quoted names of Prometheus 3'],
    [`{'my.name'}`, ['__name__ = my.name'], 'single quotes'],
    ['{`my.name`,}', ['__name__ = my.name'], 'backquotes, comma'],
    ['{"a b"=~"c"}', ['a b =~ c'], 'a name with a space'],
    ['{"é"="ü"}', ['é = ü'], 'beyond ASCII'],
    ['\tfoo \r\n{ a = "b" , c="d" }\n', ['a = b', 'c = d', '__name__ = foo'], 'white space'],
    ['# x\nfoo{a="b"# }\n,c="d"} # y', ['a = b', 'c = d', '__name__ = foo'], 'comments'],
    ['foo{on="x",sum="y",by="z"}', ['on = x', 'sum = y', 'by = z', '__name__ = foo'], 'keywords as labels'],
  ];
  for (const [input, want, why] of table) t.same(shown(input), want, `${input}: ${why}`);
});

t.test('a keyword may be a name where PromQL lets it', async (t) => {
  const names = [
    'sum',
    'SUM',
    'offset',
    'by',
    'without',
    'start',
    'end',
    'and',
    'or',
    'unless',
    'topk',
  ].concat(['count_values', 'group', 'limitk', 'step', 'fill_left']);
  for (const name of names) t.same(shown(`${name}{a="b"}`), ['a = b', `__name__ = ${name}`], name);
  const table: readonly (readonly [input: string, want: string])[] = [
    ['on', '1:1: parse error: unexpected <on>'],
    ['bool{a="b"}', '1:1: parse error: unexpected <bool>'],
    ['Group_Left', '1:1: parse error: unexpected <Group_Left>'],
    ['ignoring', '1:1: parse error: unexpected <ignoring>'],
    ['atan2', '1:1: parse error: unexpected <op:atan2>'],
    ['NaN', '1:1: parse error: unexpected number "NaN"'],
    ['inf', '1:1: parse error: unexpected number "inf"'],
  ];
  for (const [input, want] of table)
    t.equal(
      refusal(() => readMatchers(input)),
      want,
      input,
    );
});

t.test('string literals are those of PromQL', async (t) => {
  const table: readonly (readonly [literal: string, want: string, why: string])[] = [
    [String.raw`"\a\b\f\n\r\t\v\\\""`, '\u0007\b\f\n\r\t\v\\"', 'named escapes'],
    [String.raw`'\''`, "'", 'the quote itself, single'],
    [`'"'`, '"', 'the other quote needs none'],
    [String.raw`"\x41\101\u00e9\U0001F600"`, 'AAé😀', 'numeric escapes'],
    [String.raw`"\xc3\xa9"`, 'é', 'bytes join to a character'],
    [String.raw`"x\xf0\x9f\x98\x80y"`, 'x😀y', 'four of them, with text around'],
    [String.raw`"\303\251"`, 'é', 'octal bytes as well'],
    [String.raw`"\xff"`, '\udcff', 'a byte that is no UTF-8 equals no text'],
    [String.raw`"\xe2\x28"`, '\udce2(', 'a broken character'],
    [String.raw`"\xed\xa0\x80"`, '\udced\udca0\udc80', 'a surrogate in UTF-8 is none'],
    ['`\\n"\'\n`', '\\n"\'\n', 'backquotes take everything as it is'],
    ['""', '', 'empty'],
  ];
  for (const [literal, want, why] of table)
    t.equal(readMatchers(`{a=${literal}}`)[0]?.value, want, `${literal}: ${why}`);
});

t.test('what Prometheus refuses is refused in its words', async (t) => {
  const table: readonly (readonly [input: string, want: string])[] = [
    ['', 'unknown position: parse error: unexpected end of input'],
    ['  ', '1:3: parse error: unexpected end of input'],
    ['# only', '1:7: parse error: unexpected end of input'],
    ['foo bar', '1:5: parse error: unexpected identifier "bar"'],
    ['foo{a="b"} b:ar', '1:12: parse error: unexpected metric identifier "b:ar"'],
    ['foo{a="b"}{c="d"}', '1:11: parse error: unexpected "{"'],
    ['foo[5m]', '1:4: parse error: unexpected "["'],
    ['sum(foo)', '1:4: parse error: unexpected "("'],
    ['foo offset 5m', '1:5: parse error: unexpected <offset>'],
    ['foo by', '1:5: parse error: unexpected <by>'],
    ['foo sum', '1:5: parse error: unexpected <aggr:sum>'],
    ['foo or bar', '1:5: parse error: unexpected <op:or>'],
    ['foo + bar', '1:5: parse error: unexpected <op:+>'],
    ['foo @ 5', '1:5: parse error: unexpected <op:@>'],
    ['foo="a"', '1:4: parse error: unexpected "="'],
    ['foo=~"a"', `1:4: parse error: unexpected character after '=': '~'`],
    ['!foo', `1:1: parse error: unexpected character after '!': 'f'`],
    ['1.5', '1:1: parse error: unexpected number "1.5"'],
    ['5m', '1:1: parse error: unexpected duration "5m"'],
    ['1abc', '1:1: parse error: bad number or duration syntax: "1"'],
    ['"foo"', String.raw`1:1: parse error: unexpected string "\"foo\""`],
    ['"foobarbazqux"', String.raw`1:1: parse error: unexpected string "\"foobarbaz"...`],
    ['a.b', `1:2: parse error: unexpected character: '.'`],
    ['foo$', `1:4: parse error: unexpected character: '$'`],
    ['é', `1:1: parse error: unexpected character: 'é'`],
    ['foo\u0000', String.raw`1:4: parse error: unexpected character: '\x00'`],
    [')', `1:2: parse error: unexpected right parenthesis ')'`],
    [']', `1:1: parse error: unexpected right bracket ']'`],
    ['foo{', '1:5: parse error: unexpected end of input inside braces'],
    ['foo{a="b",', '1:11: parse error: unexpected end of input inside braces'],
    ['foo{,}', '1:5: parse error: unexpected "," in label matching, expected identifier or "}"'],
    ['foo{="a"}', '1:5: parse error: unexpected "=" in label matching, expected identifier or "}"'],
    ['foo{a="b",,}', '1:11: parse error: unexpected "," in label matching, expected identifier or "}"'],
    [
      'foo{a="b"c="d"}',
      '1:10: parse error: unexpected identifier "c" in label matching, expected "," or "}"',
    ],
    [
      '{"a" "b"}',
      String.raw`1:6: parse error: unexpected string "\"b\"" in label matching, expected "," or "}"`,
    ],
    ['foo{a}', '1:6: parse error: unexpected "}" in label matching, expected label matching operator'],
    [
      'foo{a b}',
      '1:7: parse error: unexpected identifier "b" in label matching, expected label matching operator',
    ],
    ['foo{a=b}', '1:7: parse error: unexpected identifier "b" in label matching, expected string'],
    ['foo{a=="b"}', '1:7: parse error: unexpected "=" in label matching, expected string'],
    ['{"a"=}', '1:6: parse error: unexpected "}" in label matching, expected string'],
    ['foo{a!b}', `1:6: parse error: unexpected character after '!' inside braces: 'b'`],
    ['foo{a!', `1:6: parse error: unexpected character after '!' inside braces: '\uFFFD'`],
    ['foo{a=1}', `1:7: parse error: unexpected character inside braces: '1'`],
    ['foo{a:b="c"}', `1:6: parse error: unexpected character inside braces: ':'`],
    ['foo{{', `1:5: parse error: unexpected left brace '{'`],
    ['foo{a="b', '1:7: parse error: unterminated quoted string'],
    ['foo{a="b\n"}', '1:7: parse error: unterminated quoted string'],
    ['foo{a=`b', '1:7: parse error: unterminated raw string'],
    [String.raw`foo{a="\q"}`, `1:7: parse error: unknown escape sequence U+0071 'q'`],
    [String.raw`foo{a="\'"}`, `1:7: parse error: unknown escape sequence U+0027 '''`],
    [String.raw`foo{a="\x4g"}`, `1:7: parse error: illegal character U+0067 'g' in escape sequence`],
    [String.raw`foo{a="\18"}`, `1:7: parse error: illegal character U+0038 '8' in escape sequence`],
    [String.raw`foo{a="\x4`, '1:7: parse error: escape sequence not terminated'],
    [String.raw`foo{a="\400"}`, '1:7: parse error: escape sequence is an invalid Unicode code point'],
    [String.raw`foo{a="\ud800"}`, '1:7: parse error: escape sequence is an invalid Unicode code point'],
    ['foo{a="\uFFFD"}', '1:7: parse error: invalid UTF-8 rune'],
    ['foo{a="é",b}', '1:13: parse error: unexpected "}" in label matching, expected label matching operator'],
    [
      '\n\n  foo{a="é"\n b}',
      '4:2: parse error: unexpected identifier "b" in label matching, expected "," or "}"',
    ],
    ['foo{a=~"("}', '1:5: parse error: error parsing regexp: missing closing ): `(`'],
    ['foo{ b="c", a!~"x)|(y"}', '1:13: parse error: error parsing regexp: unexpected ): `x)|(y`'],
    ['foo{a=~"(", b}', '1:5: parse error: error parsing regexp: missing closing ): `(`'],
    ['foo{a=~"(?=x)"}', '1:5: parse error: error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
    ['foo{a=~"x{1001}"}', '1:5: parse error: error parsing regexp: invalid repeat count: `{1001}`'],
  ];
  for (const [input, want] of table)
    t.equal(
      refusal(() => readMatchers(input)),
      want,
      JSON.stringify(input),
    );
});

t.test('readSelector adds the rules that PromQL has for queries', async (t) => {
  const empty = 'match[] must contain at least one non-empty matcher';
  const table: readonly (readonly [input: string, want: string, why: string])[] = [
    ['{}', empty, 'no matcher at all'],
    ['{a=""}', empty, 'selects what lacks the label'],
    ['{a=~".*"}', empty, 'a pattern that takes the empty string'],
    ['{a!="b",c!~"d"}', empty, 'so do negative ones'],
    ['{a=~".+"}', 'accepted', 'this one does not'],
    ['{a!=""}', 'accepted', 'nor this one'],
    ['{""}', empty, 'an empty name is no name'],
    ['foo{a=~".*"}', 'accepted', 'a name is enough'],
    [
      'foo{__name__="bar"}',
      '1:1: parse error: metric name must not be set twice: "foo" or "bar"',
      'two names',
    ],
    [
      '# foo\n foo{"bar"}',
      '2:2: parse error: metric name must not be set twice: "foo" or "bar"',
      'two, one quoted',
    ],
    ['{__name__="foo",__name__=~"f.*"}', 'accepted', 'inside the braces Prometheus does not mind'],
  ];
  for (const [input, want, why] of table)
    t.equal(
      refusal(() => readSelector(input)),
      want,
      `${input}: ${why}`,
    );
});

t.test('a compiled selector matches series', async (t) => {
  const series = { __name__: 'kubevirt_vmi_info', job: 'kubevirt', phase: 'running', node: 'n-1' };
  const table: readonly (readonly [selector: string, want: boolean, why: string])[] = [
    ['kubevirt_vmi_info', true, 'by name'],
    ['kubevirt_vmi', false, 'names match whole'],
    ['{job="kubevirt",phase="running"}', true, 'all must hold'],
    ['{job="kubevirt",phase="failed"}', false, 'one does not'],
    ['{job="kubevirt",zone=""}', true, 'an absent label is the empty string'],
    ['{job="kubevirt",zone!=""}', false, 'so it is not something else'],
    ['{job="kubevirt",zone!="a"}', true, 'and differs from a value'],
    ['{job="kubevirt",zone=~"|a"}', true, 'a pattern that takes the empty string'],
    ['{phase=~"run"}', false, 'patterns match whole values'],
    ['{phase=~"run.*"}', true, 'this one does'],
    ['{job="kubevirt",phase!~"run.*"}', false, 'negated'],
    ['{node=~"n-[0-9]+"}', true, 'a real pattern'],
    ['{__name__=~"kubevirt_.+",node!~"n-[0-9]+"}', false, 'negated'],
    [String.raw`up{node!="\xff"}`, false, 'another name'],
    [String.raw`{job="kubevirt",node!="\xff"}`, true, 'no value equals what is not UTF-8'],
  ];
  for (const [text, want, why] of table) {
    const matchers = compileSelector(readSelector(text));
    t.equal(
      matchers.every(({ name, fits }) => fits((series as Record<string, string>)[name] ?? '')),
      want,
      `${text}: ${why}`,
    );
  }
});

t.test('what costs least comes first', async (t) => {
  const operators = compileSelector(readMatchers('{a=~"x.*",b!="y",c!~"z.*",d="w"}')).map(({ op }) => op);
  t.same(operators, ['=', '!=', '=~', '!~']);
  t.same(compileSelector(readMatchers('{}')), []);
});

t.test('a selector crosses threads', async (t) => {
  const selector = readSelector(String.raw`foo{a=~"b.*",c="\xff"}`);
  const worker = new Worker(
    'const { parentPort } = require("worker_threads"); parentPort.once("message", (m) => parentPort.postMessage(m))',
    {
      eval: true,
    },
  );
  const back = new Promise((resolve) => worker.once('message', resolve));
  worker.postMessage(selector);
  t.same(await back, selector);
  await worker.terminate();
});
