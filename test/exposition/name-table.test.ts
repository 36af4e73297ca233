import t from 'tap';
import { NameTable } from '../../src/exposition/name-table.ts';

function numberOf(table: NameTable, text: string): number {
  // Amid other bytes, which must not matter.
  const bytes = Buffer.from(`<${text}>`);
  return table.number(bytes, 1, bytes.length - 1);
}

t.test('equal bytes have equal numbers, others others', async (t) => {
  const table = new NameTable();
  t.equal(table.size, 0);
  t.equal(table.find('a'), undefined);
  const texts = ['a', 'b', '', 'ab', 'ba', 'é😀', 'a\0', 'x'.repeat(100_000)];
  const numbers = texts.map((text) => numberOf(table, text));
  t.strictSame(numbers, [0, 1, 2, 3, 4, 5, 6, 7], 'they run from 0');
  t.strictSame(
    texts.map((text) => numberOf(table, text)),
    numbers,
  );
  for (const [i, text] of texts.entries()) {
    t.equal(table.text(i), text);
    t.equal(table.find(text), i);
  }
  t.equal(table.size, texts.length);
});

t.test('a table keeps the bytes, not the buffer', async (t) => {
  const table = new NameTable();
  const buffer = Buffer.from('name');
  const number = table.number(buffer, 0, 4);
  buffer.fill('x');
  t.equal(numberOf(table, 'name'), number);
  t.equal(table.text(number), 'name');
});

t.test('numbers stay while a table grows', async (t) => {
  const table = new NameTable();
  const numbers = Array.from({ length: 20_000 }, (_, i) => numberOf(table, `metric_${i}_total`));
  t.strictSame(
    numbers,
    numbers.map((_, i) => i),
  );
  t.ok(numbers.every((number, i) => numberOf(table, `metric_${i}_total`) === number));
  t.equal(table.size, 20_000);
});
