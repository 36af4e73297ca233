import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { createRandom, type Random } from '../../simulator/random.ts';
import type { Labels } from '../../src/discovery/target.ts';
import { REPORT_FAMILIES } from '../../src/merge/report.ts';
import { PlanMemory } from '../../src/round/plan-memory.ts';
import { prepareAnswer } from '../../src/round/prepare-answer.ts';
import { ReportAnswers, selectReport } from '../../src/round/report-answers.ts';
import type { Round, Scraper } from '../../src/round/scraper.ts';
import { FAILURE_REASONS, type FailureReason } from '../../src/scrape/failure.ts';
import type { Outcome } from '../../src/scrape/outcome.ts';
import { readMatchers, readSelector, type Matcher, type Selector } from '../../src/selector/selector.ts';
import { ask, pools, setOf, startPlainPod, startPods, startScraper, targetOf } from './fixture.ts';

const SEEDS = 250;
const PODS = 9;
const NAMES = ['namespace', 'exported_namespace', 'pod', 'reason', 'exported_reason', 'le', 'up', 'job'];
const VALUES = ['a', 'b', '', 'a"b\\c\nd', 'naïve 💡', 'up', 'x=', '1,namespace="a"', 'timeout'];

/** The answer of the workers, as text. */
async function workersText(round: Round, selectors: readonly Selector[]): Promise<string> {
  const { answer, whole } = await prepareAnswer({ round, selectors, plans: new PlanMemory() }, 1e9);
  answer[Symbol.dispose]();
  return gunzipSync(whole!).toString();
}

/** The same, as whoever asks gets it. */
async function text(scraper: Scraper, round: Round, selectors: readonly Selector[]): Promise<string> {
  const { bytes, rawLength } = await scraper.answers.get({ round, selectors, plans: new PlanMemory() });
  const inflated = gunzipSync(bytes!);
  if (inflated.length !== rawLength) throw new Error(`${rawLength} bytes were told, not ${inflated.length}`);
  return inflated.toString();
}

function randomLabels(random: Random, i: number): Labels {
  const labels = new Map([['instance', `i${i}`]]);
  for (const name of NAMES) if (random.next() < 0.4) labels.set(name, random.pick(VALUES));
  return [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
}

function randomSelector(random: Random): Selector {
  const name = random.pick(REPORT_FAMILIES).name;
  const matchers: Matcher[] = [{ name: '__name__', op: '=', value: name }];
  for (let i = random.whole(0, 2); i > 0; i--) {
    const op = random.pick(['=', '!=', '=~', '!~'] as const);
    const value = random.pick(
      op.length === 1 ? VALUES : ['a|b', '.*', '.+', '', 'up.*', '[a-n].*', 'time.*'],
    );
    matchers.push({ name: random.pick([...NAMES, 'instance', '__name__']), op, value });
  }
  return random.next() < 0.5 ? matchers : matchers.toReversed();
}

/** A round in which some of the targets stand otherwise. */
function randomRound(random: Random, round: Round): Round {
  const shares = round.shares().map(({ worker, entries }) => ({
    worker,
    entries: entries.map((entry) => {
      const reason = random.next() < 0.2 ? undefined : random.pick(Object.keys(FAILURE_REASONS));
      const fails = random.next() < 0.3;
      const outcome: Outcome = {
        ...entry.outcome,
        durationSeconds: random.pick([0, 1e-9, 1 / 3, 12.5, 1e21]),
        samples: random.whole(0, 1e6),
        samplesPost: random.whole(0, 1e6),
        ...(fails && { up: false }),
        ...(fails && reason !== undefined && { reason: reason as FailureReason }),
      };
      return { ...entry, outcome, ...(random.next() < 0.1 && { unreported: true as const }) };
    }),
  }));
  return { ...round, shares: () => shares };
}

t.test('an answer that has report series only is the one that the workers make', async (t) => {
  const random = createRandom(7);
  await using pods = await startPods(PODS, [{ kind: 'status', status: 500 }, { kind: 'refuse' }]);
  await using scraper = await startScraper(pods, {
    reuseMs: 600_000,
    maxWorkers: 3,
    pools: new Map([...pools, ['other', { ...pools.get('job')!, jobName: 'other', honorLabels: false }]]),
  });
  let lines = 0;
  let empty = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    if (seed % 25 === 0) {
      const targets = pods.map((pod, i) => {
        const labels = randomLabels(random, i);
        return targetOf(pod, {
          labels,
          key: JSON.stringify(labels),
          scrapePool: random.pick(['job', 'other']),
        });
      });
      scraper.setTargets(setOf(targets));
    }
    using real = await ask(scraper);
    const round = seed % 5 === 0 ? real : randomRound(random, real);
    const selectors = Array.from({ length: random.whole(1, 3) }, () => randomSelector(random));
    const want = await workersText(round, selectors);
    const got = await text(scraper, round, selectors);
    lines += got.split('\n').length - 1;
    if (got === '') empty++;
    if (got !== want) t.equal(got, want, `${seed}: ${JSON.stringify(selectors)}`);
  }
  t.ok(lines > SEEDS * 5, `${lines} lines were compared`);
  t.ok(empty > 0 && empty < SEEDS / 2, `${empty} answers had none`);
});

