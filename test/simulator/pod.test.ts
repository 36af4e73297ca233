import { Agent } from 'node:https';
import { connect } from 'node:net';
import { once } from 'node:events';
import { gunzipSync } from 'node:zlib';
import t from 'tap';

import { podAuthority, startPod } from '../../simulator/pod.ts';
import type { Behaviour } from '../../simulator/pod.ts';
import { fetchPod } from './fetch-pod.ts';
import type { Fetched } from './fetch-pod.ts';

const BODY = `# TYPE a counter\n${'a 1\n'.repeat(2_000)}`;
const GZIP = { headers: { 'accept-encoding': 'gzip' } };

t.test('a pod answers over TLS with its text and content type', async (t) => {
  await using pod = await startPod({ body: () => BODY });
  const { status, headers, body } = await fetchPod(pod.url);
  t.equal(status, 200);
  t.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  t.equal(headers['transfer-encoding'], 'chunked', 'as Go sends large bodies');
  t.equal(body.toString(), BODY);
  t.match((await fetchPod(`${pod.url}?x=y`)).status, 200, 'a query changes nothing');
  t.match(pod.requests.last, { method: 'GET', url: '/metrics?x=y' });
  t.equal((await fetchPod(pod.url.replace('/metrics', '/healthz'))).status, 404);
});

