import t from 'tap';
import { readStrictly } from '../../fuzz/strict-reader.ts';
import { createRandom } from '../../simulator/random.ts';
import type { ShareTarget } from '../../src/merge/share.ts';
import { read, rulesOf, show, thrownBy } from '../exposition/fixture.ts';
import { merge } from './fixture.ts';
import { generatedTargets } from './generated-targets.ts';

const SEEDS = 40;

/** Sample lines of a target as the scanner made them. */
function linesOf({ exposition }: ShareTarget): string[] {
  return exposition === undefined
    ? []
    : linesIn(
        show(exposition)
          .map(({ text }) => text)
          .join(''),
      );
}

function linesIn(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

function seriesOf(line: string): string {
  return line.slice(0, line.lastIndexOf('} ') + 1);
}

function bySeries(lines: readonly string[]): Record<string, string[]> {
  const series: Record<string, string[]> = {};
  for (const line of lines) (series[seriesOf(line)] ??= []).push(line);
  return series;
}

t.test('whatever targets expose, the answer is a valid exposition', async (t) => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { text, rawLength } = merge(generatedTargets(seed));
    t.equal(rawLength, Buffer.byteLength(text), `seed ${seed}: the length is right`);
    t.equal(
      thrownBy(() => readStrictly(Buffer.from(text))),
      undefined,
      `seed ${seed}`,
    );
    const unlabelled = readStrictly(Buffer.from(text))
      .flatMap(({ samples }) => samples)
      .filter(({ labels }) => !['job', 'instance'].every((name) => labels.some(([label]) => label === name)));
    t.same(unlabelled, [], `seed ${seed}: no reader adds its own job and instance`);
  }
});

/** What does not depend on the order of the targets. */
function unordered(text: string): readonly (readonly [string, ...unknown[]])[] {
  return readStrictly(Buffer.from(text)).map(({ name, type, help, samples }) => [
    name,
    type,
    help,
    samples.map(({ line }) => line).sort(),
  ]);
}

t.test('the order of the targets, and which worker has them, changes no family and no sample', async (t) => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const workers = generatedTargets(seed);
    const random = createRandom(seed);
    const want = unordered(merge(workers).text);
    const targets = workers.flat().sort(() => random.next() - 0.5);
    const cut = random.whole(0, targets.length);
    for (const other of [[targets], [targets.slice(0, cut), targets.slice(cut)]])
      t.same(unordered(merge(other).text), want, `seed ${seed}, ${other.length} workers`);
  }
});

t.test('the answer has what the targets have, and nothing else', async (t) => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const workers = generatedTargets(seed);
    const targets = workers.flat();
    const { text, plan } = merge(workers);
    const lines = linesIn(text);
    const reported = targets.map(
      ({ rules }) => `up{${Buffer.from(rules.injection(0).before).toString().slice(0, -1)}} `,
    );
    const ups = lines.filter((line) => line.startsWith('up{')).slice(0, targets.length);
    t.ok(
      ups.every((line, i) => line.startsWith(reported[i]!)),
      `seed ${seed}: the report comes first`,
    );
    const reports = targets.length * 4 + targets.filter(({ outcome }) => !outcome.up).length;
    const want = targets.flatMap(linesOf);
    t.equal(lines.length, want.length + reports, `seed ${seed}: as many samples`);
    const got = bySeries(lines);
    for (const [series, samples] of Object.entries(bySeries(want))) {
      // Report series of that name stand before.
      const tail = got[series]!.slice(-samples.length);
      if (tail.join('\n') !== samples.join('\n'))
        t.same(tail, samples, `seed ${seed}: ${series} in its order`);
    }
    t.strictSame(
      plan.map(({ name }) => name),
      [...new Set(plan.map(({ name }) => name))],
      `seed ${seed}: each family once`,
    );
  }
});

t.test('a gateway behind a gateway changes nothing', async (t) => {
  const rules = rulesOf({ job: 'outer', instance: 'outer' });
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { text } = merge(generatedTargets(seed));
    const again = show(read(text, { rules }));
    t.strictSame(
      linesIn(again.map((family) => family.text).join('')).sort(),
      linesIn(text).sort(),
      `seed ${seed}`,
    );
  }
});

t.test('the same targets give the same bytes', async (t) => {
  for (let seed = 1; seed <= 10; seed++)
    t.ok(merge(generatedTargets(seed)).gzip.equals(merge(generatedTargets(seed)).gzip), `seed ${seed}`);
});
