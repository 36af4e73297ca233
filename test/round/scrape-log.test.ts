import t from 'tap';
import type { Outcome } from '../../src/scrape/outcome.ts';
import { timedOut } from '../../src/scrape/outcome.ts';
import { ScrapeLog } from '../../src/round/scrape-log.ts';
import { recordingLogger } from '../discovery/fixture.ts';
import { setOf, targetOf } from './fixture.ts';

const up: Outcome = {
  up: true,
  durationSeconds: 1,
  samples: 1,
  samplesPost: 1,
  wireBytes: 1,
  bodyBytes: 1,
};
const late = timedOut(1);
const refused: Outcome = { ...late, reason: 'connect', error: 'connect ECONNREFUSED' };
const pod = targetOf({ url: 'https://127.0.0.1:8443/metrics' }, { labels: [['pod', 'virt-handler-x']] });

t.test('a line when a target changes, none while it stays', async (t) => {
  const log = recordingLogger();
  const scrapeLog = new ScrapeLog(log);
  const steps: { readonly why: string; readonly outcome: Outcome; readonly want: object[] }[] = [
    { why: 'up from the beginning', outcome: up, want: [] },
    {
      why: 'down',
      outcome: late,
      want: [
        {
          level: 'warn',
          message: 'target is down',
          fields: {
            scrape_pool: 'job',
            target: 'https://127.0.0.1:8443/metrics',
            pod: 'virt-handler-x',
            reason: 'timeout',
            error: 'no complete answer within 1.000 s',
          },
        },
      ],
    },
    { why: 'still down', outcome: { ...late, error: 'in other words' }, want: [] },
    { why: 'another reason', outcome: refused, want: [{ level: 'warn', fields: { reason: 'connect' } }] },
    { why: 'still that', outcome: refused, want: [] },
    {
      why: 'up again',
      outcome: up,
      want: [{ level: 'info', message: 'target is up again', fields: { pod: 'virt-handler-x' } }],
    },
    { why: 'still up', outcome: up, want: [] },
    { why: 'down again', outcome: late, want: [{ level: 'warn', fields: { reason: 'timeout' } }] },
  ];
  for (const { why, outcome, want } of steps) {
    log.lines.length = 0;
    scrapeLog.ended(pod, outcome);
    t.match(log.lines, want, why);
    t.equal(log.lines.length, want.length, why);
  }
});

t.test('targets do not speak for each other, and are forgotten when they go', async (t) => {
  const log = recordingLogger();
  const scrapeLog = new ScrapeLog(log);
  const other = targetOf({ url: 'https://127.0.0.2:8443/metrics' });
  for (const target of [pod, other, pod, other]) scrapeLog.ended(target, late);
  t.equal(log.lines.length, 2);
  scrapeLog.setTargets(setOf([other]));
  scrapeLog.setTargets(setOf([pod, other]));
  for (const target of [pod, other]) scrapeLog.ended(target, late);
  t.equal(log.lines.length, 3, 'one that comes back is told of anew');
});
