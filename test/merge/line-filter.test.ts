import { randomBytes } from 'node:crypto';
import t from 'tap';
import { BlockDeflater } from '../../src/exposition/block-deflater.ts';
import type { BlockPart } from '../../src/exposition/family-block.ts';
import { MetricType } from '../../src/exposition/metric-type.ts';
import { LineFilter } from '../../src/merge/line-filter.ts';
import { readMatchers } from '../../src/selector/selector.ts';
import { read, textOf } from '../exposition/fixture.ts';
import { down, merge, up } from './fixture.ts';

const deflater = new BlockDeflater();
const at = 'instance="i",job="j"';

function filterOf(...selectors: readonly string[]): LineFilter {
  return new LineFilter(selectors.map(readMatchers));
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
    t.equal(merge([targets], selectors.map(readMatchers)).text, want, why);
    t.equal(
      merge(
        targets.map((target) => [target]),
        selectors.map(readMatchers),
      ).text,
      want,
      `${why}, over workers`,
    );
  }
  const everything = merge([targets], [readMatchers('{__name__=~".+"}')]);
  t.equal(everything.text, merge([targets]).text, 'a selector that matches all changes nothing');
});
