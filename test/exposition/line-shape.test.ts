import t from 'tap';
import { LineShape, matchLine, valueStops } from '../../src/exposition/line-shape.ts';
import { rulesOf } from './fixture.ts';

function shapeOf(labels: readonly string[]): LineShape {
  return new LineShape(0, 'm', labels, rulesOf({ job: 'j', instance: 'i', pod: 'p' }));
}

/** Whether the whole line fits. */
function fits(labels: readonly string[], line: string, { checked = true, timestamps = true } = {}): boolean {
  const before = Buffer.from('before\n');
  const buffer = Buffer.concat([before, Buffer.from(`${line}\n`), Buffer.from('after\n')]);
  const next = matchLine(shapeOf(labels), buffer, before.length, valueStops(checked), timestamps);
  if (next >= 0 && next !== buffer.length - 6) throw new Error(`${line}: stopped at ${next}`);
  return next >= 0;
}

t.test('a line in canonical form fits its shape', async (t) => {
  const values = [
    '0',
    '1',
    '-1',
    '+1',
    '1.5',
    '1.',
    '1e5',
    '1e+05',
    '1.5e-07',
    'NaN',
    '+Inf',
    '-Inf',
    '1'.repeat(300),
    '1 0',
  ];
  values.push('1 1700000000000', 'NaN 1', '+Inf 999999999999999999');
  for (const value of values) {
    t.ok(fits([], `m ${value}`), value);
    t.ok(fits(['a'], `m{a="x"} ${value}`), value);
  }
  for (const value of ['', 'x', ' ', '}{,=#\t\r', '\\\\', '\\"', '\\n', '\\\\\\"\\n', 'é😀'])
    t.ok(fits(['a', 'b'], `m{a="${value}",b="${value}"} 1`), JSON.stringify(value));
});

t.test('what is not canonical or another shape takes the slow path', async (t) => {
  const table: readonly (readonly [labels: readonly string[], line: string, why: string])[] = [
    [[], 'n 1', 'another name'],
    [[], 'mm 1', 'a longer name'],
    [[], 'm{a="x"} 1', 'labels'],
    [['a'], 'm 1', 'no labels'],
    [['a'], 'm{b="x"} 1', 'another label'],
    [['a'], 'm{a="x",b="x"} 1', 'one label more'],
    [['a', 'b'], 'm{a="x"} 1', 'one label less'],
    [['a', 'b'], 'm{b="x",a="x"} 1', 'another order'],
    [['a'], 'm{a="x",} 1', 'a trailing comma'],
    [['a'], 'm{ a="x"} 1', 'a blank'],
    [['a'], 'm{a="x"}  1', 'two blanks'],
    [['a'], 'm{a="x"}\t1', 'a tab'],
    [['a'], 'm{a="\\q"} 1', 'an escape that means nothing'],
    [['a'], 'm{a="x\ny"} 1', 'a raw newline'],
    [['a'], 'm{a="\\\n"} 1', 'an escaped raw newline'],
    [['a'], 'm{a="\0"} 1', 'NUL'],
    [['a'], 'm{a="x"\0} 1', 'NUL behind the quote'],
    [['a'], 'm{a="x', 'no end'],
    [[], 'm ', 'no value'],
    [[], 'm nan', 'another spelling'],
    [[], 'm Inf', 'no sign'],
    [[], 'm +NaN', 'a sign'],
    [[], 'm NaNa', 'more than NaN'],
    [[], 'm -Infinity', 'more than Inf'],
    [[], 'm .5', 'no digit in front'],
    [[], 'm 1E5', 'a capital E'],
    [[], 'm 1e', 'no exponent'],
    [[], 'm 1e+', 'a sign for an exponent'],
    [[], 'm 1e308', 'three digits of exponent'],
    [[], `m ${'1'.repeat(301)}`, 'digits that could be too many'],
    [[], `m ${'1'.repeat(120)}e99`, 'with an exponent'],
    [[], 'm 0x1', 'hexadecimal'],
    [[], 'm 1_0', 'an underscore'],
    [[], 'm 1\r', 'a carriage return'],
    [[], 'm 1 ', 'a trailing blank'],
    [[], 'm 1  2', 'two blanks before a timestamp'],
    [[], 'm 1 02', 'a zero before a timestamp'],
    [[], 'm 1 -2', 'a negative timestamp'],
    [[], 'm 1 2.5', 'a fraction'],
    [[], 'm 1 2 ', 'a blank after a timestamp'],
    [[], 'm 1 1000000000000000000', 'a timestamp that could be too large'],
  ];
  for (const [labels, line, why] of table) t.notOk(fits(labels, line), why);
  t.notOk(fits([], 'm 1 2', { timestamps: false }), 'a timestamp that is not honored');
  t.ok(fits([], 'm 1', { timestamps: false }));
});

t.test('bytes beyond ASCII fit only where they are known to be UTF-8', async (t) => {
  t.ok(fits(['a'], 'm{a="é"} 1', { checked: true }));
  t.notOk(fits(['a'], 'm{a="é"} 1', { checked: false }));
  t.ok(fits(['a'], 'm{a="e"} 1', { checked: false }));
});

t.test('a shape knows which target labels its lines have, and where the others go', async (t) => {
  const rules = rulesOf({ job: 'j', instance: 'i', pod: 'p' });
  const table: readonly (readonly [
    labels: readonly string[],
    mask: number,
    nameLength: number,
    head: string,
  ])[] = [
    [[], 0, 1, 'm{instance="i",job="j",pod="p"}'],
    [['a'], 0, 2, 'm{instance="i",job="j",pod="p",'],
    [['a', 'job'], 2, 2, 'm{instance="i",pod="p",'],
    [['pod', 'job', 'instance'], 7, 2, 'm{'],
  ];
  for (const [labels, mask, nameLength, head] of table) {
    const shape = shapeOf(labels);
    t.equal(shape.mask, mask);
    t.equal(shape.nameLength, nameLength);
    shape.label(rules.injection(mask));
    t.equal(Buffer.from(shape.head).toString(), head);
  }
});

t.test('the two shapes that came after a shape last are remembered', async (t) => {
  const [a, b, c, d] = [shapeOf([]), shapeOf(['b']), shapeOf(['c']), shapeOf(['d'])] as const;
  a.follow(b);
  t.strictSame([a.next === b, a.other === undefined], [true, true]);
  a.follow(b);
  t.strictSame([a.next === b, a.other === undefined], [true, true]);
  a.follow(c);
  t.strictSame([a.next === c, a.other === b], [true, true]);
  a.follow(b);
  t.strictSame([a.next === b, a.other === c], [true, true]);
  a.follow(d);
  t.strictSame([a.next === d, a.other === b], [true, true]);
});
