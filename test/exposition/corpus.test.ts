import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { Workshop } from '../../src/exposition/body-reader.ts';
import { ScanError } from '../../src/exposition/scan-error.ts';
import { read, type Reading } from './fixture.ts';

interface Verdict {
  readonly file: string;
  readonly accepted: boolean;
  readonly samples?: number;
  readonly error?: string;
}

const folder = process.env['EXPOSITION_CORPUS'] ?? join(import.meta.dirname, '../../../shared/corpus');
const skip = existsSync(join(folder, 'verdicts.json'))
  ? false
  : `no verdicts.json in ${folder} (EXPOSITION_CORPUS): NOT CHECKED AGAINST PROMETHEUS`;

/** The number of samples, or `refused`. */
function verdictOf(body: Uint8Array, reading: Reading): string {
  try {
    return `${read(body, reading).samples} samples`;
  } catch (error) {
    if (error instanceof ScanError) return 'refused';
    throw error;
  }
}

t.test('Prometheus and the scanner say the same of every body', { skip }, async (t) => {
  const verdicts = JSON.parse(readFileSync(join(folder, 'verdicts.json'), 'utf8')) as Verdict[];
  const shop = new Workshop();
  for (const { file, accepted, samples, error } of verdicts) {
    const body = readFileSync(join(folder, 'cases', file));
    const want = accepted ? `${samples} samples` : 'refused';
    const about = `${file}${error === undefined ? '' : `: ${error}`}`;
    t.equal(verdictOf(body, { shop }), want, about);
    t.equal(verdictOf(gzipSync(body), { shop, gzip: true, chunks: [5] }), want, `gzip: ${about}`);
  }
});
