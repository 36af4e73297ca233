import t from 'tap';
import { RelabelConfigError, relabel, relabelConfig } from '../../src/relabel/relabel.ts';
import type { RelabelConfig } from '../../src/relabel/relabel.ts';

type Labels = Record<string, string>;
type Rule = Partial<RelabelConfig>;

interface RelabelCase {
  readonly labels: Labels;
  readonly rules: readonly Rule[];
  /** `undefined` where the target is dropped. */
  readonly want: Labels | undefined;
  readonly why: string;
}

function run({ labels, rules }: RelabelCase): Labels | undefined {
  const result = relabel(
    new Map(Object.entries(labels)),
    rules.map((rule) => relabelConfig(rule)),
  );
  return result && Object.fromEntries(result);
}

function table(name: string, cases: readonly RelabelCase[]): void {
  t.test(name, async (t) => {
    for (const row of cases) t.strictSame(run(row), row.want, row.why);
  });
}

table('replace', [
  {
    labels: { a: 'foo', b: 'bar' },
    rules: [{ sourceLabels: ['a', 'b'], targetLabel: 'c' }],
    want: { a: 'foo', b: 'bar', c: 'foo;bar' },
    why: 'values joined by a semicolon',
  },
  {
    labels: { a: 'foo' },
    rules: [{ sourceLabels: ['a', 'none', 'a'], separator: '', targetLabel: 'c' }],
    want: { a: 'foo', c: 'foofoo' },
    why: 'a missing label is empty, a separator may be',
  },
  {
    labels: { a: 'foo' },
    rules: [{ targetLabel: 'c', replacement: 'fixed' }],
    want: { a: 'foo', c: 'fixed' },
    why: 'without source labels the default expression matches empty text',
  },
  {
    labels: { a: 'foo' },
    rules: [{ sourceLabels: ['a'], regex: 'o+', targetLabel: 'c', replacement: 'x' }],
    want: { a: 'foo' },
    why: 'anchored at both ends',
  },
  {
    labels: { a: 'foo' },
    rules: [{ sourceLabels: ['a'], regex: 'bar|foo', targetLabel: 'c', replacement: 'x' }],
    want: { a: 'foo', c: 'x' },
    why: 'anchors hold around an alternation',
  },
  {
    labels: { a: 'foo\nbar' },
    rules: [{ sourceLabels: ['a'], regex: 'foo.bar', targetLabel: 'c', replacement: 'x' }],
    want: { a: 'foo\nbar', c: 'x' },
    why: 'a dot matches a newline',
  },
  {
    labels: { a: 'foo\n' },
    rules: [{ sourceLabels: ['a'], regex: 'foo', targetLabel: 'c', replacement: 'x' }],
    want: { a: 'foo\n' },
    why: 'the end is the end of the text, not of a line',
  },
  {
    labels: { a: 'foo', c: 'old' },
    rules: [{ sourceLabels: ['a'], regex: 'f(x?)oo', targetLabel: 'c' }],
    want: { a: 'foo' },
    why: 'an empty result deletes the label',
  },
  {
    labels: { a: 'foo', foo: 'old' },
    rules: [{ sourceLabels: ['a'], regex: '(f.*)', targetLabel: '$1', replacement: '' }],
    want: { a: 'foo' },
    why: 'also one whose name is expanded',
  },
  {
    labels: { a: 'some-name-bar' },
    rules: [
      { sourceLabels: ['a'], regex: 'some-([^-]+)-([^,]+)', targetLabel: '${1}_x', replacement: '${2}' },
    ],
    want: { a: 'some-name-bar', name_x: 'bar' },
    why: 'a target name from a group',
  },
  {
    labels: { a: '0foo' },
    rules: [{ sourceLabels: ['a'], targetLabel: '$1', replacement: 'x' }],
    want: { a: '0foo' },
    why: 'a target name that is invalid once expanded changes nothing',
  },
  {
    labels: { a: 'foo' },
    rules: [{ sourceLabels: ['a'], regex: 'x(.*)', targetLabel: 'a', replacement: '' }],
    want: { a: 'foo' },
    why: 'no match, no change',
  },
  {
    labels: { a: 'foo' },
    rules: [
      { sourceLabels: ['a'], targetLabel: 'b', replacement: '${1}1' },
      { sourceLabels: ['b'], targetLabel: 'c', replacement: '${1}2' },
    ],
    want: { a: 'foo', b: 'foo1', c: 'foo12' },
    why: 'a rule sees what the rules before it did',
  },
  {
    labels: { a: 'foo', empty: '' },
    rules: [],
    want: { a: 'foo' },
    why: 'an empty label is none',
  },
]);

