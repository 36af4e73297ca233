import { gzipSync } from 'node:zlib';
import t from 'tap';
import { Workshop } from '../../src/exposition/workshop.ts';
import { ScanError } from '../../src/exposition/scan-error.ts';
import { CORPUS_MISSING, corpusBodies } from './corpus.ts';
import { read, type Reading } from './fixture.ts';

/** The number of samples, or `refused`. */
function verdictOf(body: Uint8Array, reading: Reading): string {
  try {
    return `${read(body, reading).samples} samples`;
  } catch (error) {
    if (error instanceof ScanError) return 'refused';
    throw error;
  }
}

t.test('Prometheus and the scanner say the same of every body', { skip: CORPUS_MISSING }, async (t) => {
  const shop = new Workshop();
  for (const { file, accepted, samples, error, body } of corpusBodies()) {
    const want = accepted ? `${samples} samples` : 'refused';
    const about = `${file}${error === undefined ? '' : `: ${error}`}`;
    t.equal(verdictOf(body, { shop }), want, about);
    t.equal(verdictOf(gzipSync(body), { shop, gzip: true, chunks: [5] }), want, `gzip: ${about}`);
  }
});
