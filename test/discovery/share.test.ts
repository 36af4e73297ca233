import t from 'tap';
import { share } from '../../src/discovery/share.ts';

const pod = (name: string, more = {}): object => ({ name, labels: { app: 'x', of: name }, ...more });

t.test('what is equal is the known one', async (t) => {
  const values = [
    1,
    'a',
    null,
    undefined,
    {},
    [],
    { a: undefined },
    [pod('a'), pod('b')],
    { list: [[1], [pod('a')]] },
  ];
  for (const known of values) t.equal(share(known, structuredClone(known)), known, JSON.stringify(known));
});

t.test('what differs is as the next one, with the parts that do not', async (t) => {
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((name) => pod(name));
  const other = pod('x');
  const cases: { known: unknown[]; next: unknown[]; kept: number; why: string }[] = [
    { known: [a, b, c], next: [a, b, c, other], kept: 3, why: 'put at the end' },
    { known: [a, b, c], next: [other, a, b, c], kept: 3, why: 'put at the begin' },
    { known: [a, b, c], next: [b, c], kept: 2, why: 'taken from the begin' },
    { known: [a, b, c, d, e], next: [a, e], kept: 2, why: 'some taken from the middle' },
    { known: [a, b, c], next: [a, other, c], kept: 2, why: 'replaced' },
    { known: [a, b, c, d, e], next: [other, a, c, d, pod('y'), e], kept: 4, why: 'several of these' },
    { known: [a, b], next: [b, a], kept: 1, why: 'another order' },
    { known: [a, a, a], next: [a, a], kept: 2, why: 'equal ones' },
    { known: [], next: [a], kept: 0, why: 'into nothing' },
    { known: [a], next: [], kept: 0, why: 'nothing left' },
  ];
  for (const { known, next, kept, why } of cases) {
    const shared = share(known, structuredClone(next));
    t.strictSame(shared, next, why);
    t.not(shared, known, why);
    t.equal(shared.filter((part) => known.includes(part)).length, kept, `${why}: kept`);
  }
});

t.test('a part that differs leaves its neighbours', async (t) => {
  const known = { meta: { name: 'a' }, spec: [pod('a')], status: { ready: 'true' } };
  const next = share(known, { ...structuredClone(known), status: { ready: 'false' } });
  t.strictSame(next, { ...known, status: { ready: 'false' } });
  t.equal(next.meta, known.meta);
  t.equal(next.spec, known.spec);
  t.strictSame(share<object>({ a: 1, b: 2 }, { a: 1 }), { a: 1 }, 'a field less');
  t.strictSame(share<object>({ a: 1 }, { a: 1, b: 2 }), { a: 1, b: 2 }, 'a field more');
  t.strictSame(share<unknown>([1], { 0: 1 }), { 0: 1 }, 'a list is no mapping');
  t.strictSame(share<unknown>({ 0: 1 }, [1]), [1]);
  t.equal(share<unknown>(null, 1), 1);
  t.strictSame(share<unknown>({ a: null }, { a: {} }), { a: {} });
});
