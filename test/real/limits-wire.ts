import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

import { encoded, gzipped, ONE, samples, typed } from './limits-case.ts';
import type { LimitJob } from './limits-case.ts';

const broken = gzipSync(samples(50));
broken[broken.length - 6]! ^= 1;

const WIRE: LimitJob = {
  name: 'wire',
  fields: { honor_labels: true },
  cases: [
    { name: 'gzip', up: 1, answer: gzipped(ONE) },
    { name: 'gzip-of-nothing', up: 1, answer: gzipped('') },
    { name: 'gzip-no-bytes', up: 0, answer: encoded('gzip', '') },
    { name: 'gzip-that-is-none', up: 0, answer: encoded('gzip', ONE) },
    { name: 'gzip-cut', up: 0, answer: encoded('gzip', gzipSync(samples(50)).subarray(0, -12)) },
    { name: 'gzip-cut-trailer', up: 0, answer: encoded('gzip', gzipSync(samples(50)).subarray(0, -1)) },
    { name: 'gzip-wrong-crc', up: 0, answer: encoded('gzip', broken) },
    {
      name: 'gzip-trailing-garbage',
      up: 0,
      answer: encoded('gzip', Buffer.concat([gzipSync(ONE), Buffer.from('garbage, and some more of it')])),
    },
    {
      name: 'gzip-trailing-zeros',
      up: 0,
      answer: encoded('gzip', Buffer.concat([gzipSync(ONE), Buffer.alloc(20)])),
    },
    {
      name: 'gzip-trailing-byte',
      up: 0,
      answer: encoded('gzip', Buffer.concat([gzipSync(ONE), Buffer.from('x')])),
    },
    { name: 'gzip-undeclared', up: 0, answer: { body: gzipSync(ONE) } },
    { name: 'gzip-in-capitals', up: 0, answer: encoded('GZIP', gzipSync(ONE)) },
    { name: 'x-gzip', up: 0, answer: encoded('x-gzip', gzipSync(ONE)) },
    { name: 'gzip-twice', up: 0, answer: encoded('gzip, gzip', gzipSync(gzipSync(ONE))) },
    { name: 'identity', up: 1, answer: encoded('identity', ONE) },
    { name: 'br-in-name-only', up: 1, answer: encoded('br', ONE) },
    { name: 'zstd-in-name-only', up: 1, upIn3: 0, answer: encoded('zstd', ONE) },
    { name: 'br', up: 0, answer: encoded('br', brotliCompressSync(ONE)) },
    { name: 'zstd', up: 0, answer: encoded('zstd', zstdCompressSync(ONE)) },
    { name: 'deflate', up: 0, answer: encoded('deflate', deflateSync(ONE)) },
    { name: 'nonsense', up: 1, answer: encoded('nonsense', ONE) },
    { name: 'html', up: 1, answer: typed('text/html', ONE) },
    { name: 'html-invalid', up: 0, answer: typed('text/html', `${ONE}<html></html>\n`) },
    { name: 'no-type', up: 1, answer: { body: ONE } },
    { name: 'broken-type', up: 1, answer: typed('text/plain; charset="', ONE) },
    { name: 'text-1.0.0', up: 1, answer: typed('text/plain; version=1.0.0; escaping=underscores', ONE) },
    { name: 'openmetrics', up: 1, answer: typed('application/openmetrics-text', `${ONE}# EOF\n`) },
    {
      name: 'openmetrics-0.0.1',
      up: 1,
      answer: typed('application/openmetrics-text; version=0.0.1', `${ONE}# EOF\n`),
    },
    {
      name: 'openmetrics-in-capitals',
      up: 0,
      answer: typed('Application/OpenMetrics-Text', `${ONE}\n# EOF\n`),
    },
    {
      name: 'openmetrics-2.0.0',
      up: 1,
      answer: typed('application/openmetrics-text; version=2.0.0', `${ONE}# EOF\n`),
    },
    {
      name: 'openmetrics-parameter-twice',
      up: 1,
      answer: typed('application/openmetrics-text; charset=a; charset=b', `# x\n${ONE}`),
    },
    {
      name: 'openmetrics-and-text',
      up: 1,
      answer: typed('application/openmetrics-text, text/plain', `# x\n${ONE}`),
    },
    {
      name: 'openmetrics-two-semicolons',
      up: 1,
      answer: typed('application/openmetrics-text;; version=1.0.0', `# x\n${ONE}`),
    },
    {
      name: 'openmetrics-trailing-semicolon',
      up: 0,
      answer: typed('application/openmetrics-text;', `# x\n${ONE}`),
    },
    {
      name: 'openmetrics-blanks',
      up: 0,
      answer: typed('  application/openmetrics-text  ; version = 1.0.0', `# x\n${ONE}`),
    },
    {
      name: 'openmetrics-quoted',
      up: 0,
      answer: typed('application/openmetrics-text; version="1.0.0"', `# x\n${ONE}`),
    },
    {
      name: 'openmetrics-text-in-second',
      up: 1,
      answer: {
        headers: { 'content-type': ['text/plain', 'application/openmetrics-text'] },
        body: `# x\n${ONE}`,
      },
    },
    {
      name: 'protobuf',
      up: 0,
      answer: typed(
        'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
        ONE,
      ),
    },
    { name: 'protobuf-of-another-kind', up: 0, answer: typed('application/vnd.google.protobuf', ONE) },
    { name: 'json', up: 1, answer: typed('application/json', ONE) },
    {
      name: 'encoding-twice',
      up: 1,
      answer: { headers: { 'content-encoding': ['gzip', 'identity'] }, body: gzipSync(ONE) },
    },
    {
      name: 'gzip-empty-member-behind',
      up: 1,
      answer: encoded('gzip', Buffer.concat([gzipSync(ONE), gzipSync('')])),
    },
    { name: 'gzip-stored', up: 1, answer: encoded('gzip', gzipSync(samples(50), { level: 0 })) },
    { name: 'openmetrics-no-end', up: 0, answer: typed('application/openmetrics-text; version=1.0.0', ONE) },
    {
      name: 'openmetrics-text-body',
      up: 0,
      answer: typed('application/openmetrics-text; version=1.0.0', `# x\n${ONE}`),
    },
    {
      name: 'openmetrics-broken-parameter',
      up: 1,
      answer: typed('application/openmetrics-text; version', `# x\n${ONE}`),
    },
    { name: 'status-201', up: 0, answer: { status: 201, body: ONE } },
    { name: 'status-204', up: 0, answer: { status: 204 } },
    { name: 'status-206', up: 0, answer: { status: 206, body: ONE } },
    { name: 'status-404', up: 0, answer: { status: 404, body: ONE } },
  ],
};

const IDENTITY: LimitJob = {
  name: 'identity-asked',
  fields: { honor_labels: true, enable_compression: false },
  only: '3.',
  cases: [
    { name: 'identity', up: 1, answer: ONE },
    { name: 'gzip-all-the-same', up: 1, answer: gzipped(ONE) },
    {
      name: 'asks-for-identity',
      up: 1,
      answer: ({ request }) => ({ body: `asked{encoding="${request.headers['accept-encoding']}"} 1\n` }),
    },
  ],
};

/** Encodings, content types and statuses. */
export const WIRE_JOBS: readonly LimitJob[] = [WIRE, IDENTITY];
