import t from 'tap';

import { startCluster } from './cluster.ts';
import { runFaults } from './fault.ts';
import type { Fault } from './fault.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n';

const quick: Fault[] = [
  { name: 'refuses', behaviour: { kind: 'refuse' }, want: 'connect', why: 'nobody listens' },
  {
    name: 'resets at once',
    behaviour: { kind: 'reset', at: 'connect' },
    want: ['connect', 'tls'],
    why: 'whether connecting or the handshake sees it is up to the kernel',
  },
  {
    name: 'resets before the head',
    behaviour: { kind: 'reset', at: 'head' },
    want: 'connection',
    why: 'tried again on a new connection, with the same end',
  },
  {
    name: 'resets in the head',
    behaviour: { kind: 'raw', bytes: HEAD, after: 'reset' },
    want: 'connection',
    why: 'half a head is no answer',
  },
  {
    name: 'resets in the body',
    behaviour: { kind: 'reset', at: 'body' },
    want: 'connection',
    why: 'half a body is none',
  },
  {
    name: 'ends in the head',
    behaviour: { kind: 'raw', bytes: HEAD, after: 'end' },
    want: 'connection',
    why: 'half a head is no answer, however politely it ends',
  },
  {
    name: 'ends in the body',
    behaviour: { kind: 'close' },
    want: 'connection',
    why: 'a chunked body has an end of its own',
  },
  {
    name: 'is no HTTP server',
    behaviour: { kind: 'raw', bytes: 'SSH-2.0-OpenSSH_9.2\r\n', after: 'end' },
    want: 'connection',
    why: 'what comes is not HTTP',
  },
  {
    name: 'says it goes on with a chunk that is none',
    behaviour: {
      kind: 'raw',
      bytes: `${HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\na 1\n\r\nzz\r\n`,
      after: 'hang',
    },
    want: 'connection',
    why: 'a broken frame is known at once, not at the deadline',
  },
];

/** All of these are `timeout`. */
const slow: Omit<Fault, 'want'>[] = [
  {
    name: 'never answers the handshake',
    behaviour: { kind: 'hang', at: 'handshake' },
    why: 'it accepts the connection and is silent',
  },
  {
    name: 'never answers the request',
    behaviour: { kind: 'hang', at: 'head' },
    why: 'not a byte of an answer',
  },
  {
    name: 'stops in the head for ever',
    behaviour: { kind: 'raw', bytes: HEAD, after: 'hang' },
    why: 'the head does not end',
  },
  {
    name: 'stops in the body for ever',
    behaviour: { kind: 'hang', at: 'body' },
    why: 'what it sent so far is in no answer',
  },
  {
    name: 'sends a byte a second, from the head on',
    behaviour: { kind: 'raw', bytes: `${HEAD}\r\na 1\n`, after: 'hang', ms: 1000 },
    why: 'each byte is progress, and none of it is enough',
  },
  {
    name: 'sends a byte a second of its body',
    behaviour: { kind: 'trickle', bytes: 1, ms: 1000 },
    why: 'as before',
  },
  {
    name: 'sends early hints and nothing else',
    behaviour: { kind: 'raw', bytes: 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(3), after: 'hang' },
    why: 'what comes before an answer is none',
  },
];

t.test('pods whose connections break', async (t) => {
  await using cluster = await startCluster({ faulty: { pods: 10 } });
  for (const fault of quick) await t.test(fault.name, (t) => runFaults(t, cluster, [fault]));
  await t.test('all of them in one round', (t) => runFaults(t, cluster, quick));
  await t.test('those that hang, in one round', (t) =>
    runFaults(
      t,
      cluster,
      slow.map((fault) => ({ ...fault, want: 'timeout', timeoutSeconds: 4 })),
    ),
  );
});