t.test('expansion of templates, as Go does it', async (t) => {
  const cases: { template: string; want: string; why: string }[] = [
    { template: '$1-$2', want: 'ab-cd', why: 'numbers' },
    { template: '$0', want: 'ab.cd', why: 'the whole match' },
    { template: '${1}x', want: 'abx', why: 'braces end a number' },
    { template: '$1x', want: '', why: 'without them the name is 1x, which is no group' },
    { template: '$1_$2', want: 'cd', why: 'an underscore belongs to the name' },
    { template: '$first/${first}', want: 'ab/ab', why: 'named group' },
    { template: '$9|${none}', want: '|', why: 'groups that do not exist are empty' },
    { template: '$01|${01}', want: '|', why: 'a number with a leading zero is a name' },
    { template: '$99999999999', want: '', why: 'a number beyond every group' },
    { template: '$3|', want: '|', why: 'a group that took no part' },
    { template: '$$1', want: '$1', why: 'two dollars are one' },
    { template: '$', want: '$', why: 'a dollar alone stays' },
    { template: '$-${}${1', want: '$-${}${1', why: 'what begins no reference stays' },
    { template: '${first', want: '${first', why: 'an open brace stays' },
    { template: '${a b}', want: '${a b}', why: 'a space is no part of a name' },
    { template: '$$$1', want: '$ab', why: 'a dollar, then a reference' },
    { template: '$1é', want: '', why: 'letters beyond ASCII belong to the name' },
    { template: String.raw`\1`, want: String.raw`\1`, why: 'a backslash means nothing' },
    { template: '$&', want: '$&', why: 'no expansion of JavaScript' },
  ];
  const rule = { sourceLabels: ['v'], regex: String.raw`(?P<first>\w+)\.(\w+)(x)?`, targetLabel: 'out' };
  for (const { template, want, why } of cases) {
    const result = run({
      labels: { v: 'ab.cd', out: 'before' },
      rules: [{ ...rule, replacement: template }],
      want: undefined,
      why,
    });
    t.equal(result?.['out'] ?? '', want, `${template}: ${why}`);
  }
});

table('keep and drop', [
  {
    labels: { a: 'foo' },
    rules: [{ action: 'keep', sourceLabels: ['a'], regex: 'f.*' }],
    want: { a: 'foo' },
    why: 'keep: match',
  },
  {
    labels: { a: 'foo' },
    rules: [{ action: 'keep', sourceLabels: ['a'], regex: 'o' }],
    want: undefined,
    why: 'keep: no match',
  },
  {
    labels: { a: 'foo' },
    rules: [{ action: 'drop', sourceLabels: ['a'], regex: 'f.*' }],
    want: undefined,
    why: 'drop: match',
  },
  {
    labels: { a: 'foo' },
    rules: [{ action: 'drop', sourceLabels: ['a'], regex: 'o' }],
    want: { a: 'foo' },
    why: 'drop: no match',
  },
  {
    labels: { a: 'foo' },
    rules: [
      { action: 'drop', sourceLabels: ['a'], regex: 'foo' },
      { targetLabel: 'b', replacement: 'x' },
    ],
    want: undefined,
    why: 'nothing runs after a drop',
  },
  {
    labels: { a: 'foo' },
    rules: [{ action: 'drop' }],
    want: undefined,
    why: 'the default expression matches all',
  },
  {
    labels: { a: 'K' },
    rules: [{ action: 'keep', sourceLabels: ['a'], regex: '(?i)k' }],
    want: { a: 'K' },
    why: 'flags of RE2',
  },
]);

table('keepequal and dropequal', [
  {
    labels: { a: 'x;y', b: 'x', c: 'y' },
    rules: [{ action: 'keepequal', sourceLabels: ['b', 'c'], targetLabel: 'a' }],
    want: { a: 'x;y', b: 'x', c: 'y' },
    why: 'keepequal: joined values equal',
  },
  {
    labels: { a: 'x', b: 'y' },
    rules: [{ action: 'keepequal', sourceLabels: ['b'], targetLabel: 'a' }],
    want: undefined,
    why: 'keepequal: different',
  },
  {
    labels: { a: 'x' },
    rules: [{ action: 'keepequal', sourceLabels: ['b'], targetLabel: 'c' }],
    want: { a: 'x' },
    why: 'keepequal: both missing are equal',
  },
  {
    labels: { a: 'x', b: 'x' },
    rules: [{ action: 'dropequal', sourceLabels: ['b'], targetLabel: 'a' }],
    want: undefined,
    why: 'dropequal: equal',
  },
  {
    labels: { a: 'x', b: 'y' },
    rules: [{ action: 'dropequal', sourceLabels: ['b'], targetLabel: 'a' }],
    want: { a: 'x', b: 'y' },
    why: 'dropequal: different',
  },
]);

