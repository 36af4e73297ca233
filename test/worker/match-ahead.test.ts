import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { BlockDeflater } from '../../src/exposition/block-deflater.ts';
import { runToEnd } from '../../src/exposition/body-reader.ts';
import { MatchCostError, readMatchers } from '../../src/selector/selector.ts';
import { MatchAhead } from '../../src/worker/match-ahead.ts';
import { packEntries, unpackEntries } from '../../src/worker/packed-entries.ts';
import type { AnswerEntry } from '../../src/worker/packed-entries.ts';
import { timedOut } from '../../src/scrape/outcome.ts';
import { read, rulesOf, textOf } from '../exposition/fixture.ts';

const deflater = new BlockDeflater();
const rules = rulesOf();
const body = (n: number): string => `# TYPE m gauge\nm{ns="a"} ${n}\nm{ns="b"} ${n}\nn{ns="a"} ${n}\n`;

/** Waits until nothing is left to do; for a bounded number of turns. */
async function atRest(ahead: MatchAhead): Promise<void> {
  const isBusy = (): boolean => [...ahead.views].some(({ unfinished }) => unfinished);
  for (let turn = 0; turn < 10_000 && isBusy(); turn++) await setImmediate();
}

t.test('what matches is picked out when a scrape ends, and counted until it is given up', async (t) => {
  let held = 0;
  const ahead = new MatchAhead({ deflater, count: (bytes) => (held += bytes) });
  const selectors = [readMatchers('{ns="a"}')];
  const [early, one, two] = [0, 1, 2].map((n) => read(body(n), { rules }));
  ahead.scraped(10, early!, rules);
  t.equal(held, 0, 'nobody waits for anything');
  ahead.expect(1, selectors);
  ahead.expect(2, selectors);
  ahead.scraped(11, one!, rules);
  await atRest(ahead);
  const ofOne = held;
  t.ok(ofOne > 0);
  ahead.scraped(12, two!, rules);
  await atRest(ahead);
  t.ok(held > ofOne);
  const { filter } = ahead.viewOf(selectors);
  t.equal(ahead.viewOf(selectors).filter, filter, 'one for all who ask the same');
  t.not(ahead.viewOf([readMatchers('other')]).filter, filter);
  for (const [n, exposition] of [early!, one!, two!].entries()) {
    const steps = filter.matches(exposition, rules, deflater);
    const step = steps.next();
    t.equal(step.done === true, n > 0, 'found already, or not');
    const found = step.done === true ? step.value : runToEnd(steps);
    const text = found.flatMap(({ parts }) => parts.map((part) => textOf(part).toString())).join('');
    t.equal(text, `m{instance="i",job="j",ns="a"} ${n}\nn{instance="i",job="j",ns="a"} ${n}\n`);
  }
  ahead.released([10, 12]);
  t.equal(held, ofOne);
  ahead.forget(1);
  t.equal(held, ofOne, 'another one waits');
  ahead.forget(2);
  t.equal(held, 0);
  t.not(ahead.viewOf(selectors).filter, filter);
  ahead.forget(2);
  ahead.scraped(13, two!, rules);
  t.equal(held, 0);
});

/** An exposition whose lines take some turns of the event loop, and what is in it. */
function largeExposition() {
  const families = Array.from({ length: 40 }, (_, n) => {
    const lines = Array.from({ length: 4000 }, (__, i) => `m${n}{ns="${i % 2 ? 'a' : 'b'}",i="${i}"} ${i}\n`);
    return `# TYPE m${n} gauge\n${lines.join('')}`;
  });
  return read(families.join(''), { rules });
}

