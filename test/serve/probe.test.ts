import t from 'tap';
import type { Test } from 'tap';
import { eventually, get, gzip, patient, startTestGateway, startTestServer, valueOf } from './fixture.ts';
import { ask, gate, startPlainPod, startScraper } from '../round/fixture.ts';
import { refusalsOf } from '../promtool.ts';

interface Group {
  readonly targets: string[];
  readonly labels: Record<string, string>;
}

async function sdOf(t: Test, url: string, headers: Record<string, string> = {}): Promise<Group[]> {
  const { status, headers: answered, text } = await get(url, headers);
  t.equal(status, 200, url);
  t.match(answered['content-type'], /^application\/json(; charset=utf-8)?$/, 'as Prometheus wants it');
  return JSON.parse(text) as Group[];
}

/** What a Prometheus asks for a target that `/sd` told of. */
function probeUrl({ targets, labels }: Group): string {
  const query = Object.entries(labels)
    .filter(([name]) => name.startsWith('__param_'))
    .map(([name, value]): [string, string] => [name.slice('__param_'.length), value]);
  return `http://${targets[0]}${labels['__metrics_path__']}?${new URLSearchParams(query).toString()}`;
}

t.test('every target in /sd, with its labels, to be scraped through the gateway', async (t) => {
  const relabelled = `, relabel_configs: [
    { source_labels: [__address__], target_label: where },
    { source_labels: [empty], target_label: gone, replacement: '' },
    { source_labels: [slow], regex: yes, target_label: __scrape_timeout__, replacement: 15s },
    { source_labels: [slow], regex: yes, target_label: __scrape_interval__, replacement: 2m },
    { source_labels: [nameless], regex: yes, target_label: job, replacement: '' } ]`;
  const config = `scrape_configs:
  - { job_name: one, honor_labels: true, scrape_timeout: 7s, static_configs: [
      { targets: ['127.0.0.1:1'], labels: { pod: 'a"\\b', empty: '' } },
      { targets: ['127.0.0.1:2'], labels: { slow: yes } },
      { targets: ['127.0.0.1:3'], labels: { nameless: yes, instance: own } } ]${relabelled} }
  - { job_name: two, metrics_path: /x, params: { a: [b c] }, scheme: https, static_configs: [
      { targets: ['127.0.0.1:1'], labels: { of: first } }, { targets: ['127.0.0.1:1'], labels: { of: second } } ] }`;
  await using gateway = await startTestGateway(config);
  const { host } = new URL(gateway.url);
  const groups = await sdOf(t, `${gateway.url}/sd`);
  const common = { __metrics_path__: '/probe', __param_scrapePool: 'one' };
  t.same(groups.slice(0, 3), [
    {
      targets: [host],
      labels: {
        instance: '127.0.0.1:1',
        job: 'one',
        pod: 'a"\\b',
        where: '127.0.0.1:1',
        ...common,
        __param_target: 'http://127.0.0.1:1/metrics',
      },
    },
    {
      targets: [host],
      labels: {
        instance: '127.0.0.1:2',
        job: 'one',
        slow: 'yes',
        where: '127.0.0.1:2',
        ...common,
        __param_target: 'http://127.0.0.1:2/metrics',
        __scrape_interval__: '2m',
        __scrape_timeout__: '15s',
      },
    },
    {
      targets: [host],
      labels: {
        instance: 'own',
        nameless: 'yes',
        where: '127.0.0.1:3',
        ...common,
        __param_target: 'http://127.0.0.1:3/metrics',
      },
    },
  ]);
  const two = groups.slice(3);
  t.same(new Set(two.map(({ labels }) => labels['of'])), new Set(['first', 'second']));
  for (const { labels } of two)
    t.match(labels, { __param_target: 'https://127.0.0.1:1/x?a=b+c', __param_scrapePool: 'two' });
  t.equal(new Set(two.map(({ labels }) => labels['__param_key'])).size, 2, 'told apart');
  t.same(await sdOf(t, `${gateway.url}/sd?scrapePool=two`), two);
  t.same(await sdOf(t, `${gateway.url}/sd?scrapePool=`), groups, 'as in /api/v1/targets');
  t.match(
    await get(`${gateway.url}/sd?scrapePool=three`),
    { status: 404, text: 'no scrape pool is "three"; there are "one", "two"\n' },
    'a Prometheus keeps its targets',
  );

  const cases: [headers: Record<string, string>, address: string, scheme: string | undefined][] = [
    [{ host: 'gateway.example.org' }, 'gateway.example.org', undefined],
    [{ host: '[::1]:8080' }, '[::1]:8080', undefined],
    [{ 'x-forwarded-host': 'a.example, b.example', 'x-forwarded-proto': 'HTTPS' }, 'a.example', 'https'],
    [{ 'x-forwarded-host': '', 'x-forwarded-proto': 'gopher' }, host, undefined],
  ];
  for (const [headers, address, scheme] of cases) {
    const [group] = await sdOf(t, `${gateway.url}/sd`, headers);
    t.same([group!.targets, group!.labels['__scheme__']], [[address], scheme], JSON.stringify(headers));
  }
  for (const bad of ['a/b', 'a b', 'a:b', 'x:99999']) {
    const says = new RegExp(`^"${bad}", where .* is no address: .*--web\\.external-url`);
    t.match(await get(`${gateway.url}/sd`, { host: bad }), { status: 400, text: says }, bad);
  }
});

