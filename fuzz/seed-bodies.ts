import { createModel } from '../simulator/model.ts';
import type { Random } from '../simulator/random.ts';
import { renderPod } from '../simulator/render.ts';
import { CORPUS_MISSING, corpusBodies } from '../test/exposition/corpus.ts';
import type { FuzzCase } from './fuzz-case.ts';

/** Bodies that others are made of. */
export interface SeedBodies {
  readonly text: readonly Uint8Array[];
  readonly openMetrics: readonly Uint8Array[];
}

/** Bytes of a body from which on only a few of its lines are taken at a time. */
const LARGE_BYTES = 700;

/** The bodies of the simulator's pods, of the corpus where there is one, and of what was found before. */
export function seedBodies(kept: readonly FuzzCase[]): SeedBodies {
  const text: Uint8Array[] = simulated();
  const openMetrics: Uint8Array[] = [];
  for (const { members } of kept) {
    for (const member of members) (member.openMetrics ? openMetrics : text).push(member.body);
  }
  if (CORPUS_MISSING === false) {
    for (const { body } of corpusBodies()) {
      text.push(body);
      if (body.includes('# EOF')) openMetrics.push(body);
    }
  }
  return { text, openMetrics };
}

function simulated(): Uint8Array[] {
  const model = createModel({ seed: 1, time: Date.UTC(2026, 0, 15), machines: 5, stopped: 0, labelCount: 2 });
  const pods = (['virt-api', 'virt-controller', 'virt-operator', 'virt-handler'] as const).map((component) =>
    model.addPod(component, { ageMs: 86_400_000 }),
  );
  model.advance(0);
  return pods.map((pod) => Buffer.from(renderPod(model, pod)));
}

const split = new WeakMap<Uint8Array, readonly string[]>();

function linesOf(body: Uint8Array): readonly string[] {
  let lines = split.get(body);
  if (lines === undefined) split.set(body, (lines = Buffer.from(body).toString('latin1').split('\n')));
  return lines;
}

/** A body, or, where it is large, lines of it that follow one another. */
export function excerpt(random: Random, body: Uint8Array): Uint8Array {
  if (body.length <= LARGE_BYTES) return body;
  const lines = linesOf(body);
  const start = random.whole(0, lines.length - 1);
  const some = lines.slice(start, start + random.whole(1, 5)).join('\n');
  return Buffer.from(lines.includes('# EOF') ? `${some}\n# EOF\n` : `${some}\n`, 'latin1');
}
