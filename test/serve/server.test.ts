import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { refusalsOf } from '../promtool.ts';
import { kubevirtConfig } from '../../src/config/kubevirt.ts';
import { startKubernetesApi } from '../../simulator/kubernetes-api.ts';
import { until } from '../discovery/fixture.ts';
import { gate, startPlainPod, startPods } from '../round/fixture.ts';
import { configOf, eventually, get, gzip, largeBody, patient, startTestGateway, valueOf } from './fixture.ts';

t.test('not ready until the first discovery is complete', async (t) => {
  await using api = await startKubernetesApi();
  api.fault({ status: 500 });
  const kubeconfig = join(t.testdir({}), 'kubeconfig');
  writeFileSync(kubeconfig, api.kubeconfig());
  await using gateway = await startTestGateway(kubevirtConfig([]), [`--kubeconfig=${kubeconfig}`]);
  const pattern = /^Not ready: waiting for the first sync of kubernetes discovery of job "kubevirt-.*\n$/;
  for (const path of ['/metrics', '/-/ready', '/federate?match[]=up', '/federate']) {
    const { status, headers, text } = await get(gateway.url + path, gzip);
    t.equal(status, 503, path);
    t.match(text, pattern, path);
    t.equal(headers['content-type'], 'text/plain; charset=utf-8');
  }
  await until(() => gateway.lines.some(({ level }) => level === 'warn'));
  t.match((await get(`${gateway.url}/-/ready`)).text, /500/, 'it says what is wrong');
  t.match(await get(`${gateway.url}/-/healthy`), { status: 200, text: /Healthy/ });
  const own = await get(`${gateway.url}/-/metrics`);
  t.match(own, { status: 200, text: /^kubevirt_metrics_gateway_discovery_synced\{.*\} 0$/m });
  api.fault(undefined);
  let status = 503;
  while (status === 503) ({ status } = await get(`${gateway.url}/-/ready`));
  t.equal(status, 200);
  for (const headers of [{}, gzip]) {
    t.match(await get(`${gateway.url}/metrics`, headers), { status: 200, text: '' }, 'no pods is no error');
  }
  t.match(await get(`${gateway.url}/federate?match[]=up`), { status: 200, text: '' });
});

