import t from 'tap';
import { poolsOf, startPlainPod, startScraper } from '../round/fixture.ts';
import { eventually, get, patient, startTestServer, valueOf } from './fixture.ts';

const limits =
  'body_size_limit: -1B, sample_limit: 4, label_limit: 6, label_value_length_limit: 100, target_limit: 8';

t.test(
  'what targets disagree on and claim is counted and named, and how near they are to limits',
  async (t) => {
    let claim = '';
    await using first = await startPlainPod({
      body: () => '# HELP a One.\n# TYPE a counter\na 1\nb{x="0123456789"} 1\n',
    });
    await using second = await startPlainPod({ body: () => `# HELP a Two.\n# TYPE a gauge\na 1\n${claim}` });
    claim = `b{instance="${new URL(first.url).host}",x="0123456789"} 2\nc 1\n`;
    await using scraper = await startScraper([first, second], { pools: poolsOf(limits) });
    await using server = await startTestServer(scraper);
    const { url, lines } = server;
    const prefix = 'kubevirt_metrics_gateway_';
    const own = async (series: string): Promise<number | undefined> =>
      valueOf((await get(`${url}/-/metrics`)).text, prefix + series);

    const { text } = await get(`${url}/metrics`, patient);
    t.equal(
      [...text.matchAll(/^b\{.*\} (\d)$/gm)].map(([, value]) => value).join(),
      '1,2',
      'both are in the answer, the first first',
    );
    await eventually('the duplicate is counted', async () => (await own('duplicate_series')) === 1);
    t.equal(await own('conflicting_families{kind="type"}'), 1);
    t.equal(await own('conflicting_families{kind="help"}'), 1);
    const of = (limit: string, target: string): string =>
      `target_limit_usage_ratio{scrape_pool="job",target="${target}",limit="${limit}"}`;
    t.equal(await own(of('sample_limit', first.url)), 2 / 4);
    t.equal(await own(of('sample_limit', second.url)), 3 / 4);
    t.equal(await own(of('label_limit', first.url)), 4 / 6, 'the name, the target’s two and its own');
    t.equal(await own(of('label_value_length_limit', first.url)), new URL(first.url).host.length / 100);
    t.ok(
      (await own(of('body_size_limit', first.url)))! > 0,
      'by its default, which a negative one leaves in force',
    );
    t.equal(await own(of('label_name_length_limit', first.url)), undefined, 'what is not set is left out');
    t.equal(await own('scrape_pool_targets{scrape_pool="job"}'), 2);
    t.equal(await own('scrape_pool_target_limit{scrape_pool="job"}'), 8);
    await eventually(
      'nothing is held but what is left for the next bodies',
      async () => (await own('held_bytes'))! < 64 * 1024,
    );

    await eventually('all is said', async () => lines.length === 3);
    t.match(
      lines.map(({ message, fields }) => [message, fields]),
      [
        [/disagree on the type/, { count: 1, families: 'a' }],
        [/disagree on the HELP/, { count: 1, families: 'a' }],
        [
          /exposed by two targets/,
          { total: 1, series: /^b\{instance=.*x="0123456789"\}$/, first: first.url, other: second.url },
        ],
      ],
    );
    await get(`${url}/metrics`);
    t.equal(lines.length, 3, 'once');
  },
);
