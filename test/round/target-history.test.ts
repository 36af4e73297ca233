import t from 'tap';
import { REMEMBERED_SCRAPES, TargetHistory } from '../../src/round/target-history.ts';
import { failed, type Outcome } from '../../src/scrape/outcome.ts';

function up(durationSeconds: number, samples: number): Outcome {
  return { up: true, durationSeconds, samples, samplesPost: samples, wireBytes: 0, bodyBytes: 0 };
}

t.test('the last scrapes, the oldest first', async (t) => {
  const history = new TargetHistory();
  t.same(history.list(), []);
  history.add(1000, up(0.5, 3));
  history.add(2000, failed('timeout', 'too late', 9.75));
  t.same(history.list(), [
    { endedAt: 1000, up: true, durationSeconds: 0.5, samples: 3 },
    { endedAt: 2000, up: false, durationSeconds: 9.75, samples: 0 },
  ]);
  const more = REMEMBERED_SCRAPES + 5;
  for (let i = 1; i <= more; i++) history.add(2000 + i, up(i, i));
  const list = history.list();
  t.equal(list.length, REMEMBERED_SCRAPES);
  t.same(list.at(0), { endedAt: 2006, up: true, durationSeconds: 6, samples: 6 });
  t.same(list.at(-1), { endedAt: 2000 + more, up: true, durationSeconds: more, samples: more });
});
