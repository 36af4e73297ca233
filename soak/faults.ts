import type { HugeBody } from '../simulator/huge-body.ts';
import type { Random } from '../simulator/random.ts';
import type { PodsProcess } from '../simulator/pods.ts';

/** What the pods' process can be told to do. */
export type Fault = Parameters<PodsProcess['behave']>[1];

const MEBIBYTE = 1024 * 1024;
/** Those that are legal are in every answer while they last, and each of those is checked. */
const HUGE: readonly HugeBody[] = [
  { of: 'samples', size: 40_000 },
  { of: 'noise', size: 5_000 },
  { of: 'families', size: 20_000 },
  { of: 'line', size: 2 * MEBIBYTE },
  { of: 'line', size: 40 * MEBIBYTE },
  { of: 'same', size: 300 * MEBIBYTE },
  { of: 'families', size: Number.POSITIVE_INFINITY },
  { of: 'samples', size: Number.POSITIVE_INFINITY },
];

/** What is no HTTP, or HTTP that nobody should send. */
const RAW: readonly string[] = [
  'SSH-2.0-OpenSSH_9.2\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx',
  `HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(MEBIBYTE)}\r\n\r\n`,
  'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na 1\nb 2\n',
];

/** Makes one fault after the other, each kind as often as the others. Bodies are made once and shared. */
export function createFaults(random: Random): () => Fault {
  const bodies = bodiesOf();
  const makers: readonly (() => Fault)[] = [
    () => ({ kind: 'hang', at: random.pick(['handshake', 'head', 'body'] as const) }),
    () => ({ kind: 'reset', at: random.pick(['connect', 'head', 'body'] as const) }),
    () => ({ kind: 'refuse' }),
    () => ({ kind: 'close' }),
    () => ({ kind: 'status', status: random.pick([204, 302, 404, 500, 503]) }),
    () => ({ kind: 'rubbish' }),
    () => ({ kind: 'delay', ms: random.whole(50, 11_000) }),
    () => ({ kind: 'trickle', bytes: random.whole(1, 4_000), ms: random.whole(20, 500) }),
    () => ({ kind: 'wrong-length', by: random.pick([-1000, -1, 1, 1000]) }),
    () => ({ kind: 'cut-gzip' }),
    () => ({ kind: 'bad-gzip' }),
    () => ({ kind: 'rubbish', body: random.pick(bodies) }),
    () => ({ kind: 'rubbish', encoding: random.pick(['br', 'deflate', 'gzip']) }),
    () => ({ kind: 'huge', body: random.pick(HUGE), gzip: random.next() < 0.5 }),
    () => ({ kind: 'raw', bytes: random.pick(RAW), after: random.pick(['hang', 'end', 'reset'] as const) }),
  ];
  return () => random.pick(makers)();
}

/** The fault in few words. */
export function nameOf(fault: Fault): string {
  if ('at' in fault) return `${fault.kind} ${fault.at}`;
  return fault.kind === 'huge' ? `huge ${fault.body.of}` : fault.kind;
}

/** Bodies that are legal and unpleasant, and some that are not legal. None has a label that names a target. */
function bodiesOf(): readonly Buffer[] {
  function lines(count: number, line: (index: number) => string): Buffer {
    return Buffer.from(Array.from({ length: count }, (_, index) => `${line(index)}\n`).join(''));
  }
  return [
    // Many families, with metadata and without.
    lines(
      2_000,
      (index) => `# HELP other_${index} Other.\n# TYPE other_${index} counter\nother_${index} ${index}`,
    ),
    // Types that the other pods do not have, and report series that speak for nobody.
    lines(1, () => '# TYPE go_goroutines histogram\ngo_goroutines_bucket{le="x"} 1\ngo_goroutines_count 1'),
    lines(1, () => '# TYPE kubevirt_info summary\nkubevirt_info{quantile="0.5"} 1\nkubevirt_info_sum 1'),
    // Legal for Prometheus, not canonical.
    lines(1, () => '\t odd \t{ a = "b" , } \t 1e3\nodd{a="\u00e4\\x"} nan\n#nothing\nodd 0x10'),
    lines(2, () => 'same{a="b"} 1'),
    Buffer.from('endless{text="x'),
    Buffer.alloc(0),
    Buffer.from('cut{a="b"'),
    Buffer.from('half 1\nhalf 2 3 4\n'),
    Buffer.concat([Buffer.from('bytes{a="'), Buffer.of(0xff, 0xfe), Buffer.from('"} 1\n')]),
  ];
}