t.test('its certificate names Services and no address, as KubeVirt', async (t) => {
  await using pod = await startPod({ body: () => 'a 1\n' });
  const verified = { rejectUnauthorized: true, ca: podAuthority().cert };
  const named = await fetchPod(pod.url, { ...verified, servername: 'virt-handler.kubevirt.svc' });
  t.equal(named.status, 200);
  t.equal(named.headers['content-length'], '4', 'small bodies have a length');
  t.equal((await fetchPod(pod.url, verified)).error?.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
  const strange = await fetchPod(pod.url, {
    rejectUnauthorized: true,
    servername: 'virt-handler.kubevirt.svc',
  });
  t.equal(strange.error?.code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
});

t.test('gzip only when asked for, made once for each body', async (t) => {
  let body = Buffer.from(BODY);
  await using pod = await startPod({ body: () => body, tls: false });
  const table: [accept: string | undefined, want: string | undefined][] = [
    [undefined, undefined],
    ['identity', undefined],
    ['gzip', 'gzip'],
    ['br, gzip;q=0.5', 'gzip'],
    ['*', 'gzip'],
    ['gzip;q=0', undefined],
    ['gzip; q=0.0, identity', undefined],
  ];
  for (const [accept, want] of table) {
    const answer = await fetchPod(pod.url, {
      headers: accept === undefined ? {} : { 'accept-encoding': accept },
    });
    t.equal(answer.headers['content-encoding'], want, String(accept));
    t.ok((want === 'gzip' ? gunzipSync(answer.body) : answer.body).equals(body), String(accept));
  }
  body = Buffer.from('b 2\n');
  t.equal(gunzipSync((await fetchPod(pod.url, GZIP)).body).toString(), 'b 2\n', 'a new body has its own');
  await using plain = await startPod({ body: () => BODY, tls: false, gzip: false });
  t.equal((await fetchPod(plain.url, GZIP)).headers['content-encoding'], undefined, 'not offered');
});

t.test('connections are kept, and requests counted', async (t) => {
  await using pod = await startPod({ body: () => 'a 1\n' });
  const agent = new Agent({ keepAlive: true });
  for (let count = 0; count < 3; count += 1) await fetchPod(pod.url, { agent });
  t.match(pod.requests, { count: 3, connections: 1, inFlight: 0, peak: 1 });
  pod.disconnect();
  agent.destroy();
});

t.test('requests in flight have a peak, and a limit where there is one', async (t) => {
  const gate = Promise.withResolvers<void>();
  const behaviour: Behaviour = { kind: 'wait', until: () => gate.promise };
  await using pod = await startPod({ body: () => BODY, limit: 3, behaviour });
  const waiting: Promise<Fetched>[] = [];
  for (let count = 0; count < 3; count += 1) {
    const seen = pod.nextRequest();
    waiting.push(fetchPod(pod.url));
    await seen;
  }
  const fourth = await fetchPod(pod.url);
  t.equal(fourth.status, 503);
  t.equal(fourth.body.toString(), 'Limit of concurrent requests reached (3), try again later.\n');
  t.match(pod.requests, { count: 4, peak: 4 });
  gate.resolve();
  for (const { status } of await Promise.all(waiting)) t.equal(status, 200);
});

t.test('behaviours that end by themselves', async (t) => {
  const half = Buffer.from(BODY)
    .subarray(0, BODY.length >> 1)
    .toString();
  const table: [behaviour: Behaviour, why: string, check: (fetched: Fetched) => unknown][] = [
    [{ kind: 'normal' }, 'whole', ({ body }) => body.toString() === BODY],
    [{ kind: 'refuse' }, 'nobody listens', ({ error }) => error?.code === 'ECONNREFUSED'],
    [{ kind: 'reset', at: 'connect' }, 'cut before TLS', ({ error }) => error?.code === 'ECONNRESET'],
    [
      { kind: 'reset', at: 'head' },
      'cut before the head',
      (it) => it.error?.code === 'ECONNRESET' && !it.status,
    ],
    [{ kind: 'reset', at: 'body' }, 'cut in the body', ({ error }) => error?.code === 'ECONNRESET'],
    [
      { kind: 'close' },
      'ended in the body',
      (it) => it.error?.message === 'aborted' && it.body.toString() === half,
    ],
    [
      { kind: 'status', status: 404, text: 'no' },
      'status',
      (it) => it.status === 404 && it.body.toString() === 'no',
    ],
    [{ kind: 'rubbish' }, 'no exposition', (it) => it.status === 200 && it.body.includes('<html>')],
    [{ kind: 'rubbish', body: 'x' }, 'that text', ({ body }) => body.toString() === 'x'],
    [
      { kind: 'rubbish', body: 'x', encoding: 'br' },
      'under that name',
      ({ headers }) => headers['content-encoding'] === 'br',
    ],
    [
      { kind: 'raw', bytes: 'HTTP/1.1 299 Own\r\n\r\nx', after: 'end' },
      'those bytes',
      (it) => it.status === 299 && it.body.toString() === 'x' && it.error === undefined,
    ],
    [
      { kind: 'raw', bytes: 'HTTP/1.1 299 Own\r\n\r\nx', after: 'end', ms: 1 },
      'those bytes, one by one',
      (it) => it.status === 299 && it.body.toString() === 'x' && it.error === undefined,
    ],
    [
      { kind: 'raw', bytes: 'HTTP/1.1 200 OK\r\nConte', after: 'reset' },
      'cut in the head',
      (it) => it.error?.code === 'ECONNRESET' && !it.status,
    ],
    [{ kind: 'delay', ms: 5 }, 'whole, later', ({ body }) => body.toString() === BODY],
    [{ kind: 'wait', until: () => Promise.resolve() }, 'whole', ({ body }) => body.toString() === BODY],
    [{ kind: 'trickle', bytes: 3_000, ms: 1 }, 'whole, in pieces', ({ body }) => body.toString() === BODY],
    [{ kind: 'wrong-length', by: 9 }, 'too little comes', ({ error }) => error?.message === 'aborted'],
    [{ kind: 'wrong-length', by: -9 }, 'too much comes', (it) => it.error?.message.startsWith('Parse Error')],
    [{ kind: 'cut-gzip' }, 'gzip without its end', ({ body }) => throws(body) === 'unexpected end of file'],
    [{ kind: 'bad-gzip' }, 'gzip with a wrong sum', ({ body }) => throws(body) === 'incorrect data check'],
    [
      { kind: 'custom', respond: (_, response) => response.writeHead(418).end() },
      'own',
      (it) => it.status === 418,
    ],
  ];
  await using pod = await startPod({ body: () => BODY });
  for (const [behaviour, why, check] of table) {
    await pod.behave(behaviour);
    const fetched = await fetchPod(pod.url);
    t.ok(check(fetched), `${behaviour.kind}: ${why}`, { fetched: { ...fetched, body: fetched.body.length } });
  }
});

t.test('behaviours that hang go on until the client leaves', async (t) => {
  await using pod = await startPod({ body: () => BODY, behaviour: { kind: 'hang', at: 'head' } });
  const leave = new AbortController();
  const seen = pod.nextRequest();
  const head = fetchPod(pod.url, { signal: leave.signal });
  await seen;
  t.equal(pod.requests.inFlight, 1);
  leave.abort();
  t.match(await head, { status: undefined, error: { code: 'ABORT_ERR' } });

  await pod.behave({ kind: 'hang', at: 'body' });
  let received = 0;
  const body = await fetchPod(pod.url, {}, (abort) => {
    received += 1;
    abort();
  });
  t.ok(received > 0 && body.status === 200 && body.error !== undefined, 'a part of the body came');

  await pod.behave({ kind: 'raw', bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', after: 'hang' });
  const raw = await fetchPod(pod.url, {}, (abort) => abort());
  t.ok(raw.status === 200 && raw.body.toString() === 'half' && raw.error !== undefined, 'bytes, and no more');

  await pod.behave({ kind: 'hang', at: 'handshake' });
  const socket = connect(pod.port, pod.address);
  await once(socket, 'connect');
  t.pass('TCP connects');
  socket.destroy();
});

t.test('refusing can be the beginning, and the port stays', async (t) => {
  await using pod = await startPod({ body: () => 'a 1\n', behaviour: { kind: 'refuse' } });
  t.equal((await fetchPod(pod.url)).error?.code, 'ECONNREFUSED');
  await pod.behave({ kind: 'normal' });
  t.equal((await fetchPod(pod.url)).status, 200);
});

t.test('an address that is in use is told with the way out', async (t) => {
  await using pod = await startPod({ body: () => '' });
  await t.rejects(
    startPod({ body: () => '', port: pod.port }),
    /cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\); end what/,
  );
});

function throws(gzip: Buffer): string {
  try {
    gunzipSync(gzip);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
