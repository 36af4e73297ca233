import { gzipSync } from 'node:zlib';
import t from 'tap';

import { startCluster } from './cluster.ts';
import { runFaults } from './fault.ts';
import type { Fault } from './fault.ts';
import { MIB } from './process-memory.ts';

const TEXT = '# TYPE a_metric counter\na_metric{x="1"} 1\na_metric{x="2"} 2\n';
const GZIP = gzipSync(TEXT);
const OK = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n';

function answer(headers: string, body: string): Buffer {
  return Buffer.from(`${OK}${headers}\r\n${body}`);
}

/** The text under Content-Encoding gzip. */
function encoded(body: Buffer): Fault['behaviour'] {
  return { kind: 'rubbish', body, encoding: 'gzip' };
}

/** The same bytes but for one, that many from the end. */
function flipped(bytes: Buffer, fromEnd: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - fromEnd] = copy.at(-fromEnd)! ^ 0xff;
  return copy;
}

const faults: Fault[] = [
  {
    name: 'a body shorter than its Content-Length',
    behaviour: { kind: 'wrong-length', by: 10 },
    want: 'connection',
    why: 'the end came too early',
  },
  {
    name: 'a plain body shorter than its Content-Length, by whole lines',
    behaviour: { kind: 'raw', bytes: answer('Content-Length: 40\r\n', 'a 1\nb 2\n'), after: 'end' },
    want: 'connection',
    why: 'what came would be valid by itself',
  },
  {
    name: 'a gzip body longer than its Content-Length',
    behaviour: { kind: 'wrong-length', by: -10 },
    want: 'encoding',
    why: 'the announced bytes are a cut gzip',
  },
  {
    name: 'a plain body longer than its Content-Length',
    behaviour: { kind: 'raw', bytes: answer('Content-Length: 8\r\n', 'a 1\nb 2\nc 3\n'), after: 'hang' },
    want: 'up',
    why: 'the body ends where it was announced to, as in Prometheus; the connection is of no more use',
    samples: 2,
    connections: 0,
  },
  {
    name: 'a second answer behind the first',
    behaviour: {
      kind: 'raw',
      bytes: answer('Content-Length: 4\r\n', `a 1\n${OK}Content-Length: 4\r\n\r\nb 2\n`),
      after: 'hang',
    },
    want: 'up',
    why: 'nobody asked for it, and the next scrape must not take it for its own',
    samples: 1,
    connections: 0,
  },
  {
    name: 'a chunked body without its end',
    behaviour: {
      kind: 'raw',
      bytes: answer('Transfer-Encoding: chunked\r\n', '4\r\na 1\n\r\n'),
      after: 'end',
    },
    want: 'connection',
    why: 'the last chunk is missing',
  },
  {
    name: 'a body up to the end of the connection',
    behaviour: { kind: 'raw', bytes: answer('', 'a 1\nb 2\n'), after: 'end' },
    want: 'up',
    why: 'HTTP allows it, and so does Prometheus',
    samples: 2,
    connections: 0,
  },
  { name: 'a cut gzip', behaviour: { kind: 'cut-gzip' }, want: 'encoding', why: 'half a stream' },
  {
    name: 'a gzip without its trailer',
    behaviour: encoded(GZIP.subarray(0, -8)),
    want: 'encoding',
    why: 'all the text is there, but nothing says so',
  },
  {
    name: 'a wrong CRC',
    behaviour: { kind: 'bad-gzip' },
    want: 'encoding',
    why: 'the checksum is of other text',
  },
  {
    name: 'a wrong length in the gzip trailer',
    behaviour: encoded(flipped(GZIP, 4)),
    want: 'encoding',
    why: 'the length is of other text',
  },
  {
    name: 'a flipped byte within gzip',
    behaviour: encoded(flipped(GZIP, 12)),
    want: 'encoding',
    why: 'either the stream or its sum is broken',
  },
  {
    name: 'garbage behind gzip',
    behaviour: encoded(Buffer.concat([GZIP, Buffer.from('garbage')])),
    want: 'encoding',
    why: 'Go reads it as the head of a further member',
  },
  {
    name: 'zeros behind gzip',
    behaviour: encoded(Buffer.concat([GZIP, Buffer.alloc(512)])),
    want: 'encoding',
    why: 'padding to gzip, no member to Go',
  },
  {
    name: 'two gzip members',
    behaviour: encoded(Buffer.concat([GZIP, gzipSync('b 1\n')])),
    want: 'up',
    why: 'members that follow one another are one text',
    samples: 3,
  },
  {
    name: 'text that says it is gzip',
    behaviour: encoded(Buffer.from(TEXT)),
    want: 'encoding',
    why: 'it does not begin like gzip',
  },
  {
    name: 'nothing that says it is gzip',
    behaviour: encoded(Buffer.alloc(0)),
    want: 'encoding',
    why: 'no head',
  },
  {
    name: 'gzip that does not say so',
    behaviour: { kind: 'rubbish', body: GZIP },
    want: 'exposition',
    why: 'its bytes are no text',
  },
  {
    name: 'text that says it is br',
    behaviour: { kind: 'rubbish', body: TEXT, encoding: 'br' },
    want: 'up',
    why: 'Prometheus looks for gzip alone, and reads all else as it is',
    samples: 2,
  },
  {
    name: 'an empty body',
    behaviour: { kind: 'rubbish', body: '' },
    want: 'up',
    why: 'a target that exposes nothing is up in Prometheus',
    samples: 0,
  },
  { name: 'HTML', behaviour: { kind: 'rubbish' }, want: 'exposition', why: 'no line of it is a sample' },
  {
    name: 'valid text but for its last line',
    behaviour: { kind: 'rubbish', body: `${TEXT.repeat(1000)}a_metric{x=} 1\n` },
    want: 'exposition',
    why: 'what came before it is in no answer',
  },
  {
    name: '503 with a valid body',
    behaviour: { kind: 'status', status: 503, text: TEXT.repeat(1000) },
    want: 'http_status',
    why: 'the status stands before the text',
  },
  {
    name: '503 without an end',
    behaviour: {
      kind: 'raw',
      bytes: 'HTTP/1.1 503 Service Unavailable\r\nTransfer-Encoding: chunked\r\n\r\n4\r\na 1\n\r\n',
      after: 'hang',
    },
    want: 'http_status',
    why: 'nobody waits for the rest',
    connections: 0,
  },
  {
    name: '503 whose text is large',
    behaviour: { kind: 'status', status: 503, text: 'no '.repeat(8 * MIB) },
    want: 'http_status',
    why: 'nobody reads it',
  },
  {
    name: 'a header of 1 MB',
    behaviour: {
      kind: 'raw',
      bytes: answer(
        `X-Large: ${'x'.repeat(1_000_000)}\r\nContent-Length: 4\r\nConnection: close\r\n`,
        'a 1\n',
      ),
      after: 'hang',
    },
    want: 'up',
    why: 'heads of up to 2 MiB are read',
    samples: 1,
    connections: 0,
    growthMib: 60,
  },
  {
    name: 'a head of 3 MB',
    behaviour: {
      kind: 'raw',
      bytes: answer(`X-Large: ${'x'.repeat(1_000_000)}\r\n`.repeat(3) + 'Content-Length: 4\r\n', 'a 1\n'),
      after: 'hang',
    },
    want: 'connection',
    why: 'larger than is read',
    growthMib: 60,
  },
];

t.test('pods whose bodies are broken', async (t) => {
  await using cluster = await startCluster({ faulty: { pods: 28 } });
  for (const fault of faults) await t.test(fault.name, (t) => runFaults(t, cluster, [fault]));
  await t.test('all of them in one round', (t) => runFaults(t, cluster, faults));
});
