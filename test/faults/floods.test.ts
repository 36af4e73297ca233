import t from 'tap';

import { startCluster } from './cluster.ts';
import { huge, runFaults } from './fault.ts';
import type { Fault } from './fault.ts';

/** A busy machine takes its time; nothing here comes near it on a quiet one. */
const TIMEOUT_SECONDS = 30;

function flood(name: string, behaviour: Fault['behaviour'], peakMib: number): Fault {
  return {
    name: `${name} for ever`,
    behaviour,
    want: 'body_size_limit',
    why: 'more than body_size_limit',
    connections: 0,
    peakMib,
    timeoutSeconds: TIMEOUT_SECONDS,
  };
}

/** With bounds that grow from row to row: what was taken once stays with the allocators for a while. */
const faults: Fault[] = [
  flood('compressible text, gzip,', huge('samples', Infinity, true), 80),
  flood('compressible text, plain,', huge('samples', Infinity, false), 80),
  flood('the same line, gzip,', huge('same', Infinity, true), 80),
  flood('the same line, plain,', huge('same', Infinity, false), 80),
  flood('incompressible text, gzip,', huge('noise', Infinity, true), 150),
  flood('incompressible text, plain,', huge('noise', Infinity, false), 150),
  flood('a line, gzip,', huge('line', Infinity, true), 200),
  flood('a line, plain,', huge('line', Infinity, false), 200),
];

t.test('pods that send for ever, with a limit of 32 MiB', async (t) => {
  await using cluster = await startCluster({ faulty: { pods: 8 }, fields: 'body_size_limit: 32MB' });
  for (const fault of faults) await t.test(fault.name, (t) => runFaults(t, cluster, [fault]));
  await t.test('all of them in one round', (t) =>
    runFaults(
      t,
      cluster,
      faults.map((fault) => ({ ...fault, peakMib: 600 })),
    ),
  );
});
