import { randomBytes } from 'node:crypto';
import t from 'tap';
import { BlockDeflater } from '../../src/exposition/block-deflater.ts';
import type { BlockPart } from '../../src/exposition/family-block.ts';
import { MetricType } from '../../src/exposition/metric-type.ts';
import { LineFilter } from '../../src/merge/line-filter.ts';
import { compileSelector, readMatchers } from '../../src/selector/selector.ts';
import { readStrictly } from '../../fuzz/strict-reader.ts';
import { createRandom } from '../../simulator/random.ts';
import { generatedTargets } from './generated-targets.ts';
import { read, textOf } from '../exposition/fixture.ts';
import { down, merge, up } from './fixture.ts';

const deflater = new BlockDeflater();
const at = 'instance="i",job="j"';

function filterOf(...selectors: readonly string[]): LineFilter {
  return new LineFilter(selectors.map((text) => readMatchers(text)));
}

function kept(filter: LineFilter, part: BlockPart): string {
  const result = filter.filter(part, deflater);
  if (result === undefined) return '';
  const text = textOf(result).toString();
  if (result.rawLength !== Buffer.byteLength(text)) throw new Error(`${result.rawLength} bytes: ${text}`);
  return text;
}

t.test('exactly the lines that match are kept', async (t) => {
  const body =
    '# TYPE m histogram\nm_bucket{le="1"} 1\nm_bucket{le="+Inf",job="own"} 2 5\nm_sum{job=""} 3\nm_count{x="a\\"b\\\\n\\n"} 4\n';
  const lines = [
    `m_bucket{${at},le="1"} 1\n`,
    'm_bucket{instance="i",le="+Inf",job="own"} 2 5\n',
    'm_sum{instance="i",job=""} 3\n',
    `m_count{${at},x="a\\"b\\\\n\\n"} 4\n`,
  ];
  const [part] = read(body).families[0]!.parts;
  const table: readonly (readonly [selectors: readonly string[], want: readonly number[], why: string])[] = [
    [['m_bucket'], [0, 1], 'a name'],
    [['m'], [], 'the name of the family alone'],
    [['{__name__=~"m_(sum|count)"}'], [2, 3], 'names'],
    [['{job="j"}'], [0, 3], 'a label of the target'],
    [['{job="own"}'], [1], 'an own label'],
    [['{job=""}'], [2], 'an empty label'],
    [['{nothing=""}'], [0, 1, 2, 3], 'a label that is not there'],
    [['{nothing!=""}'], [], 'and must be'],
    [['{x="a\\"b\\\\n\\n"}'], [3], 'escapes are undone'],
    [['{le=~".+"}', 'm_sum'], [0, 1, 2], 'any of several'],
    [['m_bucket{le="1"}', 'm_bucket'], [0, 1], 'no line twice'],
    [['{}'], [], 'nothing'],
  ];
  for (const [selectors, want, why] of table)
    t.equal(kept(filterOf(...selectors), part!), want.map((i) => lines[i]).join(''), why);
});

t.test('values that look like labels', async (t) => {
  const lines = [
    `m{${at},a="x,ns=",ns="t"} 1\n`,
    `m{${at},a="{ns=",b="t"} 2\n`,
    `m{${at},a="\\",ns=\\"t\\"",b="u"} 3\n`,
    `m{${at},other_ns="t"} 4\n`,
    `m{${at},ns=",b="} 5\n`,
    `m{${at},ns="}",b="c"} 6\n`,
    `m{${at},a="ns=",b="t"} 7\n`,
    `m{${at},ns="\uFFFD"} 8\n`,
    `m{${at},a="1",ns="t"} 9\n`,
  ];
  const body = lines.join('').replaceAll(`${at},`, '');
  const { families } = read(body);
  t.equal(textOf(families[0]!.parts[0]!).toString(), lines.join(''));
  const table: readonly (readonly [selectors: readonly string[], want: readonly number[]])[] = [
    [['{ns="t"}'], [0, 8]],
    [['{ns=~"t|u"}'], [0, 8]],
    [['{ns=",b="}'], [4]],
    [['{ns="}"}'], [5]],
    [['{ns=~"[,}].*"}'], [4, 5]],
    [['{ns=~".+"}'], [0, 4, 5, 7, 8]],
    [['{ns=""}'], [1, 2, 3, 6]],
    [['{ns="t",a="1"}'], [8]],
    [['{ns="t",a!="1"}'], [0]],
    [
      ['{ns="t"}', '{other_ns="t"}'],
      [0, 3, 8],
    ],
    [['{b="t",ns=""}'], [1, 6]],
    [[String.raw`{ns="\xff"}`], []],
    [['{ns!="\\xff",ns=~`.*\\x{FFFD}`}'], [7]],
    [['{b="u"}'], [2]],
    [['{"ns"="t"}'], [0, 8]],
    [['{"n.s"="t"}'], []],
    [['{"n.s"="",ns="t"}'], [0, 8]],
  ];
  for (const [selectors, want] of table)
    t.equal(
      kept(filterOf(...selectors), families[0]!.parts[0]!),
      want.map((i) => lines[i]).join(''),
      selectors.join(' '),
    );
});

