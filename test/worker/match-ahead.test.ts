import t from 'tap';
import { BlockDeflater } from '../../src/exposition/block-deflater.ts';
import { runToEnd } from '../../src/exposition/body-reader.ts';
import { readMatchers } from '../../src/selector/selector.ts';
import { MatchAhead } from '../../src/worker/match-ahead.ts';
import { packEntries, unpackEntries } from '../../src/worker/packed-entries.ts';
import type { AnswerEntry } from '../../src/worker/packed-entries.ts';
import { timedOut } from '../../src/scrape/outcome.ts';
import { read, rulesOf, textOf } from '../exposition/fixture.ts';

const deflater = new BlockDeflater();
const rules = rulesOf();
const body = (n: number): string => `# TYPE m gauge\nm{ns="a"} ${n}\nm{ns="b"} ${n}\nn{ns="a"} ${n}\n`;

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
  const ofOne = held;
  t.ok(ofOne > 0);
  ahead.scraped(12, two!, rules);
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

t.test('a large exposition is left to the answer', async (t) => {
  let held = 0;
  const ahead = new MatchAhead({ deflater, count: (bytes) => (held += bytes) });
  ahead.expect(1, [readMatchers('m')]);
  const lines = Array.from({ length: 100_000 }, (_, i) => `m{ns="a",i="${i}"} ${i}\n`).join('');
  ahead.scraped(1, read(lines, { rules }), rules);
  t.equal(held, 0);
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
