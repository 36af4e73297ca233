import { spawnSync } from 'node:child_process';
import t from 'tap';
import type { Test } from 'tap';
import { parse } from 'yaml';

import { startPlainPod } from '../round/fixture.ts';
import { FAILING, podFixtures } from './bodies.ts';
import { startFleet } from './fleet.ts';
import { startGateway } from './gateway.ts';
import { GLOBAL, lastDifferences, settled, startPair } from './pair.ts';
import { findPrometheus, PROMETHEUS_MISSING } from './prometheus.ts';
import type { Prometheus } from './prometheus.ts';

const programs = findPrometheus();
const skip = programs.length === 0 ? PROMETHEUS_MISSING : false;

const BUSY = 'virt-handler-busy';
const LOCAL = 'local';
/** A family with nothing but an empty HELP, which the gateway does not tell of. */
const EMPTY_HELP = 'only_help';

const ORIGIN = 'http://example.org';

type Json = Readonly<Record<string, unknown>>;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  /** Of a text that is JSON. */
  readonly body: Json;
}

await t.test('what the API tells is what a Prometheus tells of the same targets', { skip }, async (t) => {
  await using running = new AsyncDisposableStack();
  // What the gateway makes of OpenMetrics has names and types of its own.
  const fixtures = podFixtures(Date.now()).filter(({ name }) => !name.includes('openmetrics'));
  const busy = FAILING.filter(({ name }) => name === BUSY);
  const fleet = running.use(await startFleet([...fixtures, ...busy]));
  const local = running.use(await startPlainPod({ body: () => '# TYPE only_here gauge\nonly_here 1\n' }));
  const jobs = [
    {
      job_name: 'kubevirt-prometheus-metrics',
      scheme: 'https',
      honor_labels: true,
      tls_config: { insecure_skip_verify: true },
      params: { 'a[]': ['1 2', '<3>'] },
      file_sd_configs: [{ files: [await fleet.writeTargets('pods', fleet.members)] }],
    },
    {
      job_name: 'a-local-one',
      static_configs: [
        { targets: [`127.0.0.1:${local.port}`], labels: { pod: LOCAL, text: '<&> "é"' } },
        { targets: ['10.0.0.1:80', '10.0.0.2:80'], labels: { __note: 'not wanted' } },
      ],
      relabel_configs: [{ source_labels: ['__note'], regex: '.+', action: 'drop' }],
    },
    { job_name: 'without-targets', scrape_interval: '90s' },
  ];
  const config = await fleet.writeConfig('jobs.yml', { global: GLOBAL, scrape_configs: jobs });
  const gateway = running.use(await startGateway(config));
  const pairs = await Promise.all(programs.map((program) => startPair(program, jobs, gateway)));
  for (const pair of pairs) running.use(pair);

  for (const pair of pairs)
    await t.test(`Prometheus ${pair.direct.program.version}`, async (t) => {
      await settled(pair, { up: [...fixtures.map(({ name }) => name), LOCAL], down: [BUSY] });
      const { direct } = pair;
      const isOld = direct.program.version.startsWith('2.');
      const ask = async (path: string): Promise<[mine: Answer, theirs: Answer]> => {
        const [mine, theirs] = await Promise.all([get(gateway.url, path), get(direct.url, path)]);
        return [mine, theirs];
      };
      await compareTargets(t, ask, isOld);
      await compareMetadata(t, ask, isOld);
      await compareErrors(t, ask, isOld);
      await compareStatus(t, ask, isOld);
      await compareHeaders(t, gateway.url, direct);
    });

  for (const { promtool, version } of programs)
    if (promtool !== undefined && !version.startsWith('2.'))
      for (const kind of ['healthy', 'ready'])
        t.equal(
          spawnSync(promtool, ['check', kind, `--url=${gateway.url}`]).status,
          0,
          `promtool ${version} check ${kind}`,
        );
});

type Ask = (path: string) => Promise<[mine: Answer, theirs: Answer]>;

