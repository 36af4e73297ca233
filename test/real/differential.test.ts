import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import t from 'tap';
import type { Test } from 'tap';

import { CORPUS_MISSING, corpusBodies } from '../exposition/corpus.ts';
import { podFixtures } from './bodies.ts';
import { generatedOpenMetrics, generatedText } from './differential-bodies.ts';
import { compareStates, FIXTURE, readSettled, scrapedSince, VARIANT } from './differential-compare.ts';
import type { State } from './differential-compare.ts';
import { KNOWN_DIFFERENCES, witnesses } from './differential-known.ts';
import type { Format, Found, KnownDifference } from './differential-known.ts';
import { startPods } from './differential-pods.ts';
import { wrongTypes } from './differential-types.ts';
import { startGateway } from './gateway.ts';
import { startPair } from './pair.ts';
import type { Pair } from './pair.ts';
import { findPrometheus, PROMETHEUS_MISSING } from './prometheus.ts';

// Other seeds, and more of what differs, for whoever looks for trouble.
const SEEDS = Number(process.env['DIFFERENTIAL_SEEDS'] ?? 120);
const FIRST_SEED = Number(process.env['DIFFERENTIAL_FIRST_SEED'] ?? 1);
const MOST_SHOWN = Number(process.env['DIFFERENTIAL_SHOWN'] ?? 30);
/** What `promtool check metrics` ends with when it could read everything and has only names and units to complain of. */
const LINT_ONLY = 3;
/** Everything is scraped once in so many seconds. */
const SECONDS = 8;

interface Fixture {
  readonly name: string;
  readonly text?: Buffer;
  readonly openMetrics?: Buffer;
}

/** The corpus, what the generator makes of the seeds, and healthy pods. Timestamps count from `nowMs`. */
function fixtures(nowMs: number): readonly Fixture[] {
  const corpus = (CORPUS_MISSING === false ? corpusBodies() : []).map(({ file, body }) => ({
    name: file,
    text: body,
    // These were written for a parser of OpenMetrics.
    ...(/^om(parse)?_/.test(file) ? { openMetrics: body } : {}),
  }));
  const healthy = podFixtures(nowMs).filter(({ behaviour }) => behaviour === undefined);
  const seeds = Array.from({ length: SEEDS }, (_, n) => FIRST_SEED + n);
  return [
    ...corpus,
    ...seeds.map((seed) => ({ name: `text-${seed}`, text: generatedText(seed, nowMs) })),
    ...seeds.map((seed) => ({ name: `openmetrics-${seed}`, openMetrics: generatedOpenMetrics(seed, nowMs) })),
    ...healthy.map(({ name, body }) => ({ name: `${HEALTHY}${name}`, text: Buffer.from(body) })),
    ...witnesses(),
  ];
}

const HEALTHY = 'healthy-';

/** One job: how it reads the bodies of a format, and which of them. */
interface Variant {
  readonly job_name: string;
  readonly format: Format;
  readonly honor_labels: boolean;
  readonly honor_timestamps?: boolean;
  readonly only?: RegExp;
}

const VARIANTS: readonly Variant[] = [
  { job_name: 'text', format: 'text', honor_labels: true },
  { job_name: 'text-renamed', format: 'text', honor_labels: false },
  // What has no timestamps of its own says nothing new here.
  { job_name: 'text-untimed', format: 'text', honor_labels: true, honor_timestamps: false, only: /^text-/ },
  { job_name: 'openmetrics', format: 'openMetrics', honor_labels: true },
  { job_name: 'openmetrics-renamed', format: 'openMetrics', honor_labels: false },
];

const CONTENT_TYPES = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openMetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

const programs = findPrometheus();

await t.test('the corpus is among the bodies', { skip: CORPUS_MISSING }, async (t) => {
  t.ok(corpusBodies().length > 100);
});

