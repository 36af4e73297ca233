import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { LabelledExposition } from '../../src/exposition/family-block.ts';
import { ReadyRuns } from '../../src/merge/ready-runs.ts';
import { ComposeAhead } from '../../src/worker/compose-ahead.ts';
import { readMatchers } from '../../src/selector/selector.ts';
import { MatchAhead } from '../../src/worker/match-ahead.ts';
import { merge, up } from '../merge/fixture.ts';

const TARGETS = [1, 2, 3, 4, 5];

function expositionOf(target: number): LabelledExposition {
  const lines = `m{x="${target}"} 1\n`.repeat(30);
  return up({ instance: `pod-${target}` }, lines).exposition!;
}

/** One of a worker with these targets; a round of theirs has been answered. */
function composeAhead() {
  const state = { running: 0, held: 0 };
  const count = (bytes: number): void => void (state.held += bytes);
  const ahead = new ComposeAhead({
    running: () => state.running,
    selected: () => matches.views,
    count,
  });
  const matches: MatchAhead = new MatchAhead({ deflater: ahead.deflater, count });
  const outcome = { up: true, durationSeconds: 1, samples: 1, samplesPost: 1, wireBytes: 1, bodyBytes: 1 };
  const answered = (): void => ahead.answered(TARGETS.map((target) => ({ target, scrape: target, outcome })));
  /** Begins a round; a scrape has ten times its target's number. */
  const begin = (): void => {
    for (const target of TARGETS) ahead.begun(target);
    state.running = TARGETS.length;
    ahead.waiting();
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
  ahead.expect(1);
  return { ahead, matches, state, answered, begin, end, made };
}

t.test('while one target is late, what the others have is deflated', async (t) => {
  const { ahead, state, begin, end, made } = composeAhead();
  begin();
  const [first, second] = [end(1), end(2)];
  const [fourth, fifth] = [end(4), end(5)];
  t.ok(await made());
  for (let i = 0; i < 2000 && ahead.runs.size < 2; i++) await sleep(1);
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
    [
      'nobody is late, and the answer comes at once',
      ({ end, answered }) => {
        TARGETS.forEach((target) => end(target));
        answered();
      },
    ],
    [
      'nobody waits for everything',
      ({ ahead, end }) => {
        ahead.forget(1);
        [1, 2, 3, 4].forEach((target) => end(target));
      },
    ],
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

t.test('a round that ended without an answer of this worker changes nothing for the next', async (t) => {
  const { ahead, begin, end, made } = composeAhead();
  begin();
  TARGETS.forEach((target) => end(target));
  t.ok(await made());
  ahead.released(TARGETS.map((target) => target * 10));
  begin();
  [1, 2, 3, 4].forEach((target) => end(target));
  t.ok(await made());
});

t.test('that a round before it is given up ends nothing', async (t) => {
  const { ahead, answered, begin, state, end, made } = composeAhead();
  begin();
  TARGETS.forEach((target) => end(target));
  answered();
  begin();
  const now = [1, 2, 3, 4].map((target) => {
    const exposition = expositionOf(target);
    state.running--;
    ahead.scraped(target * 10 + 1, target, exposition);
    return exposition;
  });
  ahead.released(TARGETS.map((target) => target * 10));
  t.ok(await made());
  const parts = now.flatMap(({ families }) => families[0]!.parts);
  t.equal(ahead.runs.at(parts, 0)?.parts.length, 4);
  ahead.released([1, 2, 3, 4].map((target) => target * 10 + 1));
  t.equal(state.held, 0);
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

t.test('where only targets of other workers are late, all that is there is deflated', async (t) => {
  const { ahead, begin, end, made } = composeAhead();
  begin();
  const parts = TARGETS.flatMap((target) => end(target).families[0]!.parts);
  t.ok(await made());
  t.equal(ahead.runs.at(parts, 0)?.parts.length, TARGETS.length);
});

t.test('of what callers with selectors wait for, only that is deflated', async (t) => {
  const { ahead, matches, state, begin, end } = composeAhead();
  const selectors = [readMatchers('{ns="a"}')];
  const body = (target: number): string =>
    `${`m{ns="a",x="${target}"} 1\nm{ns="b",x="${target}"} 1\n`.repeat(20)}${`n{ns="a",x="${target}"} 1\n`.repeat(20)}`;
  const targets = TARGETS.map((target) => up({ instance: `pod-${target}` }, body(target)));
  ahead.forget(1);
  matches.expect(2, selectors);
  begin();
  for (const target of [1, 2, 3, 4]) {
    const { exposition, rules } = targets[target - 1]!;
    end(target, exposition);
    matches.scraped(target * 10, exposition!, rules);
  }
  const [view] = matches.views;
  for (let i = 0; i < 2000 && view!.runs.size < 2; i++) await sleep(1);
  const { filter, runs } = matches.viewOf(selectors);
  t.equal(runs.size, 2, 'of one family a part, of the other the whole');
  t.equal(ahead.runs.size, 0);
  const of = (n: number) => filter.kept(targets[n]!.exposition!)!.flatMap(({ parts }) => parts);
  t.not(of(0)[0], targets[0]!.exposition!.families[0]!.parts[0], 'lines that were picked out');
  t.equal(of(0)[1], targets[0]!.exposition!.families[1]!.parts[0], 'a block as it is');
  const both = [0, 1].map((family) => [0, 1, 2, 3].map((n) => of(n)[family]!));
  for (const parts of both) t.equal(runs.at(parts, 0)?.parts.length, 4);
  const plain = merge([targets], selectors);
  const ready = merge([targets], selectors, undefined, runs, filter);
  t.equal(ready.text, plain.text);
  t.not(ready.gzip.length, plain.gzip.length, 'they were used');
  const beforeRelease = state.held;
  matches.released([10]);
  t.equal(runs.size, 0);
  t.ok(state.held < beforeRelease);
  matches.forget(2);
  t.equal(state.held, 0);
});

t.test('what selectors wait for no longer is given back', async (t) => {
  const { ahead, matches, state, begin, end } = composeAhead();
  const selectors = [readMatchers('m')];
  ahead.forget(1);
  matches.expect(2, selectors);
  begin();
  for (const target of [1, 2, 3, 4]) {
    const one = up({ instance: `pod-${target}` }, `m{x="${target}"} 1\n`.repeat(30));
    end(target, one.exposition);
    matches.scraped(target * 10, one.exposition!, one.rules);
  }
  const [view] = matches.views;
  const { runs } = view!;
  for (let i = 0; i < 2000 && runs.size === 0; i++) await sleep(1);
  t.equal(runs.size, 1);
  matches.forget(2);
  t.equal(runs.size, 0);
  t.equal(state.held, 0);
});

t.test('what selectors ask for is deflated when all of it was picked out', async (t) => {
  const runs = new ReadyRuns();
  const view = { runs, expected: true, unfinished: true, partsOf: (all: LabelledExposition) => all };
  const ahead = new ComposeAhead({ running: () => 1, selected: () => [view], count: () => undefined });
  const outcome = { up: true, durationSeconds: 1, samples: 1, samplesPost: 1, wireBytes: 1, bodyBytes: 1 };
  ahead.answered(TARGETS.map((target) => ({ target, scrape: target, outcome })));
  ahead.waiting();
  for (const target of [1, 2, 3, 4]) ahead.scraped(target * 10, target, expositionOf(target));
  await sleep(40);
  t.equal(runs.size, 0);
  view.unfinished = false;
  for (let i = 0; i < 2000 && runs.size === 0; i++) await sleep(1);
  t.equal(runs.size, 1);
});

t.test('where most are used again, it is done when somebody asks', async (t) => {
  const { ahead, matches, state, answered, begin, end } = composeAhead();
  ahead.forget(1);
  begin();
  const ended = TARGETS.map((target) => {
    const { exposition, rules } = up({ instance: `pod-${target}` }, `m{ns="a",x="${target}"} 1\n`.repeat(30));
    end(target, exposition);
    return { scrape: target * 10, exposition: exposition!, rules };
  });
  answered();
  // One of them is scraped again, and is late.
  ahead.begun(3);
  state.running = 1;
  matches.expect(2, [readMatchers('{ns="a"}')], ended);
  ahead.waiting();
  const [view] = matches.views;
  for (let i = 0; i < 2000 && view!.runs.size < 2; i++) await sleep(1);
  t.equal(view!.runs.size, 2, 'of those before it and of those behind');
  matches.forget(2);
  t.equal(state.held, 0);
});
