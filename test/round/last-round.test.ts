import t from 'tap';
import { startTestServer } from '../serve/fixture.ts';
import { ask, gate, startPods, startScraper } from './fixture.ts';

t.test('what is remembered of a scrape and of the last round of /metrics', async (t) => {
  await using pods = await startPods(3, [{ kind: 'normal' }, { kind: 'status', status: 503 }]);
  const { behaviour, open } = gate();
  await pods[2]!.behave(behaviour);
  await using scraper = await startScraper(pods);
  await using server = await startTestServer(scraper);
  t.equal(scraper.lastRound.past, undefined);
  const before = Date.now();
  const response = await fetch(`${server.url}/metrics`, {
    headers: { 'x-prometheus-scrape-timeout-seconds': '4' },
  });
  await response.text();
  const { begunAt, endedAt, entries } = scraper.lastRound.past!;
  t.ok(before <= begunAt && begunAt < endedAt && endedAt <= Date.now());
  t.same(
    entries.map(({ target, outcome, timeoutMs }) => [target.target.url, outcome.reason, timeoutMs]),
    [
      [pods[0]!.url, undefined, 3200],
      [pods[1]!.url, 'http_status', 3200],
      [pods[2]!.url, 'timeout', 3200],
    ],
  );
  for (const { startedAt, target } of entries) {
    t.ok(begunAt <= startedAt && startedAt <= endedAt, target.target.url);
  }
  const [good, bad, slow] = scraper.targets;
  t.match(good!.history.list(), [{ up: true, samples: 1 }]);
  t.match(bad!.history.list(), [{ up: false, samples: 0 }]);
  t.same([slow!.last, slow!.history.list()], [undefined, []], 'it goes on');
  const { outcome, ...times } = good!.last!;
  t.same(times, { startedAt: outcome.timings!.startedAt, endedAt: good!.history.list()[0]!.endedAt });
  const joined = ask(scraper, 20_000, { targets: [slow!] });
  open();
  (await joined)[Symbol.dispose]();
  t.match(slow!.history.list(), [{ up: true, samples: 1 }], 'it has ended');
  await (await fetch(`${server.url}/federate?match[]=up`)).text();
  t.equal(scraper.lastRound.past?.begunAt, begunAt, 'another view is none of it');
});