async function get(url: string, path: string): Promise<Answer> {
  const answer = await fetch(`${url}/api/v1/${path}`);
  const text = await answer.text();
  return {
    status: answer.status,
    type: answer.headers.get('content-type') ?? '',
    text,
    body: text.startsWith('{') ? (JSON.parse(text) as Json) : {},
  };
}

/** What there is in any order, one text for each. */
function texts(list: unknown): string[] {
  return (list as readonly unknown[]).map((one) => JSON.stringify(one)).sort();
}

/** A target without its times, which are of another scrape; these must only look like times. */
function withoutTimes(target: Json): Json {
  const { discoveredLabels, lastScrape, lastScrapeDuration } = target;
  const isTime = /^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|[+-]\d\d:\d\d)$/.test(String(lastScrape));
  return {
    ...target,
    discoveredLabels: withoutHistograms(discoveredLabels as Json),
    lastScrape: isTime ? 'a time' : lastScrape,
    lastScrapeDuration: typeof lastScrapeDuration === 'number' && lastScrapeDuration > 0,
  };
}

/** Without the labels by which a 3.x can be told how to scrape histograms. */
function withoutHistograms(discoveredLabels: Json): Json {
  return Object.fromEntries(
    Object.entries(discoveredLabels).filter(([name]) => !/^__\w+_histograms_\w*_$/.test(name)),
  );
}

async function compareTargets(t: Test, ask: Ask, isOld: boolean): Promise<void> {
  const queries = [
    '',
    '?state=active',
    '?state=dropped',
    '?state=any',
    '?state=DROPPED&scrapePool=a-local-one',
    '?state=nothing',
    '?scrapePool=a-local-one',
    '?scrapePool=nowhere',
  ];
  for (const query of queries) {
    const spell = ({ status, type, body }: Answer): unknown => {
      const data = body['data'] as Record<string, readonly Json[]>;
      return {
        status,
        type,
        keys: Object.keys(data).filter((key) => !isOld || key !== 'droppedTargetCounts'),
        active: texts(data['activeTargets']!.map(withoutTimes)),
        dropped: texts(
          data['droppedTargets']!.map(({ discoveredLabels, scrapePool }) => [
            withoutHistograms(discoveredLabels as Json),
            isOld || scrapePool,
          ]),
        ),
        counts: isOld ? undefined : data['droppedTargetCounts'],
      };
    };
    const [mine, theirs] = await ask(`targets${query}`);
    t.same(spell(mine), spell(theirs), `targets${query}`);
  }
}

async function compareMetadata(t: Test, ask: Ask, isOld: boolean): Promise<void> {
  const only = encodeURIComponent('{pod=~"virt-api.*|local"}');
  const queries = [
    'targets/metadata',
    `targets/metadata?match_target=${only}`,
    `targets/metadata?match_target=${only}&metric=only_here`,
    'targets/metadata?match_target=up',
    'targets/metadata?match_target={}',
    'targets/metadata?limit=0',
    'targets/metadata?metric=nothing',
  ];
  for (const query of queries) {
    const compare = async (): Promise<string[]> => {
      const [mine, theirs] = await ask(query);
      return differing(texts(mine.body['data']), texts(theirs.body['data'])).filter(
        (line) => !line.includes(`"${EMPTY_HELP}"`),
      );
    };
    t.same(await lastDifferences(compare), [], query);
  }
  const [all] = await ask('targets/metadata');
  t.ok((all.body['data'] as unknown[]).length > 100, 'there is something to compare');
  const byMetric = ['metadata', 'metadata?metric=only_here', 'metadata?metric=nothing', 'metadata?limit=0'];
  for (const query of byMetric) {
    const compare = async (): Promise<string[]> => {
      const [mine, theirs] = (await ask(query)).map(({ body }) =>
        Object.entries(body['data'] as Json)
          .filter(([name]) => name !== EMPTY_HELP)
          // The order of the fields is that of 3.x.
          .map(([name, list]) => [
            name,
            (list as readonly Json[]).map(({ type, unit, help }) => ({ type, unit, help })),
          ])
          .map(([name, list]) => `${name as string} ${texts(list).join(' ')}`)
          .sort(),
      ) as [string[], string[]];
      return differing(mine, theirs);
    };
    t.same(await lastDifferences(compare), [], query);
  }
  for (const query of ['metadata?limit=3', ...(isOld ? [] : ['metadata?limit=5&limit_per_metric=1'])]) {
    const counts = (await ask(query)).map(({ body }) => {
      const lists = Object.values(body['data'] as Record<string, readonly unknown[]>);
      return [lists.length, query.includes('per_metric') && Math.max(...lists.map(({ length }) => length))];
    });
    t.same(counts[0], counts[1], query);
  }
}

