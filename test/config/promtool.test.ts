import t from 'tap';
import { formatConfig } from '../../src/config/format-config.ts';
import { kubevirtConfig } from '../../src/config/kubevirt.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { BAD_CASES, GOOD_CASES } from './cases.ts';
import { NASTY_CONFIG } from './nasty-config.ts';
import { PROMTOOL_MISSING, PROMTOOLS } from '../promtool.ts';
import { askPromtool } from './promtool.ts';

const OPTIONS = { fileName: 'test.yml', baseDir: '/base' };

t.test('promtool says the same to every case', { skip: PROMTOOL_MISSING }, async (t) => {
  const cases = [...GOOD_CASES, ...BAD_CASES].filter((row) => row.prometheus !== 'unasked');
  const refusals = askPromtool(
    t.testdir(),
    cases.map((row) => row.yaml),
  );
  cases.forEach((row, index) => {
    const refusal = refusals[index];
    t.equal(
      refusal === undefined ? 'takes' : 'refuses',
      row.prometheus,
      `${row.why}: ${row.yaml}${refusal ?? ''}`,
    );
  });
});

t.test('promtool takes what formatConfig writes', { skip: PROMTOOL_MISSING }, async (t) => {
  const texts = [
    NASTY_CONFIG,
    ...GOOD_CASES.filter((row) => row.prometheus === 'takes').map((row) => row.yaml),
  ];
  const written = texts.map((text) => formatConfig(loadConfig(text, OPTIONS)));
  // The one field that 2.42 does not have.
  const refusals = askPromtool(
    t.testdir(),
    written.map((text) => text.replaceAll(/^ +enable_compression: true\n/gm, '')),
  );
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
