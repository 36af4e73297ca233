import t from 'tap';
import { readStrictly, StrictError } from '../../fuzz/strict-reader.ts';
import { thrownBy } from '../exposition/fixture.ts';

const HISTOGRAM = '# TYPE h histogram\nh_bucket{le="1"} 1\nh_sum 1\nh_count 1\n';

const accepted: readonly (readonly [text: string, families: readonly string[]])[] = [
  ['', []],
  ['a 1\n', ['a']],
  ['# HELP a x \\\\ \\n "\n# TYPE a gauge\na{b="1",c="\\"\\\\\\n"} -1.5e-7 12\na NaN\nb +Inf\n', ['a', 'b']],
  [HISTOGRAM, ['h']],
  [`${HISTOGRAM}h_sum_x 1\n`, ['h', 'h_sum_x']],
  [`h_count 1\n${HISTOGRAM}`, ['h_count', 'h']],
  ['# TYPE h histogram\nh_bucket{le="NaN"} -1\nh_sum{le="x"} 1\n'.replace('"x"', '"inf"'), ['h']],
  ['# TYPE s summary\ns{quantile="0.5"} -1\ns_count -1\n', ['s']],
  ['# TYPE s summary\ns 1\ns_bucket{le="x"} 1\n', ['s', 's_bucket']],
];

const refused: readonly (readonly [text: string | Uint8Array, why: RegExp])[] = [
  ['a 1', /newline/],
  [Buffer.from('a{b="\xff"} 1\n', 'latin1'), /UTF-8/],
  ['a 1\n\nb 1\n', /metric name/],
  ['# x\na 1\n', /metric name/],
  ['a  1\n', /value/],
  ['a 1 \n', /value/],
  ['a 1 01\n', /value/],
  ['a 1 -1\n', /value/],
  ['a 1 9223372036854775808\n', /64 bits/],
  ['a x\n', /float/],
  ['a Inf\n', /float/],
  ['a nan\n', /float/],
  ['a 1e309\n', /float/],
  ['a{} 1\n', /label/],
  ['a{b="1",} 1\n', /label/],
  ['a{b="1", c="2"} 1\n', /label/],
  ['a{b="\\x"} 1\n', /label/],
  ['a{b="1",b="2"} 1\n', /twice/],
  ['a{__name__="b"} 1\n', /reserved/],
  ['a 1\nb 1\na 2\n', /family a goes on/],
  ['a 1\nb 1\n# TYPE a gauge\n', /comes twice/],
  ['a 1\n# TYPE a gauge\na 2\n', /after its samples/],
  ['# TYPE a gauge\n# TYPE a gauge\n', /a second type/],
  ['# HELP a x\n# HELP a x\n', /a second help/],
  ['# HELP a \\x\n', /escape/],
  ['# TYPE a info\n', /no type/],
  [`${HISTOGRAM}# TYPE h_count counter\n`, /read as one of h/],
  [`${HISTOGRAM}b 1\nh_count 1\n`, /family h goes on/],
  ['# TYPE h histogram\nh_bucket{le="x"} 1\n', /le is no float/],
  ['# TYPE h histogram\nh_bucket{le="1e999"} 1\n', /le is no float/],
  ['# TYPE h histogram\nh_bucket{le="1"} -1\n', /negative/],
  ['# TYPE h histogram\nh{le="1"} -1\n', /negative/],
  ['# TYPE h histogram\nh_count -Inf\n', /negative/],
  ['# TYPE s summary\ns_sum{quantile="x"} 1\n', /quantile is no float/],
];

t.test('what is valid is read', async (t) => {
  for (const [text, families] of accepted)
    t.same(
      readStrictly(Buffer.from(text)).map(({ name }) => name),
      families,
      JSON.stringify(text),
    );
});

t.test('what is not is refused', async (t) => {
  for (const [text, why] of refused) {
    const thrown = thrownBy(() => readStrictly(Buffer.from(text)));
    t.ok(thrown instanceof StrictError, JSON.stringify(text));
    t.match((thrown as StrictError).message, why, JSON.stringify(text));
  }
});

t.test('a sample is taken apart', async (t) => {
  const [family] = readStrictly(Buffer.from('# TYPE a gauge\na{b="\\n\\\\n",c="é"} 1 2\n'));
  t.equal(family!.type, 'gauge');
  t.match(family!.samples[0], {
    name: 'a',
    labels: [
      ['b', '\n\\n'],
      ['c', Buffer.from('é').toString('latin1')],
    ],
    value: '1',
    timestamp: '2',
  });
});