/** Each text that only one of the two has. */
function differing(mine: readonly string[], theirs: readonly string[]): string[] {
  const [a, b] = [new Set(mine), new Set(theirs)];
  return [
    ...mine.filter((text) => !b.has(text)).map((text) => `only here: ${text}`),
    ...theirs.filter((text) => !a.has(text)).map((text) => `only there: ${text}`),
  ];
}

async function compareErrors(t: Test, ask: Ask, isOld: boolean): Promise<void> {
  const paths = [
    'targets/metadata?limit=x',
    'targets/metadata?limit=9223372036854775808',
    'targets/metadata?limit=1_000',
    'targets/metadata?match_target={',
    // A 2.x shows the pattern with what it puts around it.
    ...(isOld ? [] : ['targets/metadata?match_target={a=~"("}']),
    'targets/metadata?match_target=a%20b',
    'metadata?limit=1.5',
    ...(isOld ? [] : ['metadata?limit_per_metric=x']),
    'nothing-here',
    'targets/nothing-here',
    'status',
  ];
  for (const path of paths) {
    const [mine, theirs] = await ask(path);
    t.same([mine.status, mine.type, mine.text], [theirs.status, theirs.type, theirs.text], path);
  }
}

async function compareStatus(t: Test, ask: Ask, isOld: boolean): Promise<void> {
  t.same(...(await ask('scrape_pools')), 'scrape_pools');
  const dataOf = async (path: string): Promise<[Json, Json]> =>
    (await ask(path)).map(({ body }) => body['data']) as [Json, Json];
  const [myConfig, theirConfig] = await dataOf('status/config');
  const pools = ({ yaml }: Json): string[] =>
    (parse(String(yaml)) as { scrape_configs: { job_name: string }[] }).scrape_configs.map(
      ({ job_name }) => job_name,
    );
  t.same([Object.keys(myConfig), pools(myConfig)], [Object.keys(theirConfig), pools(theirConfig)]);
  const kinds = (data: Json): unknown =>
    Object.entries(data)
      .map(([key, value]) => `${key} ${typeof value}`)
      .sort();
  const [myBuild, theirBuild] = await dataOf('status/buildinfo');
  t.same(kinds(myBuild), kinds(theirBuild), 'status/buildinfo');
  const [myRuntime, theirRuntime] = await dataOf('status/runtimeinfo');
  if (isOld) t.ok(new Set(Object.keys(myRuntime)).isSupersetOf(new Set(['startTime', 'CWD'])));
  else t.same(kinds(myRuntime), kinds(theirRuntime), 'status/runtimeinfo');
  const flags = (await dataOf('status/flags')).map(
    (data) => new Set(Object.values(data).map((one) => typeof one)),
  );
  t.same(flags[0], flags[1], 'status/flags');
}

async function compareHeaders(t: Test, url: string, { url: other }: Prometheus): Promise<void> {
  for (const method of ['GET', 'OPTIONS']) {
    const spell = async (base: string): Promise<unknown> => {
      const answer = await fetch(`${base}/api/v1/scrape_pools`, {
        method,
        headers: { origin: ORIGIN },
      });
      await answer.text();
      // Some versions name the origin that asks, for the same.
      const cors = [...answer.headers]
        .filter(([name]) => name.startsWith('access-control-'))
        .map(([name, value]) => `${name}: ${value === ORIGIN ? '*' : value}`);
      const vary = (answer.headers.get('vary') ?? '').split(', ').includes('Origin');
      return { status: answer.status, cors: cors.sort(), vary };
    };
    t.same(await spell(url), await spell(other), `headers of ${method}`);
  }
}
