import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { LabelledExposition } from '../../src/exposition/family-block.ts';
import { ComposeAhead } from '../../src/worker/compose-ahead.ts';
import { up } from '../merge/fixture.ts';

const TARGETS = [1, 2, 3, 4, 5];

function expositionOf(target: number): LabelledExposition {
  const lines = `m{x="${target}"} 1\n`.repeat(30);
  return up({ instance: `pod-${target}` }, lines).exposition!;
}

/** One of a worker with these targets; a round of theirs has been answered. */
function composeAhead() {
  const state = { running: 0, held: 0 };
  const ahead = new ComposeAhead({
    running: () => state.running,
    count: (bytes) => (state.held += bytes),
  });
  const outcome = { up: true, durationSeconds: 1, samples: 1, samplesPost: 1, wireBytes: 1, bodyBytes: 1 };
  const answered = (): void => ahead.answered(TARGETS.map((target) => ({ target, scrape: target, outcome })));
  /** Begins a round; a scrape has ten times its target's number. */
  const begin = (): void => {
    for (const target of TARGETS) ahead.begun(target);
    state.running = TARGETS.length;
  };
  const end = (target: number, exposition = expositionOf(target)): LabelledExposition => {
    state.running--;
    ahead.scraped(target * 10, target, exposition);
    return exposition;
  };
  /** Waits until something was made; it is tried a bounded number of times. */
  const made = async (): Promise<boolean> => {
    for (let i = 0; i < 2000 && ahead.runs.size === 0; i++) await sleep(1);
    return ahead.runs.size > 0;
  };
  answered();
  return { ahead, state, answered, begin, end, made };
}

t.test('while one target is late, what the others have is deflated', async (t) => {
  const { ahead, state, begin, end, made } = composeAhead();
  begin();
  const [first, second] = [end(1), end(2)];
  const [fourth, fifth] = [end(4), end(5)];
  t.ok(await made());
  while (ahead.runs.size < 2) await sleep(1);
  const partsOf = (...all: LabelledExposition[]) => all.flatMap(({ families }) => families[0]!.parts);
  t.equal(ahead.runs.at(partsOf(first, second), 0)?.parts.length, 2, 'those before it');
  t.equal(ahead.runs.at(partsOf(fourth, fifth), 0)?.parts.length, 2, 'and those behind');
  t.equal(state.held, ahead.runs.heldBytes);
  ahead.released([10]);
  t.equal(ahead.runs.size, 1);
  ahead.released([20, 40, 50, 60]);
  t.equal(ahead.runs.size, 0);
  t.equal(state.held, 0);
});

t.test('nothing is made when', async (t) => {
  const cases: [why: string, run: (one: ReturnType<typeof composeAhead>) => void][] = [
    ['many are late', ({ end }) => [1, 2, 3].forEach((target) => end(target))],
    ['nobody is late', ({ end }) => TARGETS.forEach((target) => end(target))],
    [
      'the answer comes at once',
      ({ end, answered }) => {
        [1, 2, 3, 4].forEach((target) => end(target));
        answered();
      },
    ],
    [
      'what was there is given up',
      ({ ahead, end }) => {
        [1, 2, 3, 4].forEach((target) => end(target));
        ahead.released([10, 20, 30, 40]);
      },
    ],
  ];
  for (const [why, run] of cases) {
    const one = composeAhead();
    one.begin();
    run(one);
    await sleep(40);
    t.equal(one.ahead.runs.size, 0, why);
    t.equal(one.state.held, 0);
  }
});

t.test('what a target exposed before is no part of a run', async (t) => {
  const { ahead, begin, end, made } = composeAhead();
  for (const target of TARGETS) end(target);
  begin();
  const now = [1, 2, 3, 4].map((target) => end(target));
  t.ok(await made());
  const parts = now.flatMap(({ families }) => families[0]!.parts);
  t.equal(ahead.runs.at(parts, 0)?.parts.length, 4);
});
