import t from 'tap';
import { until } from '../discovery/fixture.ts';
import type { Pod } from '../../simulator/pod.ts';
import type { Round, Scraper, ScraperOptions } from '../../src/round/scraper.ts';
import {
  ask,
  gate,
  setOf,
  startPlainPod,
  startPods,
  startScraper,
  states,
  targetOf,
  textOf,
  type TestScraper,
} from './fixture.ts';

const SMALL = 30;
/** About 3 MB. */
const LARGE = 'a_metric{text="something that takes a little room"} 1\n'.repeat(60_000);

interface Cluster extends AsyncDisposable {
  /** The pods of small bodies, which say their number. */
  readonly small: readonly Pod[];
  readonly all: readonly Pod[];
  readonly scraper: TestScraper;
}

/** 30 pods of small bodies, with the given ones at both ends. */
async function startCluster(
  first: Pod[],
  last: Pod[] = [],
  options: Partial<ScraperOptions> = {},
): Promise<Cluster> {
  await using stack = new AsyncDisposableStack();
  const small = stack.use(await startPods(SMALL));
  const all = [...first, ...small, ...last];
  const scraper = stack.use(await startScraper(all, { maxWorkers: 2, ...options }));
  const owned = stack.move();
  return { small, all, scraper, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** How many targets each worker has, in the order of the targets; more than one number for a worker when it has no run. */
function runs({ targets }: Scraper): [worker: number, targets: number][] {
  const found: [number, number][] = [];
  for (const { worker } of targets) {
    const last = found.at(-1);
    if (last?.[0] === worker) last[1]++;
    else found.push([worker, 1]);
  }
  return found;
}

/** The numbers of the small pods, as their samples come. */
async function order(round: Round): Promise<number[]> {
  const text = await textOf(round);
  return [...text.matchAll(/pod_number="(\d+)"/g)].map(([, number]) => Number(number));
}

/** Until the scraper has looked whether to spread its targets anew, after a round: timers of the same length keep their order. */
function afterLook(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

const inOrder = Array.from({ length: SMALL }, (_, i) => i);

t.test('targets move after the first scrape, when it is known what they cost', async (t) => {
  await using large = await startPlainPod({ body: () => LARGE, gzip: false });
  await using cluster = await startCluster([large]);
  const { scraper, small } = cluster;
  t.same(runs(scraper), [
    [0, 15],
    [1, 16],
  ]);
  const before = await ask(scraper);
  await until(() => runs(scraper)[0]?.[1] === 1);
  t.same(runs(scraper), [
    [0, 1],
    [1, SMALL],
  ]);
  t.same(await order(before), inOrder, 'an answer that is written meanwhile has what was scraped');
  before[Symbol.dispose]();
  t.equal(scraper.scrapesKept, 0);
  for (let i = 0; i < 3; i += 1) {
    using round = await ask(scraper);
    t.ok(states(round).every((state) => state === 'up'));
    t.same(await order(round), inOrder, 'the order of series is that of the targets');
  }
  const moved = (pod: Pod): boolean => pod.requests.connections === 2;
  t.same(
    small.map((pod) => moved(pod)),
    inOrder.map((i) => i < 14),
    'those that stayed keep their connections',
  );
  t.notOk(moved(large));
  t.equal(large.requests.peak, 1);
  t.ok(
    scraper.targets.every(({ last }) => last?.outcome.up),
    'what is known of a target goes with it',
  );
  t.ok(
    scraper.targets.every(({ history }) => history.list().length === 4),
    'and its history',
  );
});

t.test('a target that is being scraped does not move, and nothing comes between', async (t) => {
  await using large = await startPlainPod({ body: () => LARGE, gzip: false });
  await using cluster = await startCluster([large]);
  const { scraper, small, all } = cluster;
  const { behaviour, open } = gate();
  await small[1]!.behave(behaviour);
  const patient = ask(scraper);
  await until(() => scraper.scrapesInFlight === 1);
  // Its round ends, the scrape goes on.
  using impatient = await ask(scraper, 1, { targets: [scraper.targets[2]!] });
  t.same(states(impatient), ['timeout']);
  await until(() => runs(scraper)[0]?.[1] !== 15);
  const wanted = [
    [0, 3],
    [1, 28],
  ];
  t.same(runs(scraper), wanted, 'it is the last of its run');
  scraper.setTargets(setOf(all.map((pod) => targetOf(pod))));
  t.same(runs(scraper), wanted, 'the same targets again change nothing');
  const late = ask(scraper);
  open();
  for (const asked of [patient, late]) {
    using round = await asked;
    t.ok(states(round).every((state) => state === 'up'));
    t.same(await order(round), inOrder);
  }
  t.match(small[1]!.requests, { count: 1, peak: 1, connections: 1 });
});

t.test('targets move once in a while only', async (t) => {
  for (const spreadEveryMs of [undefined, 0]) {
    let isFirst = true;
    await using first = await startPlainPod({ body: () => (isFirst ? LARGE : '') });
    await using last = await startPlainPod({ body: () => (isFirst ? '' : LARGE) });
    await using cluster = await startCluster(
      [first],
      [last],
      spreadEveryMs === undefined ? {} : { spreadEveryMs },
    );
    const { scraper } = cluster;
    (await ask(scraper))[Symbol.dispose]();
    await until(() => runs(scraper)[0]?.[1] === 1);
    isFirst = false;
    for (let i = 0; i < 3; i += 1) {
      using round = await ask(scraper);
      await afterLook();
      t.same(await order(round), inOrder);
    }
    if (spreadEveryMs === undefined) {
      t.same(runs(scraper)[0], [0, 1], 'by default not so soon');
      scraper.setTargets(setOf(cluster.all.slice(1).map((pod) => targetOf(pod))));
      t.same(runs(scraper), [
        [0, SMALL],
        [1, 1],
      ]);
    } else {
      await until(() => runs(scraper)[0]?.[1] === SMALL + 1);
      t.same(runs(scraper)[1], [1, 1], 'else as it is worth it');
    }
  }
});

t.test('one large body does nothing', async (t) => {
  let body = '';
  await using once = await startPlainPod({ body: () => body });
  await using cluster = await startCluster([once], [], { spreadEveryMs: 0 });
  const { scraper } = cluster;
  for (const next of ['', LARGE, '', '']) {
    body = next;
    (await ask(scraper))[Symbol.dispose]();
    await afterLook();
  }
  t.same(runs(scraper), [
    [0, 15],
    [1, 16],
  ]);
  t.match(once.requests, { count: 4, connections: 1 });
});

t.test('there are as many workers as there is work for', async (t) => {
  t.test('one for few small bodies', async (t) => {
    await using pods = await startPods(10);
    await using scraper = await startScraper(pods, { maxWorkers: 8 });
    for (let i = 0; i < 3; i += 1) {
      (await ask(scraper))[Symbol.dispose]();
      await afterLook();
    }
    t.equal(scraper.workers, 1);
    t.ok(pods.every(({ requests }) => requests.connections === 1));
  });
  t.test('more for a few large ones, when they are known', async (t) => {
    const pods: Pod[] = [];
    await using stack = new AsyncDisposableStack();
    for (let i = 0; i < 3; i += 1) pods.push(stack.use(await startPlainPod({ body: () => LARGE })));
    await using scraper = await startScraper(pods, { maxWorkers: 8 });
    t.equal(scraper.workers, 1);
    (await ask(scraper))[Symbol.dispose]();
    await until(() => scraper.workers > 1);
    t.same(runs(scraper), [
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
    using round = await ask(scraper);
    t.same(states(round), ['up', 'up', 'up']);
  });
  t.test('more for many, before anything is known of them', async (t) => {
    await using pods = await startPods(60);
    await using scraper = await startScraper(pods, { maxWorkers: 8 });
    t.equal(scraper.workers, 3);
    (await ask(scraper))[Symbol.dispose]();
    scraper.setTargets(setOf(pods.slice(0, 5).map((pod) => targetOf(pod))));
    t.equal(scraper.workers, 3, 'never fewer than there were');
    using round = await ask(scraper);
    t.same(states(round), ['up', 'up', 'up', 'up', 'up']);
  });
});

t.test('a scraper that has ended starts nothing', async (t) => {
  await using large = await startPlainPod({ behaviour: { kind: 'hang', at: 'head' } });
  const scraper = await startScraper([large]);
  const asked = ask(scraper, 50);
  await large.nextRequest();
  await scraper[Symbol.asyncDispose]();
  using round = await asked;
  t.same(states(round), ['timeout']);
});