table('hashmod', [
  {
    labels: { a: 'foo', b: 'bar', c: 'baz' },
    rules: [{ action: 'hashmod', sourceLabels: ['c'], targetLabel: 'd', modulus: 1000 }],
    want: { a: 'foo', b: 'bar', c: 'baz', d: '976' },
    why: 'the case of the tests of Prometheus',
  },
  {
    labels: { a: 'foo\nbar' },
    rules: [{ action: 'hashmod', sourceLabels: ['a'], targetLabel: 'b', modulus: 1000 }],
    want: { a: 'foo\nbar', b: '734' },
    why: 'likewise, with a newline',
  },
  {
    labels: {},
    rules: [{ action: 'hashmod', sourceLabels: ['a'], targetLabel: 'b', modulus: 1 }],
    want: { b: '0' },
    why: 'zero is written',
  },
  {
    labels: {},
    rules: [{ action: 'hashmod', sourceLabels: ['a'], targetLabel: 'b', modulus: Number.MAX_SAFE_INTEGER }],
    want: { b: String(0xe9800998ecf8427en % BigInt(Number.MAX_SAFE_INTEGER)) },
    why: 'the last eight of the sixteen bytes of MD5, all 64 bits of them',
  },
]);

table('labelmap, labeldrop and labelkeep', [
  {
    labels: { a: 'foo', b1: 'bar', b2: 'baz' },
    rules: [{ action: 'labelmap', regex: '(b.*)', replacement: 'meta_$1' }],
    want: { a: 'foo', b1: 'bar', b2: 'baz', meta_b1: 'bar', meta_b2: 'baz' },
    why: 'labelmap copies under the new name',
  },
  {
    labels: { m_b: '2', m_a: '1', n_a: '3' },
    rules: [{ action: 'labelmap', regex: '[mn]_(?:a|b)', replacement: 'x' }],
    want: { m_a: '1', m_b: '2', n_a: '3', x: '3' },
    why: 'labelmap: of several, the last by name, whatever order they came in',
  },
  {
    labels: { m_a: '1', m_m_a: '2' },
    rules: [{ action: 'labelmap', regex: 'm_(.*)' }],
    want: { a: '1', m_a: '2', m_m_a: '2' },
    why: 'labelmap reads the labels as they were before it',
  },
  {
    labels: { a: 'foo', b1: 'bar', b2: 'baz' },
    rules: [{ action: 'labeldrop', regex: 'b.*' }],
    want: { a: 'foo' },
    why: 'labeldrop',
  },
  {
    labels: { a: 'foo', b1: 'bar', b2: 'baz' },
    rules: [{ action: 'labelkeep', regex: 'b.*' }],
    want: { b1: 'bar', b2: 'baz' },
    why: 'labelkeep',
  },
]);

table('lowercase and uppercase', [
  {
    labels: { a: 'Foo', b: 'BAR' },
    rules: [
      { action: 'lowercase', sourceLabels: ['a', 'b'], targetLabel: 'low' },
      { action: 'uppercase', sourceLabels: ['a', 'b'], separator: '-', targetLabel: 'up' },
    ],
    want: { a: 'Foo', b: 'BAR', low: 'foo;bar', up: 'FOO-BAR' },
    why: 'joined values',
  },
  {
    labels: { a: 'ΑΣ İ' },
    rules: [{ action: 'lowercase', sourceLabels: ['a'], targetLabel: 'a' }],
    want: { a: 'ας i'.replace('ς', 'σ') },
    why: 'code point by code point, as Go: no final sigma',
  },
  {
    labels: { a: 'straße ᾳ ᾀ ŉ 😀' },
    rules: [{ action: 'uppercase', sourceLabels: ['a'], targetLabel: 'a' }],
    want: { a: 'STRAßE ᾼ ᾈ ŉ 😀' },
    why: 'simple mappings, as Go',
  },
  {
    labels: { a: 'x' },
    rules: [{ action: 'lowercase', sourceLabels: ['none'], targetLabel: 'a' }],
    want: {},
    why: 'an empty result deletes the label',
  },
]);

t.test('the given labels are left alone', async (t) => {
  const labels = new Map([['a', 'foo']]);
  relabel(labels, [relabelConfig({ targetLabel: 'a', replacement: 'x' })]);
  t.strictSame([...labels], [['a', 'foo']]);
});

