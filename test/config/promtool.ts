import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROMTOOLS } from '../promtool.ts';

/** The one of 2.42 where it is there: what it takes and refuses is the rule. */
const OLDEST_PROMTOOL = PROMTOOLS.at(-1) ?? 'promtool';

/** What promtool says to each text, in order: nothing when it takes the text, else its message. Writes files into `dir`. */
export function askPromtool(
  dir: string,
  texts: readonly string[],
  promtool: string = OLDEST_PROMTOOL,
): (string | undefined)[] {
  mkdirSync(dir, { recursive: true });
  const files = texts.map((text, index) => {
    const file = join(dir, `case-${index}.yml`);
    writeFileSync(file, text);
    return file;
  });
  const { stdout, stderr } = spawnSync(promtool, ['check', 'config', '--syntax-only', ...files], {
    encoding: 'utf8',
  });
  const refusals = new Map<string, string>();
  for (const match of stderr.matchAll(/FAILED: parsing YAML file (\S+): ([^]*?)(?=\n\n|\n\s*FAILED|$)/g)) {
    refusals.set(match[1] ?? '', match[2] ?? '');
  }
  const accepted = [...stdout.matchAll(/Checking (\S+)/g)].map((match) => match[1]);
  if (accepted.length !== files.length)
    throw new Error(`promtool checked ${accepted.length} files: ${stderr}`);
  return files.map((file) => refusals.get(file));
}
