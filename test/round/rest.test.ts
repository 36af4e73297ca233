import { mock } from 'node:test';
import t from 'tap';
import { Rest } from '../../src/round/rest.ts';

t.beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
t.afterEach(() => mock.timers.reset());

/** In small steps, since timers that begin in one step count from its end. */
function pass(ms: number): void {
  for (let at = 0; at < ms; at += 100) mock.timers.tick(100);
}

/** A rest that counts how often it began. */
function watched() {
  const state = { busy: false, begun: 0 };
  const rest = new Rest({ isBusy: () => state.busy, begun: () => state.begun++ });
  return { state, rest };
}

t.test('rest begins once, 45 seconds after the last thing that happened', async (t) => {
  const { state, rest } = watched();
  pass(600_000);
  t.equal(state.begun, 0, 'nothing has happened yet');
  rest.stir();
  pass(1000);
  rest.stir();
  pass(45_000);
  t.equal(state.begun, 0);
  pass(5000);
  t.equal(state.begun, 1);
  pass(600_000);
  t.equal(state.begun, 1, 'it is not told again while nothing happens');
  rest.stir();
  pass(50_000);
  t.equal(state.begun, 2);
});

t.test('under load it never begins, nor with a scrape every half minute', async (t) => {
  const { state, rest } = watched();
  for (let seconds = 0; seconds < 600; seconds += 30) {
    rest.stir();
    pass(30_000);
  }
  t.equal(state.begun, 0, 'things that happen every half minute');
  state.busy = true;
  pass(120_000);
  t.equal(state.begun, 0, 'one thing that takes two minutes');
  state.busy = false;
  pass(50_000);
  t.equal(state.begun, 1);
});

t.test('a rest that is disposed of does nothing more', async (t) => {
  const { state, rest } = watched();
  rest.stir();
  rest[Symbol.dispose]();
  pass(600_000);
  t.equal(state.begun, 0);
});