t.test('whatever targets expose, the lines that are selected are there, and no other', async (t) => {
  const labels = ['__name__', '__name__', 'a', 'b', 'le', 'job', 'instance', 'pod', 'exported_job', 'reason'];
  const values = [
    '',
    'x',
    'y',
    'j',
    'i1',
    'p2',
    '1',
    '+Inf',
    'a',
    'h_bucket',
    's_sum',
    'up',
    'timeout',
    '}{,=#',
  ];
  const patterns = ['h.*', '.+', '.*', 'x|y', 'i[0-9]', '.*_count', '', 'p1|j|up', '[^x]*'];
  for (let seed = 1; seed <= 60; seed++) {
    const random = createRandom(seed);
    const targets = generatedTargets(seed);
    const texts = Array.from({ length: random.whole(1, 3) }, () => {
      const matchers = Array.from({ length: random.whole(1, 3) }, () => {
        const op = random.pick(['=', '=', '!=', '=~', '!~']);
        const value = random.pick(op.endsWith('~') ? patterns : values);
        return `${random.pick(labels)}${op}${JSON.stringify(value)}`;
      });
      return `{${matchers.join(',')}}`;
    });
    const selectors = texts.map((text) => readMatchers(text));
    const compiled = selectors.map((selector) => compileSelector(selector));
    const linesOf = (text: string) => readStrictly(Buffer.from(text)).flatMap(({ samples }) => samples);
    const want = linesOf(merge(targets).text).filter(({ name, labels: own }) =>
      compiled.some((matchers) =>
        matchers.every((matcher) =>
          matcher.fits(
            matcher.name === '__name__' ? name : (own.find(([label]) => label === matcher.name)?.[1] ?? ''),
          ),
        ),
      ),
    );
    const got = linesOf(merge(targets, selectors).text);
    t.same(
      got.map(({ line }) => line).sort(),
      want.map(({ line }) => line).sort(),
      `seed ${seed}: ${texts.join(' ')}`,
    );
  }
});

t.test('a deflate block is filtered too, and what is large is deflated again', async (t) => {
  const body = Array.from(
    { length: 1000 },
    (_, i) => `m{x="${i % 2}",y="${randomBytes(20).toString('hex')}"} ${i}\n`,
  ).join('');
  const { parts } = read(body).families[0]!;
  t.equal(parts.length, 1);
  t.equal(parts[0]!.deflated, true);
  const whole = textOf(parts[0]!).toString();
  t.equal(kept(filterOf('m'), parts[0]!), whole, 'all of it');
  const half = whole.replaceAll(/.*x="1".*\n/g, '');
  t.equal(kept(filterOf('m{x="0"}'), parts[0]!), half);
  t.equal(filterOf('m{x="0"}').filter(parts[0]!, deflater)!.deflated, true);
  t.equal(kept(filterOf('m{y=~"00.*"}'), parts[0]!), whole.replaceAll(/.*y="(?!00).*\n/g, ''), 'few');
});

t.test('whether a family can hold a match', async (t) => {
  const table: readonly (readonly [selector: string, name: string, type: MetricType, want: boolean])[] = [
    ['m', 'm', MetricType.gauge, true],
    ['m', 'n', MetricType.gauge, false],
    ['m_count', 'm', MetricType.gauge, false],
    ['m_count', 'm', MetricType.summary, true],
    ['m_bucket', 'm', MetricType.summary, false],
    ['m_bucket', 'm', MetricType.histogram, true],
    ['{job="j"}', 'm', MetricType.none, true],
    ['{__name__!="m"}', 'm', MetricType.gauge, false],
    ['{__name__!="m"}', 'm', MetricType.histogram, true],
  ];
  for (const [selector, name, type, want] of table)
    t.equal(filterOf(selector).mayMatch(name, type), want, `${selector} in ${name}`);
});

t.test('a filtered answer has the families that have a match, report series too', async (t) => {
  const targets = [
    up(
      { job: 'a', instance: 'i' },
      '# HELP m Text.\n# TYPE m gauge\nm{x="1"} 1\nm{x="2"} 2\n# TYPE n gauge\nn 1\n',
    ),
    up({ job: 'b', instance: 'i' }, '# HELP m Other.\n# TYPE m counter\nm{x="3"} 1\n'),
    down({ job: 'c', instance: 'i' }, 'connect'),
  ];
  const table: readonly (readonly [selectors: readonly string[], want: string, why: string])[] = [
    [
      ['m{x="2"}'],
      '# HELP m Text.\n# TYPE m gauge\nm{instance="i",job="a",x="2"} 2\n',
      'a target without a match has no vote',
    ],
    [
      ['up{job!="a"}'],
      '# HELP up Whether the scrape of the target succeeded (1) or failed (0).\n# TYPE up gauge\nup{instance="i",job="b"} 1\nup{instance="i",job="c"} 0\n',
      'report series',
    ],
    [['nothing'], '', 'no match'],
  ];
  for (const [selectors, want, why] of table) {
    t.equal(
      merge(
        [targets],
        selectors.map((text) => readMatchers(text)),
      ).text,
      want,
      why,
    );
    t.equal(
      merge(
        targets.map((target) => [target]),
        selectors.map((text) => readMatchers(text)),
      ).text,
      want,
      `${why}, over workers`,
    );
  }
  const everything = merge([targets], [readMatchers('{__name__=~".+"}')]);
  t.equal(everything.text, merge([targets]).text, 'a selector that matches all changes nothing');
});
