import { constants, inflateRawSync } from 'node:zlib';
import t from 'tap';
import { NO_LIMITS } from '../../src/config/limits-section.ts';
import type { Outcome } from '../../src/scrape/outcome.ts';
import { MemoryLedger } from '../../src/worker/memory-ledger.ts';
import { WorkerThread } from '../../src/worker/worker-thread.ts';
import { RowReader } from '../../src/merge/share-part.ts';
import type { SurveyPage } from '../../src/merge/survey.ts';
import { namesIn } from '../merge/fixture.ts';
import { startPlainPod } from '../round/fixture.ts';

/** A worker that knows one target, and the outcomes of its scrapes. */
function startWorker(url: string) {
  const waiting = new Map<number, (outcome: Outcome) => void>();
  const ledger = new MemoryLedger({ limit: 1e9 });
  const crashed = Promise.withResolvers<Error>();
  const worker = new WorkerThread(
    {
      userAgent: 'test/1',
      thread: 0,
      ledger: ledger.options,
    },
    {
      memoryShort: () => {},
      scraped: (scrape, outcome) => waiting.get(scrape)?.(outcome),
      crashed: crashed.resolve,
    },
  );
  const target = {
    id: 1,
    url,
    labels: [],
    honorLabels: true,
    honorTimestamps: true,
    enableCompression: true,
    followRedirects: true,
    limits: NO_LIMITS,
    tls: { insecureSkipVerify: true },
  };
  worker.post({ type: 'targets', added: [target], removed: [] });
  const scrape = (id: number): Promise<Outcome> =>
    new Promise((resolve) => {
      waiting.set(id, resolve);
      worker.scrape({ target: 1, scrape: id, told: { timeoutSeconds: 10, chain: [] } });
    });
  return { worker, scrape, ledger, crashed: crashed.promise };
}

/** The families of a survey of one page, in its order. */
function allOf(page: SurveyPage): Int32Array<ArrayBuffer> {
  return Int32Array.from(namesIn([page]), (_, i) => i);
}

t.test('metadata of what was exposed last', async (t) => {
  await using pod = await startPlainPod({ body: () => '# TYPE a gauge\na 1\n' });
  const { worker, scrape, crashed } = startWorker(pod.url);
  await using _worker = worker;
  t.same(await worker.metadata(), { families: [], lists: [], targets: [] });
  await scrape(1);
  t.match(await worker.metadata(), { families: [{ name: 'a', type: 'gauge', help: '' }], targets: [[1, 0]] });
  worker.post({ type: 'targets', added: [], removed: [1] });
  t.match(await worker.metadata(), { families: [], targets: [] });
  const ending = worker.crash();
  await t.rejects(worker.metadata(), /ended with code/, 'who waits is told');
  await Promise.all([ending, crashed]);
  await t.rejects(worker.metadata(), /the worker thread has ended/);
});

t.test('expositions are kept until they are released', async (t) => {
  await using pod = await startPlainPod();
  const { worker, scrape } = startWorker(pod.url);
  await using _worker = worker;
  const first = await scrape(1);
  const second = await scrape(2);
  t.match([first, second], [{ up: true }, { up: true }]);
  const names = async (answer: number, id: number): Promise<string[]> => {
    return namesIn([await worker.survey(answer, [{ target: 1, scrape: id, outcome: first }], [])]);
  };
  t.ok((await names(1, 1)).includes('a_metric'));
  worker.drop(1);
  worker.post({ type: 'release', scrapes: [1, 99] });
  await t.rejects(names(2, 1), { message: /exposition of scrape 1 is gone/ }, 'an answer, not a crash');
  t.ok((await names(3, 2)).includes('a_metric'), 'the other is still there');
});

t.test('what an open answer reads stays as it is, whatever is released and scraped meanwhile', async (t) => {
  const bodies = [1, 2, 3, 4].map((value) => `${`a_metric{v="${value}"} ${value}\n`.repeat(9)}b ${value}\n`);
  let count = 0;
  await using pod = await startPlainPod({ body: () => bodies[count++]! });
  const { worker, scrape } = startWorker(pod.url);
  await using _worker = worker;
  /** What the worker has of the samples that one scrape found. */
  const begin = async (id: number): Promise<() => Promise<string>> => {
    const entries = [{ target: 1, scrape: id, outcome: await scrape(id), unreported: true } as const];
    const order = allOf(await worker.survey(id, entries, []));
    return async () => {
      worker.compose(id, order);
      const { bytes } = await worker.nextPart(id);
      worker.drop(id);
      return inflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH })
        .toString()
        .replaceAll('job="",', '');
    };
  };
  const want = (id: number): string =>
    bodies[id - 1]!.replaceAll('{', '{instance="",').replace('b ', 'b{instance="",job=""} ');
  const first = await begin(1);
  const same = await worker.survey(99, [{ target: 1, scrape: 1, outcome: await scrape(2) }], []);
  t.ok(namesIn([same]).includes('b'));
  worker.post({ type: 'release', scrapes: [1, 2] });
  const third = await begin(3);
  t.equal(await first(), want(1), 'released, and others came since');
  worker.drop(99);
  const fourth = await begin(4);
  t.equal(await third(), want(3));
  t.equal(await fourth(), want(4), 'and what was filled again is right');
});

