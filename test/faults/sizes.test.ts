import t from 'tap';

import { startCluster } from './cluster.ts';
import { huge, runFaults } from './fault.ts';
import type { Fault } from './fault.ts';
import { MIB } from './process-memory.ts';

/** A busy machine takes its time; nothing here comes near it on a quiet one. */
const TIMEOUT_SECONDS = 30;

/** With bounds that grow from row to row: what was taken once stays with the allocators for a while. */
const faults: Fault[] = [
  {
    name: 'a gzip bomb without an end',
    behaviour: huge('same', Infinity, true),
    want: 'body_size_limit',
    why: 'more than 16 MiB, at more than 200 times the bytes on the wire',
    connections: 0,
    peakMib: 40,
  },
  {
    name: 'a gzip bomb of 1 GiB',
    behaviour: huge('same', 1024 * MIB, true),
    want: 'body_size_limit',
    why: 'its bytes on the wire are few',
    peakMib: 40,
  },
  {
    name: 'a gzip bomb of 15 MiB',
    behaviour: huge('same', 15 * MIB, true),
    want: 'up',
    why: 'below 16 MiB any body may be blown up',
    samples: Math.ceil((15 * MIB) / 8021),
    peakMib: 40,
  },
  {
    name: 'a bomb of one line',
    behaviour: huge('line', 1024 * MIB, true),
    want: 'body_size_limit',
    why: 'what cannot be scanned yet counts too',
    peakMib: 200,
  },
  {
    name: '100 MB of valid text, gzip',
    behaviour: huge('samples', 800_000, true),
    want: 'up',
    why: 'Prometheus takes it',
    samples: 800_000,
    peakMib: 200,
  },
  {
    name: '100 MB of valid text, plain',
    behaviour: huge('samples', 800_000, false),
    want: 'up',
    why: 'Prometheus takes it',
    samples: 800_000,
    peakMib: 200,
  },
  {
    name: 'compressible text for ever',
    behaviour: huge('samples', Infinity, true),
    want: 'body_size_limit',
    why: 'more than 256 MiB',
    connections: 0,
    peakMib: 200,
  },
  {
    name: 'a line of 50 MB',
    behaviour: huge('line', 50_000_000, false),
    want: 'up',
    why: 'Prometheus takes it',
    samples: 1,
    peakMib: 350,
  },
  {
    name: 'a line without an end',
    behaviour: huge('line', Infinity, false),
    want: 'body_size_limit',
    why: 'more than 256 MiB, all of which must be held until the line ends',
    connections: 0,
    peakMib: 800,
  },
];

t.test('pods whose bodies are too large, or nearly', async (t) => {
  await using cluster = await startCluster({ faulty: { pods: 4 } });
  for (const fault of faults) {
    await t.test(fault.name, (t) => runFaults(t, cluster, [{ timeoutSeconds: TIMEOUT_SECONDS, ...fault }]));
  }
});