t.test('a large exposition is picked out in turns, and small ones beside it', async (t) => {
  let held = 0;
  const ahead = new MatchAhead({ deflater, count: (bytes) => (held += bytes) });
  const selectors = [readMatchers('{ns="a"}')];
  const [large, small] = [largeExposition(), read(body(1), { rules })];
  ahead.expect(1, selectors);
  ahead.scraped(1, large, rules);
  t.equal(held, 0, 'others have their turn first');
  ahead.scraped(2, small, rules);
  await atRest(ahead);
  const { filter } = ahead.viewOf(selectors);
  t.equal(filter.kept(small)?.length, 2);
  const text = filter.kept(large)!.map(({ parts }) => parts.map((part) => textOf(part).toString()).join(''));
  t.same(
    text.map((lines) => lines.split('\n').length - 1),
    Array.from({ length: 40 }, () => 2000),
  );
  t.notMatch(text.join(''), /ns="b"/);
  ahead.forget(1);
  t.equal(held, 0);
});

t.test('what is not done yet is left', async (t) => {
  const cases: [why: string, end: (ahead: MatchAhead) => void][] = [
    ['to the answer', (ahead) => void ahead.viewOf([readMatchers('{ns="a"}')])],
    ['when it is given up', (ahead) => ahead.released([1])],
    ['when nobody waits for it any more', (ahead) => ahead.forget(1)],
  ];
  for (const [why, end] of cases) {
    let held = 0;
    const ahead = new MatchAhead({ deflater, count: (bytes) => (held += bytes) });
    const large = largeExposition();
    ahead.expect(1, [readMatchers('{ns="a"}')]);
    ahead.scraped(1, large, rules);
    const [view] = ahead.views;
    t.ok(view!.unfinished);
    end(ahead);
    t.notOk(view!.unfinished, why);
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    t.equal(held, 0, why);
  }
});

t.test('what was scraped before somebody asks for a part of it is picked out too', async (t) => {
  let held = 0;
  const ahead = new MatchAhead({ deflater, count: (bytes) => (held += bytes) });
  const selectors = [readMatchers('{ns="a"}')];
  const [one, two] = [1, 2].map((n) => read(body(n), { rules }));
  const ended = [{ scrape: 11, exposition: one!, rules }];
  ahead.expect(1, selectors, ended);
  t.equal(held, 0, 'not while the request is taken');
  await atRest(ahead);
  const { filter } = ahead.viewOf(selectors);
  t.ok(filter.kept(one!));
  t.notOk(filter.kept(two!));
  const ofOne = held;
  ahead.expect(2, selectors, [...ended, { scrape: 12, exposition: two!, rules }]);
  await atRest(ahead);
  t.equal(held, 2 * ofOne, 'each once');
  ahead.forget(1);
  ahead.forget(2);
  t.equal(held, 0);
});

t.test('selectors that ask for too much are left to the answer, which tells', async (t) => {
  let held = 0;
  const ahead = new MatchAhead({ deflater, count: (bytes) => (held += bytes) });
  const selectors = [readMatchers('{ns=~".*[0-9]a.{40}zz.*"}')];
  const long = read(`m{ns="${'1'.repeat(2_000_000)}"} 1\n`, { rules });
  ahead.expect(1, selectors);
  ahead.scraped(1, long, rules);
  ahead.scraped(2, read(body(1), { rules }), rules);
  await atRest(ahead);
  t.equal(held, 0);
  const { filter } = ahead.viewOf(selectors);
  t.throws(() => runToEnd(filter.matches(long, rules, deflater)), MatchCostError);
});

t.test('entries cross threads with what an answer shows of them', async (t) => {
  const up = { up: true, durationSeconds: 0.25, samples: 7, samplesPost: 6, wireBytes: 0, bodyBytes: 0 };
  const { error: _, ...late } = timedOut(1.5);
  const entries: AnswerEntry[] = [
    { target: 1, scrape: 5, outcome: up },
    { target: 2, scrape: 6, outcome: late },
    { target: 3, scrape: 2 ** 40, outcome: up, unreported: true },
    { target: 4, scrape: 7, outcome: { ...late, reason: 'connect' } },
  ];
  t.same(unpackEntries(structuredClone(packEntries(entries))), entries);
  t.same(unpackEntries(packEntries([])), []);
});
