import t from 'tap';
import { createRandom } from '../../simulator/random.ts';
import { MetricType, typeWord } from '../../src/exposition/metric-type.ts';
import type { DecidedTypes } from '../../src/merge/plan.ts';
import { EVERY_VOTE } from '../../src/merge/votes.ts';
import { planOf } from './fixture.ts';
import { naivePlan, textOfPlan } from './naive-plan.ts';
import { surveyOf, type ToldFamily } from './told-family.ts';

const TYPES = Object.values(MetricType);
const SUFFIXES = ['', '', '_bucket', '_sum', '_count', '_other', '_'];

/** Families of one worker, whose names are suffixes upon suffixes. */
function randomFamilies(random: ReturnType<typeof createRandom>, count: number): ToldFamily[] {
  const families = new Map<string, ToldFamily>();
  for (let i = 0; i < count; i++) {
    const name = random.pick(['a', 'b', 'a_b', '_', ':']) + random.pick(SUFFIXES) + random.pick(SUFFIXES);
    const report = random.next() < 0.1;
    const votes = (): number => random.whole(0, 3);
    families.set(`${name} ${report}`, {
      name,
      report,
      types: report
        ? [[MetricType.gauge, EVERY_VOTE]]
        : Array.from({ length: votes() }, () => [random.pick(TYPES), votes()] as const),
      helps: Array.from({ length: votes() }, () => [random.pick(['x', 'y', 'é', '']), votes()] as const),
      kinds: report ? [MetricType.gauge] : Array.from({ length: votes() }, () => random.pick(TYPES)),
      unfit: random.next() < 0.2 ? random.whole(1, 7) : 0,
      stuck: !report && random.next() < 0.05,
    });
  }
  return [...families.values()];
}

t.test('any families give the plan that the plain way gives', async (t) => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = createRandom(seed);
    const workers = Array.from({ length: random.whole(0, 4) }, () =>
      randomFamilies(random, random.whole(0, 40)),
    );
    const decided = new Map<string, MetricType>();
    for (const { name } of workers.flat()) if (random.next() < 0.1) decided.set(name, random.pick(TYPES));
    if (random.next() < 0.5) decided.set('not_there', MetricType.untyped);
    const before: DecidedTypes = {
      names: [...decided.keys()].sort(),
      types: [...decided.keys()].sort().map((name) => decided.get(name)!),
    };
    const planned = planOf(
      workers.map((families) => surveyOf(families)),
      before,
    );
    t.strictSame(textOfPlan(planned), naivePlan(workers, decided), `seed ${seed}`);
    for (const [i, name] of planned.decided.names.entries()) decided.set(name, planned.decided.types[i]!);
    t.strictSame(planned.decided.names, [...decided.keys()].sort(), `seed ${seed}: what is decided stays so`);
    t.strictSame(
      planned.decided.types,
      planned.decided.names.map((name) => decided.get(name)),
    );
  }
});

t.test('300,000 families over two shares', async (t) => {
  const count = 225_000;
  const workers: ToldFamily[][] = [[], []];
  const want: string[] = [];
  const indexes = [0, 0];
  // Each third family is in both, each seventh is a histogram, and each fifth has one beside it that is called like its count.
  const workersOf = (i: number): number[] => (i % 3 === 0 ? [0, 1] : [i % 2]);
  const nameOf = (i: number): string => `family_${1_000_000 + i}`;
  for (let step = 0; step < count; step++) {
    const i = (step * 7919) % count;
    const type = i % 7 === 0 ? MetricType.histogram : MetricType.gauge;
    for (const worker of workersOf(i))
      workers[worker]!.push({
        name: nameOf(i),
        types: [[type, 1]],
        helps: [[`Text ${i}`, 1]],
        kinds: [type],
      });
    if (i % 5 === 0) workers[1]!.push({ name: `${nameOf(i)}_count`, kinds: [MetricType.none] });
  }
  for (let i = 0; i < count; i++) {
    const type = i % 7 === 0 ? MetricType.histogram : MetricType.gauge;
    const sources = workersOf(i).map((worker) => `${worker}:${indexes[worker]!++}`);
    const header = `# HELP ${nameOf(i)} Text ${i}\n# TYPE ${nameOf(i)} ${typeWord(type)}\n`;
    const own = `${nameOf(i)} ${type} ${header} ${sources.join(' ')}`;
    if (i % 5 !== 0) want.push(own);
    else {
      const beside = `${nameOf(i)}_count ${MetricType.none}  1:${indexes[1]!++}`;
      want.push(...(i % 7 === 0 ? [beside, own] : [own, beside]));
    }
  }
  t.equal(workers.flat().length, 345_000);
  const { families, disputed, conflicts } = textOfPlan(planOf(workers.map((one) => surveyOf(one))));
  // Comparing them one by one would take long.
  const different = families.findIndex((line, i) => line !== want[i]);
  t.equal(different, -1, `${families[different]} instead of ${want[different]}`);
  t.equal(families.length, want.length);
  t.strictSame([disputed, conflicts], [[], ['0 0']]);
});