await t.test(
  'every body is accepted and stored alike',
  { skip: programs.length === 0 ? PROMETHEUS_MISSING : false },
  async (t) => {
    await using running = new AsyncDisposableStack();
    const nowMs = Date.now();
    const bodies = fixtures(nowMs);
    const pods = running.use(
      await startPods(bodies.length, (pod, request) => {
        const format = request.url === '/openMetrics' ? 'openMetrics' : 'text';
        const body = bodies[pod]![format] ?? '';
        const headers = { 'content-type': CONTENT_TYPES[format] };
        if (pod % 2 === 0) return { headers, body };
        return { headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipSync(body) };
      }),
    );
    const jobs = VARIANTS.map(({ format, only, ...job }) => ({
      ...job,
      metrics_path: `/${format}`,
      static_configs: bodies.flatMap((body, pod) =>
        body[format] === undefined || only?.test(body.name) === false
          ? []
          : [{ targets: [pods.addresses[pod]!], labels: { [FIXTURE]: body.name, [VARIANT]: job.job_name } }],
      ),
    }));
    const count = jobs.reduce((sum, job) => sum + job.static_configs.length, 0);
    const folder = await mkdtemp(join(tmpdir(), 'differential-'));
    running.defer(() => rm(folder, { recursive: true, force: true }));
    const global = { scrape_interval: `${SECONDS}s`, scrape_timeout: `${SECONDS}s` };
    await writeFile(join(folder, 'jobs.yml'), stringify({ global, scrape_configs: jobs }));
    const gateway = running.use(await startGateway(join(folder, 'jobs.yml')));
    const pairs = await Promise.all(programs.map((program) => startPair(program, jobs, gateway, { global })));
    for (const pair of pairs) running.use(pair);

    // A store takes whatever timestamp comes first; when it has seen today's, it takes none that is an hour older.
    for (const { direct, through } of pairs)
      for (const one of [direct, through]) await scrapedSince(one, count, nowMs);
    const openMs = pods.open();
    for (const pair of pairs)
      await t.test(`Prometheus ${pair.direct.program.version}`, async (t) => {
        const [direct, through] = await readSettled(pair, [count, count], nowMs, openMs);
        compareAll(t, pair.direct.program.version, direct, through, bodies);
        compareHealthy(t, direct, through);
        await compareTypes(t, pair, direct);
        // It would go on scraping while the next one is read.
        await pair[Symbol.asyncDispose]();
      });
    const answer = await (await fetch(`${gateway.url}/metrics`)).text();
    for (const { promtool, version } of programs.filter((program) => program.promtool !== undefined))
      await t.test(`promtool ${version} reads the answer`, async (t) => {
        const checked = spawnSync(promtool!, ['check', 'metrics'], { input: answer, encoding: 'utf8' });
        t.ok([0, LINT_ONLY].includes(checked.status ?? -1), checked.stderr.slice(0, 300));
      });
  },
);

function compareAll(
  t: Test,
  version: string,
  direct: State,
  through: State,
  bodies: readonly Fixture[],
): void {
  const known = KNOWN_DIFFERENCES.filter(({ versions }) => version.startsWith(versions));
  const differences = compareStates(direct, through);
  const seen = new Map<KnownDifference, string[]>();
  for (const { job_name, format, honor_labels } of VARIANTS) {
    const [up, down] = ['1', '0'].map((health) => countOf(direct, `${job_name} `, health));
    t.ok(up! > 40 && down! > 40, `${job_name}: ${up} bodies are accepted, ${down} are refused`);
    const unknown: Found[] = [];
    for (const difference of differences.filter(({ target }) => target.startsWith(`${job_name} `))) {
      const name = difference.target.slice(job_name.length + 1);
      const body = bodies.find((one) => one.name === name)?.[format]?.toString('latin1') ?? '';
      const [a, b] = [direct.get(difference.target), through.get(difference.target)];
      const found = { difference, direct: a, through: b, format, honorLabels: honor_labels, body };
      const reason = known.find((one) => one.applies(found));
      if (reason === undefined) unknown.push(found);
      else seen.set(reason, [...(seen.get(reason) ?? []), name]);
    }
    // A line each: a diff of hundreds is read by nobody.
    for (const one of unknown.slice(0, MOST_SHOWN)) t.fail(show(one));
    t.equal(unknown.length, 0, `${job_name}: the same verdict, counts and samples`);
  }
  for (const one of known) {
    const names = seen.get(one) ?? [];
    t.ok(names.includes(one.witness), `known to differ: ${one.why} (${names.length} bodies)`);
  }
}

function countOf(state: State, prefix: string, health: string): number {
  return [...state].filter(([key, { report }]) => key.startsWith(prefix) && report.get('up') === health)
    .length;
}

function show({ difference: { target, lines }, body }: Found): string {
  return `${target} ${JSON.stringify(body.slice(0, 800))}: ${lines.slice(0, 8).join('; ')}`;
}

/** Whatever the others sent: what healthy pods said is all there. */
function compareHealthy(t: Test, direct: State, through: State): void {
  const healthy = [...through].filter(([key]) => key.startsWith(`text ${HEALTHY}`));
  t.ok(healthy.length >= 8, `${healthy.length} healthy pods`);
  for (const [key, { report, samples }] of healthy) {
    t.equal(report.get('up'), '1', `${key} is up`);
    t.equal(samples.size, direct.get(key)?.samples.size, `${key} is complete: ${samples.size} series`);
  }
}

/** Type and HELP of every family of text whose targets, those that are up and have samples in it, all say the same. */
async function compareTypes(t: Test, pair: Pair, direct: State): Promise<void> {
  const wrong = await wrongTypes(pair, direct);
  t.ok(wrong.compared > 30, `${wrong.compared} families have one type and HELP`);
  for (const line of wrong.lines.slice(0, MOST_SHOWN)) t.fail(line);
  t.equal(wrong.lines.length, 0, 'the same type and HELP');
}
