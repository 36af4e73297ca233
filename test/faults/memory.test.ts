import t from 'tap';

import { verdictOf } from './answer-reader.ts';
import { startCluster } from './cluster.ts';
import { checkOthers, huge } from './fault.ts';
import type { Fault } from './fault.ts';
import { forgetPeak, memoryOf, MIB } from './process-memory.ts';

const LIMIT_MIB = 400;
const TIMEOUT_SECONDS = 40;
/** Between two looks at the size of the process it can grow, the more the busier the machine is, and what is given up comes free later. */
const SLACK = 1.3;

const faults: readonly {
  readonly name: string;
  readonly behaviour: Fault['behaviour'];
  readonly up?: true;
}[] = [
  { name: 'eight incompressible bodies of 100 MB', behaviour: huge('noise', 100_000, false) },
  { name: 'eight lines of 60 MB', behaviour: huge('line', 60_000_000, false) },
  { name: 'eight bodies of a million families', behaviour: huge('families', 1_000_000, true) },
];

t.test('when memory is short, the largest bodies are given up and everything else goes on', async (t) => {
  await using cluster = await startCluster({
    faulty: { pods: 8 },
    args: [`--memory.limit=${LIMIT_MIB}MiB`],
  });
  const { pid, faulty } = cluster;
  for (const { name, behaviour } of faults) {
    await t.test(name, async (t) => {
      for (const i of faulty.pods.keys()) await faulty.behave(i, behaviour);
      forgetPeak(pid);
      const answer = await cluster.ask(TIMEOUT_SECONDS);
      const verdicts = faulty.pods.map(({ address }) => verdictOf(answer, address));
      t.ok(verdicts.includes('memory'), 'some are given up', { verdicts });
      t.same(
        verdicts.filter((verdict) => verdict !== 'memory' && verdict !== 'up'),
        [],
        'for no other reason',
      );
      checkOthers(t, cluster, answer, TIMEOUT_SECONDS);
      const peak = memoryOf(pid, 'VmHWM') / MIB;
      t.ok(peak < LIMIT_MIB * SLACK, `at most ${LIMIT_MIB} MiB`, { peak });
      t.comment(`${peak.toFixed(0)} MiB, ${verdicts.join(' ')}`);
      for (const i of faulty.pods.keys()) await faulty.behave(i, { kind: 'normal' });
      const after = await cluster.ask(10);
      for (const { address } of faulty.pods) t.equal(verdictOf(after, address), 'up', 'and back');
      t.equal(await cluster.telemetry('worker_crashes_total'), 0, 'no worker crashed');
    });
  }
});