t.test('rules that Prometheus takes', async (t) => {
  const cases: { rule: Rule; why: string }[] = [
    { rule: { targetLabel: '${1}' }, why: 'a target that is all reference' },
    { rule: { targetLabel: 'a_$1_${name}9' }, why: 'a target with references' },
    {
      rule: { action: 'lowercase', targetLabel: 'a', replacement: '$1' },
      why: 'the default of a field that is refused',
    },
    {
      rule: { action: 'labeldrop', separator: ';', modulus: 0, targetLabel: '' },
      why: 'defaults given to labeldrop',
    },
    {
      rule: { action: 'hashmod', targetLabel: 'a', modulus: 8, replacement: 'x' },
      why: 'a field without effect',
    },
    { rule: { action: 'labelmap', regex: 'a(.+)', replacement: 'b${1}' }, why: 'labelmap' },
    { rule: { action: 'keep', regex: '' }, why: 'an empty expression' },
    {
      rule: { action: 'keep', regex: String.raw`\pL+|[[:alpha:]]|(?U)a*|\Qa.b\E` },
      why: 'syntax that only RE2 has',
    },
  ];
  for (const { rule, why } of cases) t.ok(Object.isFrozen(relabelConfig(rule)), why);
});

t.test('rules that Prometheus refuses', async (t) => {
  const cases: { rule: Rule; field: string; why: string }[] = [
    { rule: {}, field: 'target_label', why: 'replace without target' },
    { rule: { action: 'hashmod', modulus: 2 }, field: 'target_label', why: 'hashmod without target' },
    { rule: { action: 'hashmod', targetLabel: 'a' }, field: 'modulus', why: 'hashmod without modulus' },
    {
      rule: { action: 'hashmod', targetLabel: '$1', modulus: 2 },
      field: 'target_label',
      why: 'hashmod does not expand',
    },
    { rule: { action: 'lowercase' }, field: 'target_label', why: 'lowercase without target' },
    {
      rule: { action: 'uppercase', targetLabel: '9' },
      field: 'target_label',
      why: 'uppercase into a bad name',
    },
    {
      rule: { action: 'uppercase', targetLabel: 'a', replacement: 'x' },
      field: 'replacement',
      why: 'uppercase',
    },
    { rule: { targetLabel: 'a-b' }, field: 'target_label', why: 'a bad name' },
    { rule: { targetLabel: '1a' }, field: 'target_label', why: 'a name that begins with a digit' },
    { rule: { targetLabel: 'a$' }, field: 'target_label', why: 'a dollar that refers to nothing' },
    { rule: { targetLabel: 'a${b' }, field: 'target_label', why: 'an open brace' },
    {
      rule: { targetLabel: `${'$aa'.repeat(5000)}!` },
      field: 'target_label',
      why: 'long and bad, found at once',
    },
    {
      rule: { action: 'labelmap', replacement: 'a-$1' },
      field: 'replacement',
      why: 'labelmap to a bad name',
    },
    { rule: { sourceLabels: ['a-b'], targetLabel: 'c' }, field: 'source_labels', why: 'a bad source name' },
    { rule: { action: 'keep', regex: '(' }, field: 'regex', why: 'an open group' },
    { rule: { action: 'keep', regex: '(?=a)' }, field: 'regex', why: 'RE2 has no look-ahead' },
    { rule: { action: 'keep', regex: String.raw`(a)\1` }, field: 'regex', why: 'nor references back' },
    { rule: { action: 'keep', regex: 'a{1001}' }, field: 'regex', why: 'nor such repetitions' },
    { rule: { action: 'keepequal' }, field: 'target_label', why: 'keepequal without target' },
    {
      rule: { action: 'keepequal', targetLabel: 'a', regex: '(.*)' },
      field: 'regex',
      why: 'even the default',
    },
    { rule: { action: 'dropequal', targetLabel: 'a', separator: ',' }, field: 'separator', why: 'dropequal' },
    { rule: { action: 'dropequal', targetLabel: 'a', modulus: 1 }, field: 'modulus', why: 'dropequal' },
    {
      rule: { action: 'dropequal', targetLabel: 'a', replacement: 'x' },
      field: 'replacement',
      why: 'dropequal',
    },
    { rule: { action: 'labeldrop', sourceLabels: [] }, field: 'source_labels', why: 'even an empty list' },
    { rule: { action: 'labeldrop', targetLabel: 'a' }, field: 'target_label', why: 'labeldrop' },
    { rule: { action: 'labelkeep', modulus: 1 }, field: 'modulus', why: 'labelkeep' },
    { rule: { action: 'labelkeep', separator: ',' }, field: 'separator', why: 'labelkeep' },
    { rule: { action: 'labelkeep', replacement: 'x' }, field: 'replacement', why: 'labelkeep' },
    { rule: { action: 'hashmod', targetLabel: 'a', modulus: 1.5 }, field: 'modulus', why: 'no whole number' },
  ];
  for (const { rule, field, why } of cases) {
    let error: unknown;
    try {
      relabelConfig(rule);
    } catch (thrown) {
      error = thrown;
    }
    t.ok(error instanceof RelabelConfigError, `${field}: ${why}`);
    t.equal(error instanceof RelabelConfigError ? error.field : '', field, `${field} is blamed: ${why}`);
  }
});
