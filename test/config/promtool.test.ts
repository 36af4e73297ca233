import t from 'tap';
import type { Test } from 'tap';
import { formatConfig } from '../../src/config/format-config.ts';
import { kubevirtConfig } from '../../src/config/kubevirt.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { BadCase, GoodCase, Verdict } from './case.ts';
import { BAD_CASES, GOOD_CASES } from './cases.ts';
import { NASTY_CONFIG } from './nasty-config.ts';
import { PROMTOOL_MISSING, PROMTOOLS } from '../promtool.ts';
import { askPromtool } from './promtool.ts';

const NEWER_MISSING =
  PROMTOOLS.length > 1 ? false : 'promtool of 3.x and 2.42 not found: NOT CHECKED AGAINST BOTH';

const OPTIONS = { fileName: 'test.yml', baseDir: '/base' };

/** Of what a 2.42 was asked, a current 3.x is asked too. */
function newerOf(row: GoodCase | BadCase): Verdict {
  return row.newer ?? row.prometheus;
}

function checkVerdicts(
  t: Test,
  verdictOf: (row: GoodCase | BadCase) => Verdict,
  promtool: string | undefined,
): void {
  const cases = [...GOOD_CASES, ...BAD_CASES].filter((row) => verdictOf(row) !== 'unasked');
  const refusals = askPromtool(
    t.testdir(),
    cases.map((row) => row.yaml),
    promtool,
  );
  cases.forEach((row, index) => {
    const refusal = refusals[index];
    t.equal(
      refusal === undefined ? 'takes' : 'refuses',
      verdictOf(row),
      `${row.why}: ${row.yaml}${refusal ?? ''}`,
    );
  });
}

t.test('promtool says the same to every case', { skip: PROMTOOL_MISSING }, async (t) => {
  checkVerdicts(t, (row) => row.prometheus, undefined);
});

t.test('so does that of a current 3.x', { skip: NEWER_MISSING }, async (t) => {
  checkVerdicts(t, newerOf, PROMTOOLS[0]);
});

const written = [
  NASTY_CONFIG,
  ...GOOD_CASES.filter((row) => row.prometheus === 'takes' || row.newer === 'takes').map((row) => row.yaml),
].map((text) => formatConfig(loadConfig(text, OPTIONS)));

t.test('promtool takes what formatConfig writes', { skip: PROMTOOL_MISSING }, async (t) => {
  // The one field that 2.42 does not have.
  const refusals = askPromtool(
    t.testdir(),
    written.map((text) => text.replaceAll(/^ +enable_compression: (?:true|false)\n/gm, '')),
  );
  written.forEach((text, index) => t.equal(refusals[index], undefined, text));
});

t.test('and that of a current 3.x', { skip: NEWER_MISSING }, async (t) => {
  const refusals = askPromtool(t.testdir(), written, PROMTOOLS[0]);
  written.forEach((text, index) => t.equal(refusals[index], undefined, text));
});

t.test('promtool takes the built-in configuration', { skip: PROMTOOL_MISSING }, async (t) => {
  const texts = [kubevirtConfig([]), kubevirtConfig(['kubevirt', '123'])];
  const lacking = (refusals: readonly (string | undefined)[]): boolean =>
    refusals.some((refusal) => refusal?.includes('kubernetes_sd_configs not found'));
  const answers = PROMTOOLS.map((promtool) => askPromtool(t.testdir(), texts, promtool));
  for (const answer of answers) if (!lacking(answer)) t.strictSame(answer, [undefined, undefined]);
  const rest = texts.map((text) => text.replace(/ {4}kubernetes_sd_configs:\n(?: {6}.*\n)+/, ''));
  t.strictSame(askPromtool(t.testdir(), rest), [undefined, undefined], 'all of it but kubernetes_sd_configs');
  if (answers.every(lacking)) {
    t.pass('all of it', {
      skip: 'no promtool here has kubernetes_sd: THE BUILT-IN CONFIGURATION IS NOT CHECKED WHOLE',
    });
  }
});