t.test('the merged exposition', async (t) => {
  const body = (n: number) => `# HELP z_total Zeds.
# TYPE z_total counter
z_total{n="${n}"} 1
# TYPE a gauge
a{n="${n}"} 2
a{n="${n}",job="own"} 3 1700000000000
untyped_one 4
`;
  const bodies = [0, 1, 2].map(body);
  const pods = await Promise.all(bodies.map((one) => startPlainPod({ body: () => one })));
  await using bad = await startPlainPod({ behaviour: { kind: 'rubbish' } });
  await using _pods = new AsyncDisposableStack();
  for (const pod of pods) _pods.use(pod);
  await using gateway = await startTestGateway(configOf([...pods, bad]), ['--scrape.reuse=0']);

  await t.test('families by name, samples of a target together, a report for every target', async (t) => {
    const { status, headers, text } = await get(`${gateway.url}/metrics`, patient);
    t.equal(status, 200);
    t.match(headers, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'content-encoding': undefined,
      vary: 'Accept-Encoding',
    });
    const names = [...text.matchAll(/^([a-z_]+)\{/gm)].map(([, name]) => name!);
    t.same(
      names.filter((name, i) => name !== names[i - 1]),
      [
        'a',
        'scrape_duration_seconds',
        'scrape_failure_reason',
        'scrape_samples_post_metric_relabeling',
        'scrape_samples_scraped',
        'untyped_one',
        'up',
        'z_total',
      ],
      'each in one place, by name',
    );
    t.equal(text.match(/^# TYPE a gauge$/gm)?.length, 1);
    t.equal(text.match(/^# HELP z_total Zeds\.$/gm)?.length, 1);
    t.equal(text.match(/^a\{.*job="own"\} 3 1700000000000$/gm)?.length, 3);
    t.equal(text.match(/^up\{.*\} 1$/gm)?.length, 3);
    const down = `instance="127.0.0.1:${bad.port}",job="j"`;
    t.equal(valueOf(text, `up{${down}}`), 0);
    t.equal(valueOf(text, `scrape_failure_reason{${down},reason="exposition"}`), 1);
    t.equal(valueOf(text, `scrape_samples_scraped{${down}}`), 0);
    t.ok(valueOf(text, `scrape_duration_seconds{${down}}`)! > 0);
    t.notMatch(text, /kubevirt_info/, 'nothing of a body that is refused');
    t.equal(refusalsOf(text), '');
  });

  await t.test('the same bytes while bodies do not change, with and without gzip', async (t) => {
    const texts = new Set<string>();
    for (const headers of [{}, gzip, gzip, {}, gzip]) {
      const { text, headers: answered } = await get(`${gateway.url}/metrics`, headers);
      t.equal(answered['content-encoding'], 'accept-encoding' in headers ? 'gzip' : undefined);
      texts.add(text.replaceAll(/^(scrape_duration_seconds\{.*\}) .*$/gm, '$1'));
    }
    t.equal(texts.size, 1);
  });

  await t.test('federate', async (t) => {
    const federate = (query: string, headers = {}) => get(`${gateway.url}/federate${query}`, headers);
    t.match(await federate(''), { status: 200, text: '' }, 'no selector selects nothing');
    const cases: [query: string, want: RegExp | string, count: number][] = [
      ['?match[]=a', 'a', 6],
      ['?match%5B%5D=a', 'a', 6],
      ['?match[]={n="1"}', 'a z_total', 3],
      ['?match[]={__name__=~"up|z_.*"}', 'up z_total', 7],
      ['?match[]=z_total{n="0"}&match[]=a{n="2",job!="own"}&match[]=a{n="2"}', 'a z_total', 3],
      ['?match[]=none', '', 0],
    ];
    for (const [query, want, count] of cases) {
      const plain = await federate(query);
      const samples = plain.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      t.equal(plain.status, 200, query);
      t.equal(samples.length, count, query);
      t.equal([...new Set(samples.map((line) => line.split('{')[0]))].join(' '), want, query);
      t.equal((await federate(query, gzip)).text, plain.text, `${query} with gzip`);
      t.equal(refusalsOf(plain.text), '');
    }
    t.match(
      (await federate('?match[]=z_total')).text,
      /^# HELP z_total Zeds\.\n# TYPE z_total counter\nz_total/,
    );
    for (const [query] of cases) {
      const merged = await get(`${gateway.url}/metrics${query}`, patient);
      t.equal(merged.text, (await federate(query)).text, `/metrics${query}`);
    }
    t.match(await get(`${gateway.url}/metrics?match[]={}`), { status: 200, text: '' }, 'selects nothing');
    t.match(await get(`${gateway.url}/metrics?match[]=a{`), { status: 400, text: /parse error/ });
    t.match(await federate('?match[]=a{'), { status: 400, text: /parse error/ });
    t.match(await federate('?match[]=a{n=~"("}'), { status: 400, text: /error parsing regexp/ });
  });
});

t.test('pages', async (t) => {
  await using gateway = await startTestGateway(configOf([]));
  const { text, headers } = await get(`${gateway.url}/`);
  t.equal(headers['content-type'], 'text/html; charset=utf-8');
  const links = [...text.matchAll(/href="([^"]*)"/g)].map(([, href]) =>
    href!.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))),
  );
  t.ok(links.includes('api/v1/targets'));
  const titles = [...text.matchAll(/<a [^>]*>([^<]*)/g)].map(([, title]) => title);
  t.equal(new Set(titles).size, links.length, 'told apart');
  t.match(headers['content-security-policy'], "default-src 'none'");
  for (const link of links) {
    t.notMatch(link, /^\//, 'works behind a prefix');
    t.match(await get(new URL(link, `${gateway.url}/`).href), { status: 200 }, link);
  }
  for (const path of ['/nothing', '/%', '/%ff', `/targets/${'a'.repeat(200)}`])
    t.match(await get(`${gateway.url}${path}`), { status: 404, text: '404 page not found\n' }, path);
  t.match((await get(`${gateway.url}/-/ready`)).text, 'kubevirt-metrics-gateway is Ready.\n');
});

t.test('the deadline comes from who asks', async (t) => {
  await using pod = await startPlainPod();
  const asking = (seconds: string) => ({ 'x-prometheus-scrape-timeout-seconds': seconds });
  const cases: {
    readonly more?: string;
    readonly flags?: readonly string[];
    readonly want: readonly (readonly [headers: Record<string, string>, told: string, why: string])[];
  }[] = [
    {
      want: [
        [{}, '10', "the config's"],
        [asking('0.4'), '10', 'a patient caller may join one who has little time'],
        [asking('20'), '19', "a longer one of the caller's, less what writing takes"],
        [asking('soon'), '10', 'what is no number does not count'],
      ],
    },
    {
      more: ', scrape_timeout: 4s',
      want: [
        [{}, '4', "the config's"],
        [asking('15'), '14.75', "the caller's stands before it"],
      ],
    },
    {
      more: ', scrape_timeout: 2s',
      flags: ['--scrape.max-timeout=3s'],
      want: [
        [asking('15'), '2.75', 'capped'],
        [{}, '2', "the config's"],
      ],
    },
  ];
  for (const { more, flags = [], want } of cases) {
    await using gateway = await startTestGateway(configOf([pod], more), ['--scrape.reuse=0', ...flags]);
    await eventually('the worker thread has started', async () =>
      (await get(`${gateway.url}/metrics`)).text.includes('} 1\n'),
    );
    for (const [headers, told, why] of want) {
      await get(`${gateway.url}/metrics`, headers);
      const got = String(pod.requests.last?.headers['x-prometheus-scrape-timeout-seconds']);
      // A busy machine takes longer to write, and more is kept back for it; at most half.
      if (told.endsWith('.75'))
        t.ok(Number(got) <= Number(told) && Number(got) >= Number(told) / 2, why, { got });
      else t.equal(got, told, why);
    }
  }
});

t.test('a pod that hangs fails by the deadline, and only it', async (t) => {
  await using pods = await startPods(2);
  await using gateway = await startTestGateway(configOf(pods), ['--scrape.reuse=0']);
  await get(`${gateway.url}/metrics`, patient);
  await pods[0]!.behave({ kind: 'hang', at: 'body' });
  const { text } = await get(`${gateway.url}/metrics`, { 'x-prometheus-scrape-timeout-seconds': '3.25' });
  const labels = pods.map(({ port }) => `instance="127.0.0.1:${port}",job="j"`);
  t.equal(valueOf(text, `scrape_failure_reason{${labels[0]},reason="timeout"}`), 1);
  // A busy machine takes longer to write, and more is kept back for it; at most half.
  const seconds = valueOf(text, `scrape_duration_seconds{${labels[0]}}`)!;
  t.ok(seconds <= 3 && seconds >= 3.25 / 2, `${seconds} s`);
  t.equal(valueOf(text, `up{${labels[1]}}`), 1);
  t.notMatch(text, /pod_number="0"/);
});

t.test('a client that goes away leaves nothing behind', async (t) => {
  const large = largeBody(80_000);
  await using pod = await startPlainPod({ body: () => large });
  await using gateway = await startTestGateway(configOf([pod]), ['--scrape.reuse=0']);
  const own = async () => (await get(`${gateway.url}/-/metrics`)).text;
  const left = 'kubevirt_metrics_gateway_rounds_total{view="metrics",result="caller_left"}';
  const inFlight = 'kubevirt_metrics_gateway_scrapes_in_flight';

  await t.test('during the round', async (t) => {
    const { behaviour, open } = gate();
    await pod.behave(behaviour);
    const leaver = new AbortController();
    const asked = get(`${gateway.url}/metrics`, {}, { signal: leaver.signal });
    await pod.nextRequest();
    leaver.abort();
    await t.rejects(asked, { name: 'AbortError' });
    await eventually('it is counted', async () => valueOf(await own(), left) === 1);
    t.equal(valueOf(await own(), inFlight), 1, 'the scrape goes on');
    open();
    await pod.behave({ kind: 'normal' });
    await eventually('the scrape ends', async () => valueOf(await own(), inFlight) === 0);
    t.equal(pod.requests.count, 1);
  });

  await t.test('in the middle of the answer', async (t) => {
    for (const headers of ['', 'accept-encoding: gzip\r\n']) {
      const before = valueOf(await own(), left)!;
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
      socket.write(`GET /metrics HTTP/1.1\r\nhost: gateway\r\n${headers}\r\n`);
      await once(socket, 'readable');
      socket.destroy();
      await eventually('it is counted', async () => valueOf(await own(), left) === before + 1);
      t.equal(valueOf(await own(), inFlight), 0);
    }
    const { text } = await get(`${gateway.url}/metrics`, gzip);
    t.equal(text.match(/^a_metric\{/gm)?.length, 80_000, 'who comes later is served');
    t.same(
      gateway.lines.filter(({ level }) => level === 'error'),
      [],
    );
  });

  await t.test('a slow reader gets the whole', async (t) => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write('GET /metrics HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\r\n');
    await once(socket, 'readable');
    const slow = text(socket);
    const { text: whole } = await get(`${gateway.url}/metrics`);
    t.ok((await slow).length > whole.length);
  });
});