t.test('--web.external-url stands in /sd, and its path before every path', async (t) => {
  await using pod = await startPlainPod();
  const target = pod.url;
  const config = `scrape_configs: [{ job_name: j, static_configs: [{ targets: ['${new URL(target).host}'] }] }]`;
  await using gateway = await startTestGateway(config, [
    '--web.external-url=https://out.example.org/kubevirt/',
  ]);
  const query = { 'x-forwarded-host': 'other.example.org' };
  for (const path of ['/sd', '/kubevirt/sd'])
    t.match(await sdOf(t, gateway.url + path, query), [
      {
        targets: ['out.example.org'],
        labels: { __scheme__: 'https', __metrics_path__: '/kubevirt/probe', __param_target: target },
      },
    ]);
  for (const path of ['/kubevirt/probe', '/probe'])
    t.match(await get(`${gateway.url}${path}?target=${encodeURIComponent(target)}`, patient), {
      status: 200,
      text: /^a_metric\{/m,
    });
  for (const path of ['/kubevirt', '/kubevirtx/sd', '/kubevirt/kubevirt/sd'])
    t.match(await get(gateway.url + path), { status: 404 }, path);
});

t.test('not ready: 503, never an empty list', async (t) => {
  const config = 'scrape_configs: [{ job_name: j, file_sd_configs: [{ files: [/nonexistent/*.json] }] }]';
  await using ready = await startTestGateway(config);
  t.match(await get(`${ready.url}/sd`), { status: 200, text: '[]' }, 'a folder without files has no targets');
  const api = 'kubernetes_sd_configs: [{ role: endpoints, api_server: "http://127.0.0.1:1" }]';
  await using gateway = await startTestGateway(`scrape_configs: [{ job_name: j, ${api} }]`);
  for (const path of ['/sd', '/probe?target=x', '/probe'])
    t.match(await get(gateway.url + path), { status: 503, text: /^Not ready/ }, path);
});

t.test('one target alone', async (t) => {
  const body = (n: number) =>
    `# HELP z_total Zeds.\n# TYPE z_total counter\nz_total{n="${n}"} 1\nup 5\na 1 1700000000000\n`;
  await using first = await startPlainPod({ body: () => body(0) });
  await using second = await startPlainPod({ body: () => body(1) });
  const address = (pod: { readonly port: number }): string => `127.0.0.1:${pod.port}`;
  const config = `scrape_configs:
  - { job_name: one, honor_labels: true, static_configs: [{ targets: ['${address(first)}', '${address(second)}'], labels: { pod: p } }] }
  - { job_name: two, static_configs: [
      { targets: ['${address(first)}'], labels: { of: a } }, { targets: ['${address(first)}'], labels: { of: b } } ] }`;
  await using gateway = await startTestGateway(config, ['--scrape.reuse=0']);
  const probe = (query: string, headers = patient) => get(`${gateway.url}/probe?${query}`, headers);

  const labels = `instance="${address(second)}",job="one",pod="p"`;
  const alone = await probe(`target=${encodeURIComponent(second.url)}`);
  t.equal(alone.status, 200);
  t.equal(alone.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  t.equal(
    alone.text,
    `a{${labels}} 1 1700000000000\nup{${labels}} 5\n# HELP z_total Zeds.\n# TYPE z_total counter\nz_total{${labels},n="1"} 1\n`,
    'its samples with its labels, and no report series',
  );
  t.equal(refusalsOf(alone.text), '');
  const packed = await probe(`target=${address(second)}`, { ...patient, ...gzip });
  t.equal(packed.headers['content-encoding'], 'gzip');
  t.equal(packed.text, alone.text, 'by its address too');
  t.same([first.requests.count, second.requests.count], [0, 2], 'nobody else is asked');

  const several = await probe(`target=${address(first)}`);
  t.match(several, { status: 400, text: /^3 targets are meant/ });
  for (const line of several.text.split('\n').slice(1, -1)) {
    const one = await probe(line.slice(1));
    t.equal(one.status, 200, line);
    const job = new URLSearchParams(line).get('scrapePool');
    t.match(one.text, new RegExp(`^z_total\\{.*job="${job}"`, 'm'));
  }
  t.match(await probe(`target=${address(first)}&scrapePool=one`), { status: 200 });
  for (const group of await sdOf(t, `${gateway.url}/sd`)) {
    const { status, text } = await get(probeUrl(group), patient);
    t.equal(status, 200);
    const own = Object.entries(group.labels).filter(([name]) => !name.startsWith('__'));
    for (const [name, value] of own)
      t.ok(text.includes(`${name}="${value}"`), `${name} of ${probeUrl(group)}`);
  }

  const before = first.requests.count + second.requests.count;
  const refused: [query: string, status: number, says: RegExp][] = [
    ['', 400, /"target" is missing/],
    ['target=', 400, /"target" is missing/],
    ['target=http://169.254.169.254/latest/meta-data', 404, /no target is "http:\/\/169/],
    [`target=${encodeURIComponent(`${second.url}?x`)}`, 404, /\/sd/],
    [`target=${address(second)}&scrapePool=two`, 404, /no target/],
    [`target=${address(second)}&key=x`, 404, /no target/],
  ];
  for (const [query, status, says] of refused)
    t.match(await probe(query), { status, text: says, headers: { 'content-type': /^text\/plain/ } }, query);
  t.equal(first.requests.count + second.requests.count, before, 'and nobody is asked for those');

  const { text: own } = await get(`${gateway.url}/-/metrics`);
  const rounds = 'kubevirt_metrics_gateway_rounds_total{view="probe",result="complete"}';
  t.ok(valueOf(own, rounds)! >= 5, 'a view of its own');
});

t.test('a target that fails fails the answer', async (t) => {
  await using bad = await startPlainPod({ behaviour: { kind: 'rubbish' } });
  await using status = await startPlainPod({ behaviour: { kind: 'status', status: 500 } });
  await using hangs = await startPlainPod({ behaviour: { kind: 'hang', at: 'head' } });
  await using many = await startPlainPod({ body: () => 'a 1\nb 1\nc 1\n' });
  const listed = [bad, status, hangs, many].map(({ port }) => `'127.0.0.1:${port}'`).join(', ');
  const config = `scrape_configs: [{ job_name: j, sample_limit: 2, static_configs: [{ targets: [${listed}] }] }]`;
  await using gateway = await startTestGateway(config);
  const cases: [pod: { readonly url: string }, status: number, reason: string][] = [
    [bad, 502, 'exposition'],
    [status, 502, 'http_status'],
    [many, 502, 'sample_limit'],
    [hangs, 504, 'timeout'],
  ];
  for (const [pod, code, reason] of cases) {
    const seconds = reason === 'timeout' ? '0.5' : '60';
    const asked = await fetch(`${gateway.url}/probe?target=${encodeURIComponent(pod.url)}`, {
      headers: { 'x-prometheus-scrape-timeout-seconds': seconds },
    });
    t.equal(asked.status, code, reason);
    t.ok(asked.statusText.endsWith(`: ${reason}`), asked.statusText);
    t.match(await asked.text(), new RegExp(`^${reason}: .+\n$`), reason);
    t.match(asked.headers.get('content-type'), /^text\/plain/);
  }
  const { text } = await get(`${gateway.url}/-/metrics`);
  t.equal(
    valueOf(text, 'kubevirt_metrics_gateway_rounds_total{view="probe",result="partial"}'),
    cases.length,
  );
});

t.test('scrapes are shared with every other view', async (t) => {
  const { behaviour, open } = gate();
  await using pod = await startPlainPod({ behaviour });
  const config = `scrape_configs: [{ job_name: j, static_configs: [{ targets: ['127.0.0.1:${pod.port}'] }] }]`;
  await using gateway = await startTestGateway(config, ['--scrape.reuse=1m']);
  const probe = `${gateway.url}/probe?target=127.0.0.1:${pod.port}`;
  const begun = pod.nextRequest();
  const answers = [get(`${gateway.url}/metrics`, patient)];
  await begun;
  for (let i = 0; i < 3; i++) {
    const { promise, resolve } = Promise.withResolvers<void>();
    answers.push(get(probe, patient, { arrived: resolve }));
    await promise;
  }
  open();
  const [all, ...alone] = await Promise.all(answers);
  t.match(all!.text, /^up\{/m);
  for (const { status, text } of alone) {
    t.equal(status, 200);
    t.match(text, /^a_metric\{[^}]*\} 1\n$/);
  }
  t.match(await get(probe, patient), { status: 200, text: alone[0]!.text });
  t.equal((await get(`${gateway.url}/metrics`, patient)).text, all!.text, 'each view keeps its own answer');
  t.equal(pod.requests.count, 1);
  await eventually('all are counted', async () => {
    const { text } = await get(`${gateway.url}/-/metrics`);
    return valueOf(text, 'kubevirt_metrics_gateway_rounds_total{view="probe",result="complete"}') === 4;
  });
});

t.test('a thread that ends is a 502, and costs no later answer', async (t) => {
  const { behaviour, open } = gate();
  await using pod = await startPlainPod();
  await using scraper = await startScraper([pod]);
  await using server = await startTestServer(scraper);
  const probe = () => get(`${server.url}/probe?target=${encodeURIComponent(pod.url)}`, patient);
  const round = await ask(scraper);
  const { worker } = round.shares()[0]!;
  round[Symbol.dispose]();
  await pod.behave(behaviour);
  const begun = pod.nextRequest();
  const answer = probe();
  await begun;
  await worker.crash();
  t.match(await answer, { status: 502, text: /^worker: / });
  open();
  t.match(await probe(), { status: 200, text: /^a_metric\{/ });
});
