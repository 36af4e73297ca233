import t from 'tap';
import { REPORT_FAMILIES, reportLines, type Reported } from '../../src/merge/report.ts';
import { FAILURE_REASONS } from '../../src/scrape/failure.ts';
import { rulesOf } from '../exposition/fixture.ts';

const good: Reported = {
  rules: rulesOf({ job: 'j', instance: 'i' }),
  outcome: { up: true, durationSeconds: 0.0000001, samples: 12, samplesPost: 11, wireBytes: 1, bodyBytes: 1 },
};
const bad: Reported = {
  rules: rulesOf({ pod: 'a"b\\c\n' }, { honorLabels: false }),
  outcome: {
    up: false,
    durationSeconds: 10,
    samples: 3,
    samplesPost: 2,
    reason: 'tls',
    wireBytes: 1,
    bodyBytes: 1,
  },
};
const named: Reported = { ...bad, rules: rulesOf({ job: 'j', instance: 'i', reason: 'own' }) };

t.test('every target has its report', async (t) => {
  const pod = 'instance="",job="",pod="a\\"b\\\\c\\n"';
  const table: readonly (readonly [family: string, want: readonly string[]])[] = [
    ['up', ['{instance="i",job="j"} 1', `{${pod}} 0`, '{instance="i",job="j",reason="own"} 0']],
    [
      'scrape_duration_seconds',
      ['{instance="i",job="j"} 1e-7', `{${pod}} 10`, '{instance="i",job="j",reason="own"} 10'],
    ],
    [
      'scrape_samples_scraped',
      ['{instance="i",job="j"} 12', `{${pod}} 3`, '{instance="i",job="j",reason="own"} 3'],
    ],
    [
      'scrape_samples_post_metric_relabeling',
      ['{instance="i",job="j"} 11', `{${pod}} 2`, '{instance="i",job="j",reason="own"} 2'],
    ],
    ['scrape_failure_reason', [`{${pod},reason="tls"} 1`, '{instance="i",job="j",reason="own"} 1']],
  ];
  for (const [family, want] of table) {
    const got = Buffer.from(reportLines(family, [good, bad, named])).toString();
    t.equal(got, want.map((line) => `${family}${line}\n`).join(''), family);
  }
  t.strictSame(
    table.map(([name]) => name).sort(),
    REPORT_FAMILIES.map(({ name }) => name).sort(),
    'all of them',
  );
});

t.test('no failure, no line', async (t) => {
  t.equal(reportLines('scrape_failure_reason', [good]).length, 0);
  t.equal(reportLines('up', []).length, 0);
});

t.test('HELP names every reason, and can be written as it is', async (t) => {
  const { help } = REPORT_FAMILIES.find(({ name }) => name === 'scrape_failure_reason')!;
  for (const reason of Object.keys(FAILURE_REASONS)) t.match(help, reason);
  for (const { help } of REPORT_FAMILIES) t.notMatch(help, /[\\\n]/);
});

t.test('a target label exported_x goes where the target has x after it, as in Prometheus', async (t) => {
  const labels = { job: 'j', exported_job: 'e', instance: 'i', exported_a: 'e', a: '1' };
  const lines = Buffer.from(reportLines('up', [{ ...good, rules: rulesOf(labels) }])).toString();
  t.equal(lines, 'up{a="1",exported_a="e",instance="i",job="j"} 1\n');
});
