import t from 'tap';
import type { ShareTarget } from '../../src/merge/share.ts';
import { read, rulesOf, show } from '../exposition/fixture.ts';
import { merge } from './fixture.ts';
import { generatedTargets } from './generated-targets.ts';

const SEEDS = 40;
const SAMPLE = /^([a-zA-Z_:][\w:]*)\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)+)\} \S+( \d+)?$/;

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
    t.ok(text === '' || text.endsWith('\n'), `seed ${seed}: it ends with a newline`);
    const begun = new Set<string>();
    const wrong = text
      .split('\n')
      .slice(0, -1)
      .filter((line) => {
        const metadata = /^# (HELP|TYPE) ([\w:]+) ./.exec(line);
        if (metadata !== null) {
          const [, keyword, name] = metadata;
          const late = begun.has(name!) || begun.has(`${keyword} ${name}`);
          begun.add(`${keyword} ${name}`);
          return late;
        }
        const sample = SAMPLE.exec(line);
        if (sample === null) return true;
        begun.add(sample[1]!);
        const names = [...sample[2]!.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map(([, name]) => name);
        return new Set(names).size !== names.length || !names.includes('job') || !names.includes('instance');
      });
    t.strictSame(wrong, [], `seed ${seed}: HELP and TYPE once and first, samples canonical, no label twice`);
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
