import { RE2JS } from 're2js';
import t from 'tap';
import { compilePattern, MAX_PATTERN_LENGTH } from '../../src/selector/value-matcher.ts';

t.test('the fast cases say what RE2 says', async (t) => {
  const patterns = [
    '',
    'foo',
    'foo|bar',
    '(foo|bar)',
    '(?:foo|bar|)',
    '(foo)',
    '|',
    '()',
    'a|ab',
    String.raw`a\.b|c\|d`,
  ]
    .concat([
      '.*',
      '.+',
      'foo.*',
      'foo.+',
      '.*foo',
      '.+foo',
      '.*foo.*',
      '.+foo.+',
      '.+foo.*',
      '.*foo.+',
      '.*.*',
      '.+.+',
      '.*.+',
    ])
    .concat([
      String.raw`a\.b.*`,
      '.+aa.+',
      'é.*',
      '.+😀',
      '(?i:foo|bar)',
      '(?i)foo.*',
      'foo.*bar',
      '(foo)|(bar)',
      '^foo$',
      'fo*',
    ])
    .concat([
      'f.o',
      '[f]oo',
      'foo?',
      'foo{2}',
      String.raw`\Qa.b\E`,
      String.raw`\d+`,
      '.',
      'foo$|^bar',
      '(foo',
      'x||y',
    ]);
  const values = [
    '',
    'f',
    'foo',
    'FOO',
    'foo ',
    ' foo',
    'xfoo',
    'foox',
    'xfoox',
    'foofoo',
    'xfoofoo',
    'bar',
    'foo\n',
    '\n',
    '\nfoo\n',
  ].concat([
    'foobar',
    'foo|bar',
    'a',
    'ab',
    'a.b',
    'axb',
    'a.bc',
    'c|d',
    'aa',
    'aaa',
    'aaaa',
    'é',
    'éa',
    '😀',
    'a😀',
    '1',
    '12',
    'x',
    'y',
  ]);
  for (const pattern of patterns) {
    let oracle: RE2JS;
    try {
      oracle = RE2JS.compile(pattern, RE2JS.DOTALL);
    } catch {
      t.throws(() => compilePattern(pattern), { message: /^error parsing regexp: / }, pattern);
      continue;
    }
    const matches = compilePattern(pattern);
    const wrong = values.filter((value) => matches(value) !== oracle.matches(value));
    t.same(wrong, [], pattern);
  }
});

t.test('a verdict is the same when it is asked for again', async (t) => {
  const matches = compilePattern('v[0-9]*[02468]');
  for (const round of [1, 2]) {
    const wrong = Array.from({ length: 3000 }, (_, index) => index).filter(
      (index) => matches(`v${index}`) !== (index % 2 === 0),
    );
    t.same(wrong, [], `round ${round}`);
  }
});

t.test('patterns are bounded, lists of literals are not', async (t) => {
  const names = Array.from({ length: 2000 }, (_, index) => `kubevirt_metric_${index}`);
  const table: readonly (readonly [pattern: string, accepted: boolean, why: string])[] = [
    [names.join('|'), true, 'a long list of names'],
    [`(${names.join('|')})`, true, 'in parentheses'],
    [`${'x'.repeat(2 * MAX_PATTERN_LENGTH)}.*`, true, 'a long prefix'],
    [`[a]${'x'.repeat(MAX_PATTERN_LENGTH)}`, false, 'a long pattern'],
    ['a{1000}', true, 'what RE2 allows at most, once'],
    ['a{1000}'.repeat(20), false, 'many times'],
    ['(?:(?:a{10}){10}){10}'.repeat(20), false, 'nested'],
    [`((a{1000}|b)${'c{1000}'.repeat(9)}`, false, 'in a group that is never closed'],
    [`[(]${'a{1000}'.repeat(20)}[)]`, false, 'behind a parenthesis in a class'],
    [String.raw`\Q[\E${'a{1000}'.repeat(20)}\Q]\E`, false, 'behind a quoted bracket'],
    [String.raw`\[${'a{1000}'.repeat(20)}\]`, false, 'behind an escaped bracket'],
    [`[]a]${'a{1000}'.repeat(20)}`, false, 'behind a class that holds a bracket'],
    [`[^][:alpha:]]${'a{1000}'.repeat(20)}`, false, 'behind a class that holds a class'],
  ];
  for (const [pattern, accepted, why] of table) {
    if (accepted) t.doesNotThrow(() => compilePattern(pattern), why);
    else t.throws(() => compilePattern(pattern), { message: /too large/ }, why);
  }
});

t.test('patterns that defeat backtracking are linear', async (t) => {
  // With a backtracking engine each of these would outlast the test's time limit by far.
  const value = `${'a'.repeat(5000)}!`;
  for (const pattern of ['(a+)+', '(a|a)*', '(?:a*)*b', '(.*a){20}b'])
    t.equal(compilePattern(pattern)(value), false, pattern);
});

t.test('what is not UTF-8 is no pattern', async (t) => {
  t.throws(() => compilePattern('[a]\udcff'), {
    message: 'error parsing regexp: invalid UTF-8: `[a]\uFFFD`',
  });
});
