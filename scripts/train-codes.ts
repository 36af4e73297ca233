import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { benchBody } from '../simulator/render.ts';
import { BodyReader, runToEnd } from '../src/exposition/body-reader.ts';
import { bestLengths, blockHead, SYMBOLS, type CodeLengths } from '../src/exposition/deflate-codes.ts';
import { LabelRules } from '../src/exposition/label-rules.ts';
import { LineCoder } from '../src/exposition/line-coder.ts';
import { Workshop } from '../src/exposition/workshop.ts';
import { countSymbols, type SymbolCounts } from './code-statistics.ts';

// Makes src/exposition/code-lengths.ts: the Huffman codes of all blocks that the line coder writes, from what it writes for bodies of the
// simulator. They are not those of the benchmarks.

const FIRST_SEED = 500_000;
const BODIES = [
  { bytes: 20_000, labelCount: 3 },
  { bytes: 100_000, labelCount: 0 },
  { bytes: 100_000, labelCount: 3 },
  { bytes: 500_000, labelCount: 0 },
  { bytes: 500_000, labelCount: 0 },
  { bytes: 500_000, labelCount: 2 },
  { bytes: 1_000_000, labelCount: 0 },
];
/** What never came must have a code too; this much counts as never. */
const RARE = 1 / 64;
const FILE = path.join(import.meta.dirname, '../src/exposition/code-lengths.ts');

let lengths: CodeLengths = {
  literals: bestLengths(Array.from({ length: SYMBOLS.literals }, (_, i) => (i < 128 || i >= 256 ? 8 : 1))),
  distances: bestLengths(Array.from({ length: SYMBOLS.distances }, () => 1)),
};
// What the coder writes hardly depends on its codes: once more would change nothing.
const counts = count(lengths);
lengths = { literals: best(counts.literals), distances: best(counts.distances) };
await writeFile(FILE, source(lengths));

function best(frequencies: readonly number[]): number[] {
  return bestLengths(frequencies.map((frequency) => frequency + RARE));
}

function count(codes: CodeLengths): SymbolCounts {
  const counts: SymbolCounts = {
    literals: Array.from({ length: SYMBOLS.literals }, () => 0),
    distances: Array.from({ length: SYMBOLS.distances }, () => 0),
  };
  // Those that zlib made are not the coder's.
  const head = Buffer.from(blockHead(codes).bytes.subarray(0, -1));
  const shop = new Workshop(LineCoder.open(codes));
  for (const [i, options] of BODIES.entries()) {
    const body = benchBody({ ...options, seed: FIRST_SEED + i });
    const reader = new BodyReader(shop, rulesOf(i), { gzip: true, limit: Number.POSITIVE_INFINITY });
    runToEnd(reader.push(gzipSync(body)));
    for (const { parts } of runToEnd(reader.finish()).families) {
      for (const { bytes: block, start, end } of parts) {
        if (head.equals(block.subarray(start, start + head.length)))
          countSymbols(block.subarray(start, end), counts);
      }
    }
  }
  return counts;
}

/** Labels as long as Kubernetes' usually are, different for each. */
function rulesOf(i: number): LabelRules {
  const labels = {
    container: 'virt-handler',
    endpoint: 'metrics',
    instance: `10.244.${i}.17:8443`,
    job: 'kubevirt-prometheus-metrics',
    namespace: 'kubevirt',
    pod: `virt-handler-${'bcdfg'.repeat(2).slice(i, i + 5)}`,
    service: 'kubevirt-prometheus-metrics',
  };
  return new LabelRules(Object.entries(labels), true, true);
}

function source({ literals, distances }: CodeLengths): string {
  const digits = (lengths: readonly number[]): string =>
    lengths.map((length) => length.toString(16)).join('');
  return `// Made by \`npm run train:codes\`; not to be edited.

/** Lengths of the codes of literals, the end of a block and match lengths; one hexadecimal digit each. */
const LITERALS =
  '${digits(literals)}';
/** The same for distances. */
const DISTANCES = '${digits(distances)}';

export const LITERAL_LENGTHS: readonly number[] = numbers(LITERALS);
export const DISTANCE_LENGTHS: readonly number[] = numbers(DISTANCES);

function numbers(digits: string): number[] {
  return Array.from(digits, (digit) => Number.parseInt(digit, 16));
}
`;
}
