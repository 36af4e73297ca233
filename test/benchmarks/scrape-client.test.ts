import { gzipSync } from 'node:zlib';
import t from 'tap';

import { differenceOf } from '../../benchmarks/difference.ts';
import { countAnswer, problemOf } from '../../benchmarks/scrape-client.ts';

const WHOLE = '# TYPE up gauge\nup{pod="a"} 1\nup{pod="b"} 0\nx 1 1700000000000\n';
const BROKEN = gzipSync(WHOLE);
BROKEN.writeUInt32LE(1, BROKEN.length - 8);

const answers: readonly { readonly why: string; readonly gzip: Buffer; readonly want: object | RegExp }[] = [
  { why: 'whole', gzip: gzipSync(WHOLE), want: { samples: 3, up: 1, bytes: WHOLE.length } },
  { why: 'cut in a line', gzip: gzipSync(WHOLE.slice(0, -3)), want: /in the middle of a line/ },
  { why: 'cut in the gzip', gzip: gzipSync(WHOLE).subarray(0, -8), want: /unexpected end of file/ },
  { why: 'a wrong checksum', gzip: BROKEN, want: /incorrect data check/ },
];

t.test('answers are checked before they count', async (t) => {
  for (const { why, gzip, want } of answers) {
    const counted = countAnswer({
      chunks: [gzip],
      wireBytes: gzip.length,
      milliseconds: 0,
      endedAt: 0,
      trailers: {},
    });
    if (want instanceof RegExp) await t.rejects(counted, { message: want }, why);
    else t.same(await counted, want, why);
  }
  const count = { samples: 3, up: 1, bytes: 0 };
  t.equal(problemOf(count, { samples: 3, up: 1 }), undefined);
  t.equal(problemOf(count, { samples: 4, up: 1 }), '3 samples and 1 targets up; want 4 and 1');
  t.equal(problemOf(count, { samples: 3, up: 2 }), '3 samples and 1 targets up; want 3 and 2');
});

t.test('how labelled bytes differ', async (t) => {
  const [own, other] = ['a 1\nb 2\nc 3\n', 'a 1\nb 5\nc 3\nd 4\n'].map((text) => Buffer.from(text));
  t.equal(differenceOf(own!, own!), 'Both give the same 12 labelled bytes.');
  t.match(differenceOf(own!, other!), /^5 of 12 labelled bytes .* the first line: b 2; before: b 5\.$/);
});
