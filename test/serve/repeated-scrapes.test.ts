import t from 'tap';
import { benchBodies } from '../../simulator/render.ts';
import { startPlainPod, startScraper } from '../round/fixture.ts';
import { get, gzip, patient, startTestServer } from './fixture.ts';

/** The samples of a text without the target's labels, by family and in their order. */
function samplesOf(text: string, instance: string): string[] {
  const added = `instance="${instance}",job="job"`;
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => line.replace(`{${added}}`, '').replace(`${added},`, '')).sort();
}

t.test('each answer has what the pods exposed for it, whatever they exposed before', async (t) => {
  const moments = benchBodies({ bytes: 40_000, seed: 5 }, 3).map((body) => body.toString());
  const order = [0, 0, 1, 1, 2, 0, 0, 0, 2, 1];
  let scrape = 0;
  await using pod = await startPlainPod({ body: () => moments[order[scrape]!]! });
  await using scraper = await startScraper([pod]);
  await using server = await startTestServer(scraper);
  const { host } = new URL(pod.url);
  for (; scrape < order.length; scrape++) {
    const { text } = await get(`${server.url}/metrics`, { ...gzip, ...patient });
    const got = samplesOf(text, host).filter((line) => !/^(up|scrape_\w+)(\{| )/.test(line));
    t.same(got, samplesOf(moments[order[scrape]!]!, host), `scrape ${scrape}`);
  }
});
