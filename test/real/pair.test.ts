import t from 'tap';

import { startPair } from './pair.ts';
import { findPrometheus, PROMETHEUS_MISSING } from './prometheus.ts';

const programs = findPrometheus();
const skip = programs.length === 0 ? PROMETHEUS_MISSING : false;

await t.test('of two servers, one that comes up does not outlive the other', { skip }, async (t) => {
  const [program] = programs;
  const gateway = { address: '127.0.0.1:1' };
  const isServing = (): boolean => process.getActiveResourcesInfo().includes('ProcessWrap');
  const before = isServing();
  await t.rejects(
    startPair(program!, [], gateway, { reader: { no_such_field: 1 } }),
    /no_such_field/,
    'the one that reads the gateway',
  );
  t.equal(isServing(), before);
  await t.rejects(startPair(program!, [{ no_such_field: 1 }], gateway), /no_such_field/, 'the other one');
  t.equal(isServing(), before);
  {
    await using _pair = await startPair(program!, [], gateway);
    t.equal(isServing(), true);
  }
  t.equal(isServing(), before);
});