t.test(
  'what is left for the next body is counted, and given up when memory is short or the target goes',
  async (t) => {
    const body = Array.from({ length: 100 }, (_, i) => `family_${i}{text="${'x'.repeat(200)}"} 1\n`).join('');
    await using pod = await startPlainPod({ body: () => body });
    const { worker, scrape, ledger } = startWorker(pod.url);
    await using _worker = worker;
    /** The last reply comes when all requests before it are done. */
    const held = async (): Promise<number> => {
      await worker.metadata();
      return ledger.held;
    };
    await scrape(1);
    const whole = await held();
    worker.post({ type: 'release', scrapes: [1] });
    const left = await held();
    t.ok(left > 0 && left <= whole, `${left} bytes of ${whole}`);
    await scrape(2);
    t.ok((await held()) <= whole, 'the next body has it, so it is there once');
    worker.post({ type: 'release', scrapes: [2] });
    worker.post({ type: 'collect', when: 'now' });
    t.equal(await held(), 0);
    await scrape(3);
    worker.post({ type: 'release', scrapes: [3] });
    t.equal(await held(), left);
    worker.post({ type: 'targets', added: [], removed: [1] });
    t.equal(await held(), 0);
  },
);

t.test('an answer comes part by part, several side by side', async (t) => {
  const body = Array.from({ length: 60_000 }, (_, i) => `a_metric{n="${(i * 7919) % 60_000}"} ${i}\n`).join(
    '',
  );
  await using pod = await startPlainPod({ body: () => body });
  const { worker, scrape } = startWorker(pod.url);
  await using _worker = worker;
  const entries = [{ target: 1, scrape: 1, outcome: await scrape(1) }];
  const orders: Int32Array[] = [];
  for (const answer of [1, 2]) {
    const order = allOf(await worker.survey(answer, entries, []));
    orders.push(order.slice());
    worker.compose(answer, order);
  }
  const read = async (answer: number): Promise<number> => {
    const reader = new RowReader();
    let raw = 0;
    for (const family of orders[answer - 1]!) {
      for (let complete = false; !complete;) {
        if (!reader.ready) reader.take(await worker.nextPart(answer));
        const row = reader.next(family);
        raw += row.rawLength;
        ({ complete } = row);
      }
    }
    return raw;
  };
  const [one, two] = await Promise.all([read(1), read(2)]);
  t.equal(one, two);
  t.ok(one > body.length);
});

t.test('a survey of very many families comes page by page', async (t) => {
  const names = Array.from({ length: 20_000 }, (_, i) => `family_${(i * 7919) % 20_000}`);
  const body = names.map((name) => `${name} 1\n`).join('');
  await using pod = await startPlainPod({ body: () => body });
  const { worker, scrape } = startWorker(pod.url);
  await using _worker = worker;
  const entries = [{ target: 1, scrape: 1, outcome: await scrape(1) }];
  const pages = [await worker.survey(1, entries, [])];
  const dropped = worker.survey(2, entries, []);
  while (!pages.at(-1)!.last) pages.push(await worker.nextPage(1));
  t.equal(pages.length, 5);
  t.strictSame(
    namesIn(pages).filter((name) => name.startsWith('family_')),
    names.toSorted(),
    'by name',
  );
  await dropped;
  worker.drop(2);
  await t.rejects(worker.nextPage(2), { message: /ended/ }, 'one that was dropped has no more');
});

t.test('a thread that ends unasked', async (t) => {
  await using pod = await startPlainPod();
  const { worker, scrape, crashed } = startWorker(pod.url);
  await using _worker = worker;
  const entries = [{ target: 1, scrape: 1, outcome: await scrape(1) }];
  worker.compose(1, allOf(await worker.survey(1, entries, [])));
  await worker.nextPart(1);
  const waiting = worker.nextPart(1);
  const crash = worker.crash();
  const surveying = worker.survey(2, entries, []);
  await Promise.all([
    crash,
    t.rejects(waiting, { message: /ended/ }, 'who waits for a part is told'),
    t.rejects(surveying, { message: /ended/ }, 'who waits for a survey too'),
  ]);
  t.match(await crashed, { message: /the worker thread ended with code/ });
  await t.rejects(worker.nextPart(1), { message: /ended/ }, 'and who comes later');
  await t.rejects(worker.survey(3, entries, []), { message: /ended/ });
  worker.drop(1);
});

t.test('one that is ended on purpose is no crash', async (t) => {
  await using pod = await startPlainPod();
  const { worker, scrape, crashed } = startWorker(pod.url);
  const entries = [{ target: 1, scrape: 1, outcome: await scrape(1) }];
  const surveying = worker.survey(1, entries, []);
  surveying.catch(() => undefined);
  await worker[Symbol.asyncDispose]();
  await surveying.catch((error: Error) => t.match(error.message, /ending/));
  const told = await Promise.race([crashed, Promise.resolve('nothing')]);
  t.equal(told, 'nothing');
});
