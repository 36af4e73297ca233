import t from 'tap';
import type { Pod } from '../../simulator/pod.ts';
import { startPlainPod } from '../round/fixture.ts';
import { configOf, get, gzip, startTestGateway } from '../serve/fixture.ts';

const BODIES = [
  '# HELP a All <of> it.\n# TYPE a gauge\na 1\n# TYPE b counter\nb 1\n',
  '# HELP a Other.\n# TYPE a gauge\na 1\n',
  '# HELP a All <of> it.\n# TYPE a gauge\na 1\n# TYPE b counter\nb 1\nnot_declared 1\n',
];

const A = { type: 'gauge', unit: '', help: 'All <of> it.' };
const OTHER = { type: 'gauge', unit: '', help: 'Other.' };
const B = { type: 'counter', help: '', unit: '' };

t.test('metadata', async (t) => {
  await using stack = new AsyncDisposableStack();
  const started = await Promise.all(BODIES.map((body) => startPlainPod({ body: () => body })));
  for (const pod of started) stack.use(pod);
  await using gateway = await startTestGateway(configOf(started));
  const api = async (path: string): Promise<unknown> => {
    const { status, text } = await get(`${gateway.url}/api/v1/${path}`, gzip);
    const { data, ...rest } = JSON.parse(text) as { data?: unknown };
    return status === 200 ? data : { status, ...rest };
  };
  const target = ({ port }: Pod): object => ({ job: 'j', instance: `127.0.0.1:${port}` });
  const entries = (pod: Pod): object[] =>
    pod === started[1]
      ? [{ target: target(pod), metric: 'a', ...OTHER }]
      : [
          { target: target(pod), metric: 'a', ...A },
          { target: target(pod), metric: 'b', ...B },
        ];
  const sorted = started.toSorted((a, b) => (a.url < b.url ? -1 : 1));

  t.same([await api('metadata'), await api('targets/metadata')], [{}, []], 'nobody has asked yet');
  t.same(
    started.map(({ requests }) => requests.count),
    [0, 0, 0],
  );
  await get(`${gateway.url}/metrics`);

  await t.test('of each target', async (t) => {
    t.same(await api('targets/metadata'), sorted.flatMap(entries));
    const [first, second, third] = started as [Pod, Pod, Pod];
    const selector = (text: string): string => `match_target=${encodeURIComponent(text)}`;
    const one = ({ port }: Pod): string => selector(`{instance="127.0.0.1:${port}"}`);
    const cases: [query: string, want: unknown, why: string][] = [
      [one(second), entries(second), 'of one'],
      [
        selector(`{job="j",instance!~".*:${second.port}"}`),
        sorted.filter((pod) => pod !== second).flatMap(entries),
        'a pattern',
      ],
      [selector('{}'), sorted.flatMap(entries), 'no condition'],
      [selector('a'), [], 'a name is a label that targets do not have'],
      [`metric=b&${one(third)}`, [{ target: target(third), ...B }], 'one metric has no name'],
      [`metric=b&metric=a&${one(first)}`, [{ target: target(first), ...B }], 'the first counts'],
      [`metric=not_declared`, [], 'without a HELP or TYPE line'],
      ['limit=0', [], 'no target'],
      ['limit=1', entries(sorted[0]!), 'targets are whole'],
      ['limit=-1', sorted.flatMap(entries), 'no limit'],
      ['limit=', sorted.flatMap(entries), 'none given'],
    ];
    for (const [query, want, why] of cases) t.same(await api(`targets/metadata?${query}`), want, why);
  });

  await t.test('of each metric', async (t) => {
    const known = (await api('metadata')) as Record<string, object[]>;
    t.same(Object.keys(known), ['a', 'b']);
    t.same(
      new Set(known['a']!.map((entry) => JSON.stringify(entry))),
      new Set([A, OTHER].map((entry) => JSON.stringify(entry))),
    );
    t.same(known['b'], [B], 'once');
    t.same(Object.keys((await api('metadata?limit=1')) as object), ['a']);
    t.same(await api('metadata?limit=0'), {});
    t.same(await api('metadata?metric=b'), { b: [B] });
    t.same(await api('metadata?metric=c'), {});
    for (const [limit, want] of [
      [1, 1],
      [2, 2],
      [0, 2],
      [-1, 2],
    ]) {
      const { a } = (await api(`metadata?limit_per_metric=${limit}`)) as { a: object[] };
      t.equal(a.length, want, `limit_per_metric=${limit}`);
    }
  });

  await t.test('parameters that are wrong', async (t) => {
    const cases: [path: string, error: string][] = [
      ['metadata?limit=x', 'limit must be a number'],
      ['metadata?limit=1.5', 'limit must be a number'],
      ['metadata?limit=9223372036854775808', 'limit must be a number'],
      ['metadata?limit=2&limit_per_metric=1e3', 'limit_per_metric must be a number'],
      ['targets/metadata?limit=%201', 'limit must be a number'],
      [
        'targets/metadata?match_target={',
        'invalid parameter "match_target": 1:2: parse error: unexpected end of input inside braces',
      ],
    ];
    for (const [path, error] of cases)
      t.same(await api(path), { status: 'error', errorType: 'bad_data', error }, path);
    t.equal((await get(`${gateway.url}/api/v1/metadata?limit=x`)).status, 400);
  });

  await t.test('the last that is known stays while a pod is down', async (t) => {
    await started[1]!.behave({ kind: 'status', status: 503 });
    await get(`${gateway.url}/metrics`);
    t.same(await api('targets/metadata'), sorted.flatMap(entries));
    await started[1]!.behave({ kind: 'normal' });
  });
});

t.test('an answer of many pieces', async (t) => {
  const body = Array.from({ length: 6000 }, (_, i) => `# HELP m${i} Some text.\nm${i} 1\n`).join('');
  await using pod = await startPlainPod({ body: () => body });
  await using gateway = await startTestGateway(configOf([pod]));
  await get(`${gateway.url}/metrics`);
  for (const headers of [{}, gzip]) {
    const { text } = await get(`${gateway.url}/api/v1/targets/metadata`, headers);
    const { data } = JSON.parse(text) as { data: { metric: string }[] };
    t.equal(new Set(data.map(({ metric }) => metric)).size, 5000, 'families beyond these are left out');
  }
});
