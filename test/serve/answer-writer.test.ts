import t from 'tap';
import { startPlainPod, startScraper } from '../round/fixture.ts';
import { get, gzip, largeBody, patient, startTestServer } from './fixture.ts';

t.test('how long an answer is, is said when it is known', async (t) => {
  const cases: [lines: number, headers: Record<string, string>, known: boolean][] = [
    [100, gzip, true],
    [100, {}, false],
    [40_000, gzip, false],
    [40_000, {}, false],
  ];
  for (const [lines, headers, known] of cases) {
    const body = largeBody(lines);
    await using pod = await startPlainPod({ body: () => body, gzip: false });
    await using scraper = await startScraper([pod], { reuseMs: 60_000 });
    await using server = await startTestServer(scraper);
    for (const time of ['the first time', 'again']) {
      const answer = await get(`${server.url}/metrics`, { ...patient, ...headers });
      const why = `${lines} lines, ${JSON.stringify(headers)}, ${time}`;
      t.equal(answer.headers['content-length'], known ? String(answer.bytes) : undefined, why);
      t.equal(answer.headers['transfer-encoding'], known ? undefined : 'chunked');
      t.equal(answer.text.match(/^a_metric\{/gm)?.length, lines);
    }
  }
});
