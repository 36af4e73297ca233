import t from 'tap';
import { formatSize, sizeBytes } from '../../src/config/size.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const EIB = 2 ** 60;

t.test('sizes that are taken, and how they are printed', async (t) => {
  const cases: [text: string, bytes: number, printed: string][] = [
    ['0', 0, '0B'],
    ['-0', 0, '0B'],
    ['+0', 0, '0B'],
    ['0MB', 0, '0B'],
    ['-0B', 0, '0B'],
    ['1B', 1, '1B'],
    ['1023B', 1023, '1023B'],
    ['0.9B', 0, '0B'],
    ['-0.9B', 0, '0B'],
    ['1KB', KIB, '1KiB'],
    ['1KiB', KIB, '1KiB'],
    ['1.5KB', 1536, '1KiB512B'],
    ['.5MB', MIB / 2, '512KiB'],
    ['5.MB', 5 * MIB, '5MiB'],
    ['10MB', 10 * MIB, '10MiB'],
    ['+10MB', 10 * MIB, '10MiB'],
    ['-10MB', -10 * MIB, '-10MiB'],
    ['1GiB512MiB', 1.5 * GIB, '1GiB512MiB'],
    ['512MB1GB', 1.5 * GIB, '1GiB512MiB'],
    ['1MB1B', MIB + 1, '1MiB1B'],
    ['1048577B', MIB + 1, '1MiB1B'],
    ['1TB', 1024 * GIB, '1TiB'],
    ['1PiB', 2 ** 50, '1PiB'],
    ['7.5EB', 7.5 * EIB, '7EiB512PiB'],
    ['8EiB', 8 * EIB, '8EiB'],
    ['0.1GB', 107_374_182, '102MiB409KiB614B'],
  ];
  for (const [text, bytes, printed] of cases) {
    t.equal(sizeBytes(text), bytes, text);
    t.equal(formatSize(bytes), printed, `${text} is printed as ${printed}`);
    t.equal(sizeBytes(printed), bytes, `${printed} reads back`);
  }
});

t.test('sizes that are refused', async (t) => {
  const words = ['', '10', '-1', '00', '+', '-', '.', '.MB', 'MB', 'true', '0x10', '1e3B', '1_0MB', '１MB'];
  const units = ['1kB', '1K', '1M', '1Ki', '1mb', '1MB2', '1GiB1MB', '1 MB', ' 1MB', '1MB ', '1MB\n', '1iB'];
  for (const text of [...words, ...units]) {
    t.throws(
      () => sizeBytes(text),
      { name: 'RangeError', message: /is not a size; write it with a unit, like 512MB or 1\.5GiB$/ },
      JSON.stringify(text),
    );
  }
  for (const text of [
    '9EiB',
    '-9EB',
    '9223372036854775799B',
    '1.99999999999999999999B',
    `${'9'.repeat(9000)}B`,
  ])
    t.throws(() => sizeBytes(text), { name: 'RangeError', message: /is out of range$/ }, text.slice(0, 30));
});
