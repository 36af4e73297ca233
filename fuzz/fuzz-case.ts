import { createRandom, mix, type Random } from '../simulator/random.ts';
import { type LabelLimits, NO_LABEL_LIMITS } from '../src/exposition/label-limits.ts';
import { mutate } from './mutation.ts';
import { openMetricsBody } from './openmetrics-grammar.ts';
import type { Kind } from './options.ts';
import { excerpt, type SeedBodies } from './seed-bodies.ts';
import { textBody } from './text-grammar.ts';
import { chance } from './words.ts';

/** A target and the body that it exposes. */
export interface Member {
  readonly openMetrics: boolean;
  readonly body: Uint8Array;
  readonly labels: Readonly<Record<string, string>>;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly limits: LabelLimits;
}

/** What one case is made of; equal ones are checked in the same ways. */
export interface FuzzCase {
  readonly kind: Kind;
  /** One, or what an answer is merged of. */
  readonly members: readonly Member[];
  /** What the choices of the checks are made of: sizes of chunks and the like. */
  readonly salt: number;
  /** Whether each body goes all ways, and not two of them. */
  readonly thorough?: boolean;
}

const MANY = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`l${i}`, 'v']));
/** Label sets of targets. */
export const LABEL_SETS: readonly Readonly<Record<string, string>>[] = [
  { instance: 'i', job: 'j' },
  { instance: 'i', job: 'j' },
  { instance: 'i', job: 'j', pod: 'p', exported_job: 't' },
  { a: 'only' },
  {},
  { job: 'j', b: 'é"\\\n', reason: 'r' },
  { job: 'j', exported_job: 'k', exported_exported_job: 'l', instance: 'i', exported_instance: 'm' },
  { instance: 'i', job: 'j', le: '1' },
  { instance: 'i', job: 'j', le: 'high', quantile: 'low' },
  { instance: 'i', quantile: '0.5', _: 'u' },
  { ...MANY, instance: 'i', job: 'j', a: 'x' },
];
const ODDITIES = [0, 0, 0.02, 0.1, 0.4];

/** The case of that number. It depends on the seed, the number, and the bodies that there are to begin with. */
export function caseOf(seed: number, number: number, seeds: SeedBodies, only: Kind | undefined): FuzzCase {
  const random = createRandom(mix(seed, number));
  const roll = random.next();
  const kind = only ?? (roll < 0.5 ? 'text' : roll < 0.75 ? 'openmetrics' : 'merge');
  const salt = random.whole(0, 0x7fff_ffff);
  if (kind !== 'merge') return { kind, salt, members: [member(random, kind === 'openmetrics', seeds)] };
  const members: Member[] = [];
  const shared = chance(random, 0.3) ? bodyOf(random, false, seeds) : undefined;
  const fixed = chance(random, 0.2) ? random.pick(LABEL_SETS) : undefined;
  for (let i = random.whole(1, 4); i > 0; i--) {
    const openMetrics = shared === undefined && chance(random, 0.15);
    const made = member(random, openMetrics, seeds);
    // Equal families with other TYPE lines are what targets disagree about.
    const body = shared === undefined ? made.body : chance(random, 0.3) ? shared : retype(random, shared);
    const labels = { ...(fixed ?? made.labels) };
    if (fixed === undefined && labels['instance'] !== undefined) labels['instance'] = `i${i}`;
    members.push({ ...made, body, labels });
  }
  return { kind, salt, members };
}

function member(random: Random, openMetrics: boolean, seeds: SeedBodies): Member {
  return {
    openMetrics,
    body: bodyOf(random, openMetrics, seeds),
    labels: random.pick(LABEL_SETS),
    honorLabels: chance(random, 0.5),
    honorTimestamps: chance(random, 0.7),
    limits: chance(random, 0.1) ? limitsOf(random) : NO_LABEL_LIMITS,
  };
}

/** Not below what the labels of the slow path need. */
function limitsOf(random: Random): LabelLimits {
  const some = (least: number, most: number): number => (chance(random, 0.5) ? random.whole(least, most) : 0);
  return {
    labelLimit: some(2, 8),
    labelNameLengthLimit: some(5, 12),
    labelValueLengthLimit: some(1, 12),
  };
}

function bodyOf(random: Random, openMetrics: boolean, seeds: SeedBodies): Uint8Array {
  const known = openMetrics ? seeds.openMetrics : seeds.text;
  const some = (): Uint8Array => {
    if (known.length > 0 && chance(random, 0.3)) return excerpt(random, random.pick(known));
    const odd = random.pick(ODDITIES);
    return Buffer.from(openMetrics ? openMetricsBody(random, odd) : textBody(random, odd));
  };
  let body = some();
  if (chance(random, 0.5)) body = mutate(random, body, some());
  // Without it everything else would be in vain.
  if (openMetrics && chance(random, 0.8) && !Buffer.from(body.subarray(-7)).includes('# EOF'))
    body = Buffer.concat([body, Buffer.from(body.at(-1) === 0x0a ? '# EOF\n' : '\n# EOF\n')]);
  return body;
}

/** Changes the words of some of the TYPE lines. */
function retype(random: Random, body: Uint8Array): Uint8Array {
  const text = Buffer.from(body).toString('latin1');
  const retyped = text.replaceAll(/(?<=^# TYPE [\w:]+ )\w+$/gm, (type) =>
    chance(random, 0.5) ? type : random.pick(['counter', 'gauge', 'histogram', 'summary', 'untyped']),
  );
  return Buffer.from(retyped, 'latin1');
}
