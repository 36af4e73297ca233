import t from 'tap';
import type { Test } from 'tap';
import type { Dispatcher } from 'undici';
import { BodyReader } from '../../src/exposition/body-reader.ts';
import type { LabelRules } from '../../src/exposition/label-rules.ts';
import { Workshop } from '../../src/exposition/workshop.ts';
import type { Connection } from '../../src/scrape/connection.ts';
import { Exchange } from '../../src/scrape/exchange.ts';
import { rulesOf } from '../exposition/fixture.ts';

/** About 8 MB. */
const LARGE = Buffer.from('a_metric{text="something that takes a little room"} 1\n'.repeat(150_000));
const SMALL = Buffer.from('a_metric 1\n'.repeat(1000));

/** An exchange whose answer comes as the test says. */
interface Answering {
  /** The body arrives in pieces of that size, by default in one. A piece that comes while the connection pauses waits. */
  receive(body: Buffer, pieceBytes?: number): void;
  /** How often it let others have their turn so far. */
  readonly pauses: number;
  readonly ended: boolean;
  /** What the connection keeps of the head: views of what was read. */
  readonly rawHeaders: readonly Buffer[];
  /** Fulfilled when the exposition is there. */
  readonly done: Promise<unknown>;
}

function begin(shop: Workshop, rules: LabelRules, onPause: () => void = () => undefined): Answering {
  let handler: Dispatcher.DispatchHandler | undefined;
  const state = { pauses: 0, isPaused: false, ended: false };
  let waiting: (() => void)[] = [];
  const rawHeaders = [Buffer.from('content-type'), Buffer.from('text/plain')];
  const controller = {
    rawHeaders,
    pause: () => {
      state.isPaused = true;
      state.pauses++;
      onPause();
    },
    resume: () => {
      state.isPaused = false;
      deliver();
    },
  } as unknown as Dispatcher.DispatchController;
  function deliver(): void {
    while (!state.isPaused && waiting.length > 0) waiting.shift()!();
  }
  const connection = {
    dispatch: (_request: unknown, given: Dispatcher.DispatchHandler) => (handler = given),
    close: () => (waiting = []),
  } as unknown as Connection;
  const exchange = new Exchange({
    connection,
    request: { path: '/metrics', method: 'GET' },
    followRedirects: true,
    chain: [],
    read: (head) => new BodyReader(shop, rules, { ...head, limit: Number.POSITIVE_INFINITY }),
  });
  const done = exchange.run().finally(() => (state.ended = true));
  return {
    get pauses() {
      return state.pauses;
    },
    get ended() {
      return state.ended;
    },
    done,
    rawHeaders,
    receive(body, pieceBytes = body.length) {
      handler!.onResponseStart!(controller, 200, {}, 'OK');
      for (let at = 0; at < body.length; at += pieceBytes) {
        const piece = body.subarray(at, at + pieceBytes);
        waiting.push(() => handler!.onResponseData!(controller, piece));
      }
      waiting.push(() => handler!.onResponseEnd!(controller, {}));
      deliver();
    },
  };
}

t.test('what is young and hangs on what is old stays: nothing is left in the list of the head', async (t) => {
  const exchange = begin(new Workshop(), rulesOf());
  t.equal(exchange.rawHeaders.length, 2);
  exchange.receive(SMALL);
  t.strictSame(exchange.rawHeaders, []);
  await exchange.done;
});

/** A clock that goes on by a millisecond whenever somebody looks, so that turns have a length that depends on nothing else. */
function countingClock(t: Test): void {
  let now = 0;
  t.intercept(performance, 'now', { value: () => (now += 1) });
}

t.test(
  'a small body that arrives while a large one is worked off is done before its next turn',
  async (t) => {
    countingClock(t);
    const shop = new Workshop();
    const rules = rulesOf();
    const found: { readonly at: number; readonly doneAt: number; readonly largeEnded: boolean }[] = [];
    const all: Promise<unknown>[] = [];
    const large = begin(shop, rules, () => {
      const { pauses: at } = large;
      // As it would come from a socket, between two turns.
      process.nextTick(() => {
        const small = begin(shop, rules);
        small.receive(SMALL, 4096);
        all.push(small.done.then(() => found.push({ at, doneAt: large.pauses, largeEnded: large.ended })));
      });
    });
    large.receive(LARGE);
    await large.done;
    await Promise.all(all);
    t.ok(large.pauses >= 4, `the large one has ${large.pauses} turns`);
    t.equal(found.length, large.pauses);
    for (const { at, doneAt, largeEnded } of found) {
      t.equal(doneAt, at, 'no turn of the large one came between');
      t.notOk(largeEnded);
    }
  },
);

t.test('large bodies take turns', async (t) => {
  countingClock(t);
  const shop = new Workshop();
  const order: number[] = [];
  const large = [0, 1, 2].map((i) => begin(shop, rulesOf(), () => order.push(i)));
  for (const one of large) one.receive(LARGE);
  await Promise.all(large.map(({ done }) => done));
  const turns = large[0]!.pauses;
  t.ok(turns >= 4);
  t.same(
    order,
    Array.from({ length: 3 * turns }, (_, i) => i % 3),
    'one after the other, each as often as the others',
  );
});

t.test('the event loop goes round between two turns, whosever they are', async (t) => {
  countingClock(t);
  const shop = new Workshop();
  let rounds = 0;
  let isOver = false;
  const count = (): void => {
    rounds++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const at: number[] = [];
  const large = [0, 1, 2].map(() => begin(shop, rulesOf(), () => at.push(rounds)));
  for (const one of large) one.receive(LARGE);
  await Promise.all(large.map(({ done }) => done));
  isOver = true;
  const later = at.slice(large.length);
  t.ok(later.length >= 9);
  t.equal(new Set(later).size, later.length, 'but for the first turns, which begin as the bodies come');
});