t.test('no worker is asked', async (t) => {
  await using pods = await startPods(3);
  await using scraper = await startScraper(pods);
  using round = await ask(scraper);
  const alone: Round = {
    ...round,
    shares: () => round.shares().map(({ entries }) => ({ entries, worker: undefined as never })),
  };
  const got = await text(scraper, alone, [readSelector('up')]);
  t.equal(got.match(/^up\{/gm)?.length, 3);
  t.match(got, /^# HELP up .*\n# TYPE up gauge\nup\{/);
});

t.test('what a target exposes under such a name is in it', async (t) => {
  const cases: [body: string, want: RegExp, exposes: boolean][] = [
    ['# HELP up Mine.\nup{own="1"} 7\n', /^up\{[^}]*own="1"\} 7$/m, true],
    ['other 1\nscrape_samples_scraped{own="1"} 7\n', /^up\{/m, true],
    ['# HELP a_metric up\na_metric 1\n', /^up\{/m, false],
    ['# TYPE up gauge\na_metric 1\n', /^up\{/m, false],
  ];
  const pods = await Promise.all(cases.map(([body]) => startPlainPod({ body: () => body })));
  await using plain = await startPlainPod();
  await using scraper = await startScraper([plain, ...pods]);
  for (const [i, [body, want, exposes]] of cases.entries()) {
    using round = await ask(scraper, 20_000, { targets: [scraper.targets[0]!, scraper.targets[i + 1]!] });
    t.same(
      round.entries.map(({ outcome }) => outcome.reportNames ?? false),
      [false, exposes],
      body,
    );
    const selectors = [readSelector('up')];
    const got = await text(scraper, round, selectors);
    t.match(got, want, body);
    t.equal(got, await workersText(round, selectors), body);
    t.equal(new ReportAnswers().make(round, selectors) === undefined, exposes, body);
  }
  await Promise.all(pods.map((pod) => pod[Symbol.asyncDispose]()));
});

t.test('which selectors select report series only', (t) => {
  const cases: [selectors: string[], want: boolean][] = [
    [['up'], true],
    [['up{namespace="a"}', '{__name__="scrape_failure_reason",reason!="tls"}'], true],
    [['{__name__="up",__name__=~"a.*"}'], true],
    [[], false],
    [['up', 'a_metric'], false],
    [['{__name__=~"up"}'], false],
    [['{__name__!="up"}'], false],
    [['{job="up"}'], false],
    [['up_down'], false],
  ];
  for (const [texts, want] of cases)
    t.equal(selectReport(texts.map((text) => readMatchers(text))), want, texts.join(' '));
  t.end();
});
