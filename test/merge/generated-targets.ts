import { createRandom } from '../../simulator/random.ts';
import type { ShareTarget } from '../../src/merge/share.ts';
import { generatedBody } from '../exposition/generated-body.ts';
import { down, up } from './fixture.ts';

/** Some targets with generated bodies, up or down, spread over up to three workers. Equal seeds give equal targets. */
export function generatedTargets(seed: number): ShareTarget[][] {
  const random = createRandom(seed);
  const workers: ShareTarget[][] = Array.from({ length: random.whole(1, 3) }, () => []);
  const count = random.whole(0, 12);
  for (let i = 0; i < count; i++) {
    const labels = random.pick([
      { job: 'j', instance: `i${i}` },
      { job: 'j', instance: `i${i}`, pod: `p${i}` },
      { pod: `p${i}` },
    ]);
    const body = generatedBody(seed * 100 + i, random.whole(0, 300));
    const options = { honorLabels: random.next() < 0.5, keepSmall: random.next() < 0.8 };
    random.pick(workers).push(random.next() < 0.1 ? down(labels, 'timeout') : up(labels, body, options));
  }
  return workers;
}
