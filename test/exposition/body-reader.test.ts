import { randomFillSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { BodyReader, runToEnd } from '../../src/exposition/body-reader.ts';
import { BodySizeError, EncodingError } from '../../src/exposition/body-form.ts';
import { Workshop } from '../../src/exposition/workshop.ts';
import { linesOf, piecesOf, read, refusalOf, rulesOf, show, textOf, thrownBy } from './fixture.ts';

const at = 'instance="i",job="j"';
const MEBIBYTE = 1024 * 1024;

/** Families that take turns, with a value that deflates badly, about `bytes` long. */
function largeBody(bytes: number): string {
  const noise = randomFillSync(Buffer.alloc(bytes >> 2)).toString('hex');
  const lines: string[] = ['# TYPE a counter\n', '# HELP b x\n'];
  for (let i = 0; i * 40 < noise.length; i++)
    lines.push(`${'abc'[i % 3]!}{x="${noise.slice(i * 40, i * 40 + 40)}",y="${'z'.repeat(30)}"} ${i}\n`);
  return lines.join('');
}

/** The lines that come out of `largeBody`, without the scanner. */
function labelled(body: string): string[] {
  const lines = body.split('\n').filter((line) => line !== '' && line[0] !== '#');
  return ['a', 'b', 'c'].map((name) =>
    lines
      .filter((line) => line[0] === name)
      .map((line) => `${line.replace('{', `{${at},`)}\n`)
      .join(''),
  );
}

t.test('however a body comes, it is read the same', async (t) => {
  const body = [
    '# HELP h a \\\\ text',
    '# TYPE h histogram',
    'h_bucket{le="1"} 1',
    'h_bucket{le="+Inf"} 2 3',
    'h_sum 1.5',
    'h_count 2',
    'g{x="é😀",job="own"} 1',
    'g{x="a\nb\n"} 1',
    'h_count 3',
    '',
    ' # TYPE g gauge',
    'last{y=""} NaN',
  ].join('\n');
  const want = show(read(body));
  for (const gzip of [false, true]) {
    const wire = gzip ? gzipSync(body) : Buffer.from(body);
    for (const chunks of [[1], [2], [3, 1], [7], [16, 1, 1], [1000]])
      t.strictSame(
        show(read(wire, { gzip, chunks })),
        want,
        `${gzip ? 'gzip' : 'identity'} in pieces of ${chunks.join()}`,
      );
  }
});

t.test('a body larger than the window and the batch', async (t) => {
  const body = largeBody(2.5 * MEBIBYTE);
  const want = labelled(body);
  const shop = new Workshop();
  for (const gzip of [false, true]) {
    const wire = gzip ? gzipSync(body, { level: 1 }) : Buffer.from(body);
    for (const chunks of [[wire.length], [65_536], [1, 999_999]]) {
      const got = show(read(wire, { gzip, chunks, shop }));
      t.ok(
        got.every(({ text }, i) => text === want[i]),
        `${gzip ? 'gzip' : 'identity'} in pieces of ${chunks.join()}`,
      );
      t.strictSame(
        got.map(({ name, type, samples }) => ({ name, type, samples })),
        ['counter', 'none', 'none'].map((type, i) => ({
          name: 'abc'[i]!,
          type,
          samples: want[i]!.split('\n').length - 1,
        })),
      );
    }
  }
});

t.test('small bytes of families wait, large ones are deflated, and both keep their order', async (t) => {
  const shop = new Workshop();
  const body = largeBody(3 * MEBIBYTE).replace('# HELP', 'few 1\n# HELP') + 'few 2\nfew 3\n';
  for (const keepSmall of [true, false]) {
    shop.packer.keepSmall = keepSmall;
    const { families, names, smallBytes } = read(body, { shop, chunks: [600_000] });
    const few = families.find(({ name }) => names.text(name) === 'few')!;
    t.equal(
      few.parts.map((part) => textOf(part)).join(''),
      [1, 2, 3].map((n) => `few{${at}} ${n}\n`).join(''),
    );
    t.equal(few.parts.at(-1)!.deflated, !keepSmall);
    const parts = families.flatMap((family) => family.parts);
    t.equal(
      smallBytes,
      parts.reduce((sum, { start, end, deflated }) => sum + (deflated ? 0 : end - start), 0),
    );
    for (const part of parts) t.equal(textOf(part).length, part.rawLength);
  }
});

t.test('a line longer than the window', async (t) => {
  const value = 'v'.repeat(2.5 * MEBIBYTE);
  const body = `a 1\na{x="${value}"} 2\na 3\n`;
  const want = `a{${at}} 1\na{${at},x="${value}"} 2\na{${at}} 3\n`;
  for (const gzip of [false, true]) {
    const wire = gzip ? gzipSync(body) : Buffer.from(body);
    for (const chunks of [[wire.length], [MEBIBYTE + 1], [100, 600_000]])
      t.ok(
        linesOf(wire, { gzip, chunks }) === want,
        `${gzip ? 'gzip' : 'identity'} in pieces of ${chunks.join()}`,
      );
  }
});

t.test('a label value with raw newlines across windows and batches', async (t) => {
  const value = 'line\n'.repeat(MEBIBYTE / 2);
  const body = `a 1\na{x="${value}"} 2\na 3\nb\n`;
  for (const chunks of [[600_000], [body.length]])
    t.match(
      refusalOf(body, { chunks }),
      new RegExp(`^line ${4 + MEBIBYTE / 2}: `),
      'lines are counted through it',
    );
  const good = body.slice(0, -2);
  const want = `a{${at}} 1\na{${at},x="${value.replaceAll('\n', '\\n')}"} 2\na{${at}} 3\n`;
  t.ok(linesOf(good, { chunks: [600_000] }) === want);
  t.match(
    refusalOf(good.replace('"} 2', '} 2'), { chunks: [600_000] }),
    /^line 2: a label value that does not end/,
  );
});

t.test('an error in a later part has the line of the whole body', async (t) => {
  const body = largeBody(3 * MEBIBYTE);
  const lines = body.split('\n').length;
  for (const chunks of [[body.length], [100_000]])
    t.match(
      thrownBy(() => read(`${body}?`, { chunks })),
      {
        line: lines,
        samples: lines - 3,
      },
    );
});

t.test('a body that is too large after decompression', async (t) => {
  const body = 'a 1\n'.repeat(MEBIBYTE / 4);
  for (const gzip of [false, true]) {
    const wire = gzip ? gzipSync(body) : Buffer.from(body);
    t.equal(read(wire, { gzip, limit: body.length + 1 }).samples, MEBIBYTE / 4, 'just not');
    for (const chunks of [[wire.length], [1000]]) {
      const error = thrownBy(() => read(wire, { gzip, limit: body.length, chunks }));
      t.ok(error instanceof BodySizeError, `${gzip ? 'gzip' : 'identity'} in pieces of ${chunks.join()}`);
      t.match(error, {
        message: /^body_size_limit exceeded \(bytes after decompression: \d+ or more, limit: \d+\)$/,
      });
    }
  }
});

t.test('a gzip body is whole or refused', async (t) => {
  const whole = gzipSync('a 1\na 2\n');
  const want = `a{${at}} 1\na{${at}} 2\n`;
  const changed = (index: number): Buffer => {
    const bytes = Buffer.from(whole);
    bytes[bytes.length + index]! ^= 1;
    return bytes;
  };
  const shop = new Workshop();
  const refused: readonly (readonly [wire: Uint8Array, want: RegExp, why: string])[] = [
    [whole.subarray(0, -1), /unexpected end of file/, 'cut in the trailer'],
    [whole.subarray(0, -8), /unexpected end of file/, 'cut before the trailer'],
    [whole.subarray(0, 12), /unexpected end of file/, 'cut in the data'],
    [whole.subarray(0, 5), /unexpected end of file/, 'cut in the header'],
    [new Uint8Array(0), /unexpected end of file/, 'nothing'],
    [changed(-8), /incorrect data check/, 'a wrong CRC'],
    [changed(-1), /incorrect length check/, 'a wrong length'],
    [Buffer.from('a 1\n'), /incorrect header check/, 'not gzip at all'],
    [Buffer.concat([whole, Buffer.from('a 3\n')]), /incorrect header check/, 'text behind it'],
    [Buffer.concat([whole, Buffer.alloc(1)]), /bytes after its end/, 'a zero behind it'],
    [Buffer.concat([whole, Buffer.alloc(600)]), /bytes after its end/, 'zeros behind it'],
    [Buffer.concat([whole, whole.subarray(0, 3)]), /unexpected end of file/, 'a second member that is cut'],
  ];
  for (const [wire, message, why] of refused) {
    for (const chunks of [[1000], [1], [whole.length]]) {
      const error = thrownBy(() => read(wire, { gzip: true, chunks, shop }));
      t.ok(
        error instanceof EncodingError && message.test(error.message),
        `${why}, in pieces of ${chunks.join()}`,
      );
    }
    t.equal(linesOf(whole, { gzip: true, shop }), want, 'the next body does not notice');
  }
  const cut = gzipSync('a 1\n').length;
  const members = Buffer.concat([gzipSync('a 1\n'), gzipSync(''), gzipSync('a 2\n')]);
  for (const chunks of [[1000], [1], [cut]])
    t.equal(
      linesOf(members, { gzip: true, chunks, shop }),
      want,
      'members that follow one another are one body',
    );
});

t.test('a large gzip body with zeros behind it', async (t) => {
  const wire = Buffer.concat([gzipSync(largeBody(3 * MEBIBYTE)), Buffer.alloc(600_000)]);
  t.ok(thrownBy(() => read(wire, { gzip: true, chunks: [300_000] })) instanceof EncodingError);
});

t.test('bodies take turns in one workshop', async (t) => {
  const shop = new Workshop();
  const bodies = [0, 1, 2, 3].map(() => largeBody(2 * MEBIBYTE));
  const readers = bodies.map((body, i) => {
    const gzip = i % 2 === 1;
    const wire = gzip ? gzipSync(body, { level: 1 }) : Buffer.from(body);
    return {
      reader: new BodyReader(shop, rulesOf(), { gzip, limit: 1e9 }),
      pieces: [...piecesOf(wire, [200_000])],
      wire,
    };
  });
  for (let round = 0; readers.some(({ pieces }) => pieces.length > 0); round++) {
    for (const { reader, pieces } of readers) {
      const piece = pieces.shift();
      if (piece !== undefined) runToEnd(reader.push(piece));
    }
  }
  for (const [i, { reader, wire }] of readers.entries()) {
    const got = show(runToEnd(reader.finish()));
    const want = labelled(bodies[i]!);
    t.ok(
      got.every(({ text }, family) => text === want[family]),
      `body ${i}`,
    );
    t.equal(reader.wireBytes, wire.length);
    t.equal(reader.bodyBytes, bodies[i]!.length);
  }
});

t.test('a body that takes long gives others their turn, and comes out the same', async (t) => {
  const shop = new Workshop();
  // Lines in a legal form that is not canonical take the slow path.
  const bodies = ['a', 'b'].map((name) => `${name} {x = "1" , } 1\n`.repeat(30_000));
  for (const gzip of [false, true]) {
    const readers = bodies.map((body) => {
      const reader = new BodyReader(shop, rulesOf(), { gzip, limit: 1e9 });
      runToEnd(reader.push(gzip ? gzipSync(body) : Buffer.from(body)));
      return { reader, steps: reader.finish(), pauses: 0, text: '' };
    });
    while (readers.some(({ text }) => text === '')) {
      for (const one of readers.filter(({ text }) => text === '')) {
        const step = one.steps.next();
        if (step.done === true) one.text = show(step.value)[0]!.text;
        else one.pauses++;
      }
    }
    for (const [i, { pauses, text }] of readers.entries()) {
      t.ok(pauses > 1, `${pauses} pauses`);
      t.equal(text, `${'ab'[i]!}{instance="i",job="j",x="1"} 1\n`.repeat(30_000));
    }
  }
});

t.test('a pod that makes up names does not spoil the names of others', async (t) => {
  const shop = new Workshop();
  const many = Array.from({ length: 50_001 }, (_, i) => `m${i} 1\n`).join('');
  const slow = new BodyReader(shop, rulesOf(), { gzip: false, limit: 1e9 });
  runToEnd(slow.push(Buffer.from('x{a="1"} 1\n'.repeat(60_000))));
  read(many, { shop });
  // This one gets a new name table, and `y` the number that `x` has in the old.
  const next = new BodyReader(shop, rulesOf(), { gzip: false, limit: 1e9 });
  runToEnd(next.push(Buffer.from('y{a="1"} 1\n'.repeat(60_000))));
  runToEnd(slow.push(Buffer.from('x{a="1"} 2\ny{a="1"} 2\n'.repeat(30_000))));
  runToEnd(next.push(Buffer.from('x{a="1"} 3\ny{a="1"} 3\n'.repeat(30_000))));
  const counts = (reader: BodyReader): Record<string, number> =>
    Object.fromEntries(
      show(runToEnd(reader.finish())).map(({ name, text }) => [
        name,
        text.split('\n').filter((line) => line.startsWith(`${name}{`)).length,
      ]),
    );
  t.strictSame(counts(slow), { x: 90_000, y: 30_000 });
  t.strictSame(counts(next), { y: 90_000, x: 30_000 });
});
