import t from 'tap';

import { startCluster } from './cluster.ts';
import { huge, runFaults } from './fault.ts';
import type { Fault } from './fault.ts';

/** A busy machine takes its time; nothing here comes near it on a quiet one. */
const TIMEOUT_SECONDS = 30;

const faults: Fault[] = [
  {
    name: 'families for ever',
    behaviour: huge('families', Infinity, true),
    // A busy machine does not come that far.
    want: ['body_size_limit', 'timeout'],
    why: 'more than body_size_limit',
    connections: 0,
    peakMib: 1000,
  },
  {
    name: 'a million families',
    behaviour: huge('families', 1_000_000, true),
    want: 'up',
    why: 'Prometheus takes it',
    samples: 1_000_000,
    // When the collector comes is up to it: 1,100 to 1,260 were seen.
    peakMib: 1400,
  },
];

t.test('pods with more families than anybody has', async (t) => {
  // A million of them are 26 MB.
  await using cluster = await startCluster({ faulty: { pods: 4 }, fields: 'body_size_limit: 32MB' });
  for (const fault of faults) {
    await t.test(fault.name, (t) => runFaults(t, cluster, [{ timeoutSeconds: TIMEOUT_SECONDS, ...fault }]));
  }
});
