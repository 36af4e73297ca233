import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { PlanMemory } from '../../src/round/plan-memory.ts';
import { Answer } from '../../src/round/answer.ts';
import { ask, startPlainPod, startScraper, textOf } from './fixture.ts';

/** A body of so many families whose names are in no order. */
function bodyOf(families: number): string {
  const names = Array.from({ length: families }, (_, i) => `family_${(i * 7919) % families}`);
  return names.map((name, i) => `# HELP ${name} Text ${i}.\n# TYPE ${name} gauge\n${name} 1\n`).join('');
}

t.test('an answer of very many families is whole', async (t) => {
  await using large = await startPlainPod({ body: () => bodyOf(30_000) });
  await using small = await startPlainPod({ body: () => '# TYPE family_7 counter\nfamily_7 2\nz 1\n' });
  await using scraper = await startScraper([large, small]);
  using round = await ask(scraper);
  const lines = (await textOf(round)).split('\n');
  const samples = lines.filter((line) => line.startsWith('family_'));
  t.equal(samples.length, 30_001);
  const names = samples.map((line) => line.slice(0, line.indexOf('{')));
  t.strictSame(names, names.toSorted(), 'by name');
  for (const keyword of ['HELP', 'TYPE'])
    t.equal(lines.filter((line) => line.startsWith(`# ${keyword} family_`)).length, 30_000, keyword);
  const seven = lines.indexOf('# TYPE family_7 counter');
  t.match(lines.slice(seven - 1, seven + 3), [
    /^# HELP family_7 Text \d+\.$/,
    /TYPE/,
    /^family_7\{.*\} 1$/,
    /^family_7\{.*\} 2$/,
  ]);
});

t.test('it tells what the targets disagree on', async (t) => {
  await using one = await startPlainPod({ body: () => '# TYPE m gauge\nm 1\n' });
  await using two = await startPlainPod({ body: () => '# TYPE m counter\nm 1\n' });
  await using scraper = await startScraper([one, two]);
  using round = await ask(scraper);
  using answer = new Answer(round.shares(), new PlanMemory());
  t.match(answer.conflicts, { types: { count: 0 }, helps: { count: 0 } }, 'nothing is known yet');
  await answer.prepare([]);
  t.match(answer.conflicts, { types: { count: 1, names: ['m'] }, helps: { count: 0, names: [] } });
});

t.test('one that is given up while it is surveyed leaves nothing behind', async (t) => {
  const body = bodyOf(20_000);
  await using pod = await startPlainPod({ body: () => body });
  await using scraper = await startScraper([pod]);
  {
    using round = await ask(scraper);
    using answer = new Answer(round.shares(), new PlanMemory());
    answer.prepare([]).catch(() => undefined);
  }
  // Its scrape has been released meanwhile.
  using round = await ask(scraper);
  t.equal((await textOf(round)).split('\n').filter((line) => line.startsWith('family_')).length, 20_000);
  t.strictSame(scraper.crashes, []);
});

t.test('the memory of what was taken is given back, and of nothing else', async (t) => {
  const body = Array.from(
    { length: 4000 },
    (_, i) => `m${i % 3}{x="${randomBytes(450).toString('hex')}"} 1\n`,
  );
  await using pod = await startPlainPod({ body: () => body.toSorted().join('') });
  await using scraper = await startScraper([pod]);
  using round = await ask(scraper);
  const text = await textOf(round);
  using answer = new Answer(round.shares(), new PlanMemory());
  await answer.prepare([]);
  const pieces: Uint8Array[] = [];
  const copies: Buffer[] = [];
  let isFreed = 0;
  for await (const piece of answer.gzip()) {
    pieces.push(piece);
    copies.push(Buffer.from(piece));
    // Two pieces are always on their way.
    if (pieces.length > 2) answer.taken(copies.at(-3)!.length);
    const held = pieces.slice(-2).every(({ length }, i) => length === copies.slice(-2)[i]!.length);
    if (!held) t.fail(`piece ${pieces.length} was given back before it was taken`);
    isFreed = pieces.filter(({ length }) => length === 0).length;
  }
  t.ok(isFreed > 0 && isFreed < pieces.length, `${isFreed} of ${pieces.length} were given back on the way`);
  t.equal(gunzipSync(Buffer.concat(copies)).toString(), text);
  for (const { length } of copies.slice(-2)) answer.taken(length);
  t.ok(pieces.filter(({ length }) => length > 16 * 1024).length === 0, 'and all parts in the end');
});

t.test('a whole answer is a copy of its parts', async (t) => {
  await using pod = await startPlainPod({ body: () => bodyOf(3000) });
  await using scraper = await startScraper([pod]);
  using round = await ask(scraper);
  const text = await textOf(round);
  using answer = new Answer(round.shares(), new PlanMemory());
  await answer.prepare([]);
  t.equal(gunzipSync((await answer.whole(2 ** 20))!).toString(), text);
});
