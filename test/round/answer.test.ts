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
