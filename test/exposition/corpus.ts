import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a Prometheus said to a body. */
export interface Verdict {
  readonly file: string;
  readonly accepted: boolean;
  readonly samples?: number;
  readonly error?: string;
}

const folder = process.env['EXPOSITION_CORPUS'] ?? join(import.meta.dirname, '../../../shared/corpus');

/** Why there is no corpus, or false where it is. */
export const CORPUS_MISSING: string | false = existsSync(join(folder, 'verdicts.json'))
  ? false
  : `no verdicts.json in ${folder} (EXPOSITION_CORPUS): NOT CHECKED AGAINST PROMETHEUS`;

/** The bodies with the verdict of a Prometheus 2.42 on each. */
export function corpusBodies(): (Verdict & { readonly body: Buffer })[] {
  const verdicts = JSON.parse(readFileSync(join(folder, 'verdicts.json'), 'utf8')) as Verdict[];
  return verdicts.map((verdict) => ({ ...verdict, body: readFileSync(join(folder, 'cases', verdict.file)) }));
}
