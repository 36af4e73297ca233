import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import t from 'tap';
import type { TlsConfig } from '../../src/config/scrape-config.ts';
import { FAILURE_REASONS, ScrapeFailure } from '../../src/scrape/failure.ts';
import { createAuthority } from '../../simulator/certificate.ts';
import { podAuthority, podCertificate, startPod } from '../../simulator/pod.ts';
import type { Behaviour, PodOptions } from '../../simulator/pod.ts';
import { until } from '../discovery/fixture.ts';
import { startPlainPod } from '../round/fixture.ts';
import { insecure, scraperOf } from './fixture.ts';

const service = 'virt-handler.kubevirt.svc';

t.test('one connection is kept over many scrapes', async (t) => {
  await using pod = await startPod({ body: () => 'a 1\n' });
  using scraper = scraperOf(pod.url);
  for (let i = 0; i < 5; i += 1) t.match(await scraper.scrape(), { up: true, samples: 1, bodyBytes: 4 });
  t.match(pod.requests, { count: 5, connections: 1 });
});

t.test('where the time of a scrape went, as far as it came', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 8\r\n\r\n';
  type Stage = 'connectedSeconds' | 'firstByteSeconds' | 'lastByteSeconds';
  const cases: [sent: string, want: Stage[]][] = [
    [`${head}a 1\nb 1\n`, ['connectedSeconds', 'firstByteSeconds', 'lastByteSeconds']],
    [`${head}a 1\nb b\n`, ['connectedSeconds', 'firstByteSeconds', 'lastByteSeconds']],
    [`${head}a 1\n`, ['connectedSeconds', 'firstByteSeconds']],
    ['HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n', ['connectedSeconds', 'firstByteSeconds']],
    ['HTTP', ['connectedSeconds']],
  ];
  for (const [sent, want] of cases) {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(sent));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    using scraper = scraperOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const before = Date.now();
    const { timings, durationSeconds } = await scraper.scrape();
    const { startedAt, ...stages } = timings!;
    t.ok(before <= startedAt && startedAt <= Date.now(), sent);
    t.same(Object.keys(stages), want, sent);
    const times = [0, ...Object.values(stages), durationSeconds];
    t.same(
      times,
      times.toSorted((a, b) => a - b),
      sent,
    );
    server.close();
  }
  using unreachable = scraperOf('http://127.0.0.1:1/');
  t.same(Object.keys((await unreachable.scrape()).timings!), ['startedAt']);
});

t.test('a kept connection that died unseen is tried anew, once', async (t) => {
  await using pod = await startPod({ body: () => 'a 1\n' });
  using scraper = scraperOf(pod.url);
  await scraper.scrape();
  await t.test('the pod was restarted between two scrapes', async (t) => {
    pod.disconnect();
    t.match(await scraper.scrape(), { up: true });
    t.match(pod.requests, { count: 2, connections: 2 });
  });
  await t.test('the pod is gone', async (t) => {
    await pod.behave({ kind: 'refuse' });
    t.match(await scraper.scrape(), { up: false, reason: 'connect' });
    await pod.behave({ kind: 'normal' });
    t.match(await scraper.scrape(), { up: true }, 'and back');
    t.match(pod.requests, { count: 3, connections: 3 });
  });
  await t.test('it breaks when the request has come, and again', async (t) => {
    await pod.behave({ kind: 'reset', at: 'head' });
    t.match(await scraper.scrape(), { up: false, reason: 'connection' });
    t.match(
      pod.requests,
      { count: 5, connections: 4, peak: 1 },
      'one on the kept connection, one on a new one',
    );
    t.match(await scraper.scrape(), { up: false, reason: 'connection' });
    t.match(pod.requests, { count: 6, connections: 5 }, 'a new connection that breaks is no stale one');
  });
  await t.test('not when the answer had begun', async (t) => {
    await pod.behave({ kind: 'normal' });
    await scraper.scrape();
    await pod.behave({ kind: 'reset', at: 'body' });
    t.match(await scraper.scrape(), { up: false, reason: 'connection' });
    t.equal(pod.requests.count, 8);
  });
});

t.test('what pods are told', async (t) => {
  await using pod = await startPod({ body: () => 'a 1\n'.repeat(100) });
  const path = `${pod.url}?collect[]=a%2Fb&x=1`;
  using scraper = scraperOf(path);
  t.match(await scraper.scrape(9.75), { up: true, samples: 100, bodyBytes: 400 });
  t.match(pod.requests.last, {
    method: 'GET',
    url: '/metrics?collect[]=a%2Fb&x=1',
    headers: {
      accept: 'text/plain;version=0.0.4;q=0.6,*/*;q=0.5',
      'accept-encoding': 'gzip',
      host: `127.0.0.1:${pod.port}`,
      'user-agent': 'kubevirt-metrics-gateway/1.2.3',
      'x-prometheus-scrape-timeout-seconds': '9.75',
    },
  });
  using plain = scraperOf(pod.url, insecure, { enableCompression: false });
  t.match(await plain.scrape(10), { up: true, wireBytes: 400, bodyBytes: 400 });
  t.match(pod.requests.last?.headers, {
    'accept-encoding': 'identity',
    'x-prometheus-scrape-timeout-seconds': '10',
  });
});

t.test('why a scrape fails', async (t) => {
  const other = createAuthority().cert;
  const custom = (respond: Extract<Behaviour, { kind: 'custom' }>['respond']): { behaviour: Behaviour } => ({
    behaviour: { kind: 'custom', respond },
  });
  const cases: {
    readonly why: string;
    readonly pod?: Partial<PodOptions>;
    readonly url?: string;
    readonly tls?: TlsConfig;
    readonly want: keyof typeof FAILURE_REASONS | 'up' | 'connect or tls';
    readonly error?: RegExp;
  }[] = [
    { why: 'nobody listens', pod: { behaviour: { kind: 'refuse' } }, want: 'connect', error: /ECONNREFUSED/ },
    {
      why: 'a port that is none',
      url: 'http://127.0.0.1:99999/metrics',
      want: 'connect',
      error: /99999.*not a URL/,
    },
    { why: 'no such name', url: 'http://no-such-name.invalid/metrics', want: 'dns', error: /no-such-name/ },
    {
      why: 'another authority',
      tls: { ca: other, serverName: service, insecureSkipVerify: false },
      want: 'tls',
      error: /certificate|signature/,
    },
    {
      why: 'an authority that the system does not know',
      tls: { serverName: service, insecureSkipVerify: false },
      want: 'tls',
      error: /certificate/,
    },
    {
      why: 'another server_name',
      tls: { ca: podAuthority().cert, serverName: 'virt-launcher.kubevirt.svc', insecureSkipVerify: false },
      want: 'tls',
      error: /virt-launcher/,
    },
    {
      why: 'an address that the certificate lacks',
      tls: { ca: podAuthority().cert, insecureSkipVerify: false },
      want: 'tls',
      error: /127\.0\.0\.1/,
    },
    {
      why: 'an authority that is none',
      tls: {
        ca: '-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n',
        insecureSkipVerify: false,
      },
      want: 'tls',
    },
    {
      why: 'a file that is not there',
      tls: { caFile: '/nowhere/ca.pem', insecureSkipVerify: false },
      want: 'tls',
      error: /tls_config\.ca_file: .*\/nowhere\/ca\.pem/,
    },
    {
      why: 'an older TLS version than is asked for',
      pod: { tls: { maxVersion: 'TLSv1.2' } },
      tls: { insecureSkipVerify: true, minVersion: 'TLSv1.3' },
      want: 'tls',
    },
    { why: 'TLS where there is none', pod: { tls: false }, url: 'https', want: 'tls' },
    { why: 'none where there is TLS', url: 'http', want: 'connection' },
    // Whether the end of connecting or the begin of the handshake sees it is up to the kernel.
    {
      why: 'reset before the handshake',
      pod: { behaviour: { kind: 'reset', at: 'connect' } },
      want: 'connect or tls',
    },
    { why: 'reset before the answer', pod: { behaviour: { kind: 'reset', at: 'head' } }, want: 'connection' },
    { why: 'reset in the body', pod: { behaviour: { kind: 'reset', at: 'body' } }, want: 'connection' },
    { why: 'the end in the middle of the body', pod: { behaviour: { kind: 'close' } }, want: 'connection' },
    {
      why: 'less than was announced',
      pod: { behaviour: { kind: 'wrong-length', by: 10 } },
      want: 'connection',
    },
    { why: 'not HTTP', pod: custom((request) => request.socket.end('hello\r\n')), want: 'connection' },
    {
      why: 'a status',
      pod: { behaviour: { kind: 'status', status: 503 } },
      want: 'http_status',
      error: /server returned HTTP status 503 Service Unavailable/,
    },
    {
      why: 'a redirect to nothing',
      pod: { behaviour: { kind: 'status', status: 302, headers: { location: '/elsewhere' } } },
      want: 'http_status',
      error: /404 Not Found/,
    },
    { why: 'no content', pod: { behaviour: { kind: 'status', status: 204, text: '' } }, want: 'http_status' },
    { why: 'half of a gzip stream', pod: { behaviour: { kind: 'cut-gzip' } }, want: 'encoding' },
    { why: 'a wrong checksum', pod: { behaviour: { kind: 'bad-gzip' } }, want: 'encoding' },
    {
      why: 'no gzip where it says gzip',
      pod: custom((_request, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end('a 1\n');
      }),
      want: 'encoding',
    },
    { why: 'no exposition', pod: { behaviour: { kind: 'rubbish' } }, want: 'exposition' },
    {
      why: 'OpenMetrics',
      pod: {
        behaviour: {
          kind: 'rubbish',
          body: 'a 1\n# EOF\n',
          contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
        },
      },
      want: 'up',
    },
    {
      why: 'OpenMetrics that is cut off',
      pod: {
        behaviour: {
          kind: 'rubbish',
          body: '# TYPE a gauge\n',
          contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
        },
      },
      want: 'exposition',
      error: /line 2: the body ends without # EOF/,
    },
    { why: 'nothing', pod: { behaviour: { kind: 'rubbish', body: '' } }, want: 'up' },
    {
      why: 'text that calls itself HTML',
      pod: { behaviour: { kind: 'rubbish', body: 'a 1\n', contentType: 'text/html' } },
      want: 'up',
    },
    {
      why: 'a hint before the answer, which Go skips too',
      pod: custom((_request, response) => {
        response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
        response.end('a 1\n');
      }),
      want: 'up',
    },
  ];
  for (const { why, pod: options, url, tls, want, error } of cases) {
    await using pod = await startPod({ body: () => 'a 1\nb 2\n'.repeat(300), ...options });
    const isScheme = url === 'http' || url === 'https';
    using scraper = scraperOf(isScheme ? pod.url.replace(/^https?/, url) : (url ?? pod.url), tls);
    const outcome = await scraper.scrape();
    const state = outcome.up ? 'up' : outcome.reason;
    t.ok(want.split(' or ').includes(state ?? ''), `${why}: ${want} and not ${state} ${outcome.error ?? ''}`);
    if (error !== undefined) t.match(outcome.error, error, why);
    t.notMatch(outcome.error ?? '', /[\r\n]/, 'in one line');
    if (want === 'up') continue;
    t.equal(outcome.samples, 0, 'nothing of it counts');
    await until(() => pod.requests.inFlight === 0);
    await pod.behave({ kind: 'normal' });
    const well = tls === undefined && url === undefined;
    if (well) t.match(await scraper.scrape(), { up: true, samples: 600 }, `${why}, then well again`);
  }
});

t.test('cancelling ends a scrape wherever it is, with its connection', async (t) => {
  const stages: Behaviour[] = [
    { kind: 'hang', at: 'handshake' },
    { kind: 'hang', at: 'head' },
    { kind: 'hang', at: 'body' },
  ];
  for (const behaviour of stages) {
    await using server = createServer();
    await using pod = await startPod({ body: () => 'a 1\n'.repeat(10_000), behaviour });
    // Between the two, so that the connection's end is seen.
    const closed = new Promise<void>((resolve) => {
      server.on('connection', (socket: Socket) => {
        const onward = connect(pod.port, '127.0.0.1');
        socket.pipe(onward).pipe(socket);
        onward.on('error', () => undefined).once('connect', () => server.emit('progress'));
        socket
          .on('error', () => undefined)
          .once('close', () => {
            onward.destroy();
            resolve();
          });
      });
    });
    const progress = once(server, 'progress');
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    using scraper = scraperOf(`https://127.0.0.1:${port}/metrics`);
    const scraped = scraper.scrape();
    await (behaviour.kind === 'hang' && behaviour.at === 'handshake' ? progress : pod.nextRequest());
    scraper.cancel(new ScrapeFailure('timeout', 'too late'));
    t.match(await scraped, { up: false, reason: 'timeout', error: 'too late' }, JSON.stringify(behaviour));
    await closed;
    await pod.behave({ kind: 'normal' });
    t.match(await scraper.scrape(), { up: true });
    scraper[Symbol.dispose]();
  }
});

t.test('tls_config', async (t) => {
  const authority = podAuthority();
  const verified = { serverName: service, insecureSkipVerify: false };

  await t.test('ca_file with server_name, over an address and over a name', async (t) => {
    const ca = join(t.testdir({ 'ca.pem': authority.cert }), 'ca.pem');
    await using pod = await startPod({ body: () => 'a 1\n' });
    for (const host of ['127.0.0.1', 'localhost']) {
      using scraper = scraperOf(pod.url.replace('127.0.0.1', host), { ...verified, caFile: ca });
      t.match(await scraper.scrape(), { up: true, error: undefined }, host);
    }
  });

  await t.test('an address as server_name must be in the certificate', async (t) => {
    const ca = join(t.testdir({ 'ca.pem': authority.cert }), 'ca.pem');
    await using pod = await startPod({ body: () => 'a 1\n' });
    using scraper = scraperOf(pod.url.replace('127.0.0.1', 'localhost'), {
      ...verified,
      serverName: '10.9.8.7',
      caFile: ca,
    });
    t.match(await scraper.scrape(), { up: false, reason: 'tls', error: /10\.9\.8\.7/ });
  });

  await t.test('a client certificate', async (t) => {
    const client = authority.issue({ commonName: 'scraper' });
    const dir = t.testdir({ 'cert.pem': client.cert, 'key.pem': client.key });
    const seen: string[] = [];
    await using pod = await startPod({
      body: () => 'a 1\n',
      tls: { ca: authority.cert, requestCert: true, rejectUnauthorized: true },
      behaviour: {
        kind: 'custom',
        respond(request, response) {
          seen.push((request.socket as TLSSocket).getPeerCertificate().subject['CN'] as string);
          response.end('a 1\n');
        },
      },
    });
    using none = scraperOf(pod.url);
    t.match(await none.scrape(), { up: false, reason: /tls|connection/ }, 'without one it is refused');
    const files = { certFile: join(dir, 'cert.pem'), keyFile: join(dir, 'key.pem') };
    for (const tls of [files, { cert: client.cert, key: client.key }]) {
      using scraper = scraperOf(pod.url, { ...insecure, ...tls });
      t.match(await scraper.scrape(), { up: true });
    }
    t.same(seen, ['scraper', 'scraper']);
    writeFileSync(files.keyFile, createAuthority().key);
    using wrong = scraperOf(pod.url, { ...insecure, ...files });
    t.match(await wrong.scrape(), { up: false, reason: 'tls' }, "another one's key");
  });

  await t.test('files that change are taken up by the next connection', async (t) => {
    const dir = t.testdir({ 'ca.pem': createAuthority().cert });
    const caFile = join(dir, 'ca.pem');
    await using pod = await startPod({ body: () => 'a 1\n' });
    using scraper = scraperOf(pod.url, { ...verified, caFile });
    t.match(await scraper.scrape(), { reason: 'tls' }, 'the wrong one');
    writeFileSync(caFile, authority.cert);
    t.match(await scraper.scrape(), { up: true }, 'the right one');
    writeFileSync(caFile, createAuthority().cert);
    t.match(await scraper.scrape(), { up: true }, 'a connection that is there is kept');
    pod.disconnect();
    t.match(await scraper.scrape(), { reason: 'tls' }, 'the next one is verified anew');
    t.equal(pod.requests.count, 2);
  });

  await t.test('versions', async (t) => {
    for (const [maxVersion, want] of [
      ['TLSv1.2', 'TLSv1.2'],
      [undefined, 'TLSv1.3'],
    ] as const) {
      let protocol: string | null = null;
      await using pod = await startPod({
        body: () => '',
        behaviour: {
          kind: 'custom',
          respond(request, response) {
            protocol = (request.socket as TLSSocket).getProtocol();
            response.end('a 1\n');
          },
        },
      });
      using scraper = scraperOf(pod.url, { ...insecure, ...(maxVersion && { maxVersion }) });
      t.match(await scraper.scrape(), { up: true });
      t.equal(protocol, want);
    }
  });

  await t.test('key exchanges', async (t) => {
    for (const [ecdhCurve, chosen, why] of [
      ['X25519MLKEM768:X25519:P-256', 'X25519', 'a server of this day'],
      ['P-256:P-384', 'P-256', 'one that may not use X25519, as by FIPS 140'],
      ['P-521', 'P-521', 'the last that Go knew'],
    ] as const) {
      let offered = '';
      await using pod = await startPod({
        body: () => 'a 1\n',
        tls: { ...podCertificate(), ecdhCurve, ALPNProtocols: ['http/1.1'] },
      });
      // What passes by on the way to the pod.
      const way = createServer((socket) => {
        const behind = connect(pod.port, pod.address);
        socket.once('data', (hello) => (offered = sharesIn(hello as Buffer)));
        socket.pipe(behind).pipe(socket);
        for (const end of [socket, behind]) end.on('error', () => undefined);
      }).listen(0, '127.0.0.1');
      await once(way, 'listening');
      {
        using scraper = scraperOf(`https://127.0.0.1:${(way.address() as AddressInfo).port}/metrics`);
        t.match(await scraper.scrape(), { up: true, samples: 1 }, `${chosen}: ${why}`);
      }
      t.equal(offered, '001d', 'a key is made for X25519 alone');
      way.close();
    }
  });

  await t.test('server_name is what the pod is asked for', async (t) => {
    const names: (string | false | null)[] = [];
    await using pod = await startPod({
      body: () => '',
      tls: podCertificate(),
      behaviour: {
        kind: 'custom',
        respond(request, response) {
          names.push((request.socket as TLSSocket & { servername: string | false }).servername);
          response.end('a 1\n');
        },
      },
    });
    for (const [host, serverName] of [
      ['127.0.0.1', service],
      ['localhost', service],
      ['127.0.0.1', undefined],
      ['localhost', undefined],
      ['localhost', '10.0.0.1'],
      ['127.0.0.1', `${service}.`],
    ] as const) {
      const tls = { ...insecure, ...(serverName && { serverName }) };
      using scraper = scraperOf(pod.url.replace('127.0.0.1', host), tls);
      t.match(await scraper.scrape(), { up: true });
    }
    t.same(names, [service, service, false, 'localhost', false, service], 'an address is no name');
  });
});

t.test('what comes in pieces', async (t) => {
  const body = Array.from({ length: 300 }, (_, i) => `a{n="${i}"} ${i}\n`).join('');
  for (const gzip of [true, false]) {
    await using pod = await startPlainPod({
      body: () => body,
      gzip,
      behaviour: { kind: 'trickle', bytes: 97, ms: 0 },
    });
    using scraper = scraperOf(pod.url);
    t.match(await scraper.scrape(), { up: true, samples: 300, bodyBytes: body.length });
  }
});

/** The groups of the keys that a ClientHello sends along (RFC 8446, 4.2.8), in hexadecimal. */
function sharesIn(hello: Buffer): string {
  // Record and handshake headers, version, random; then session, cipher suites and compressions, each with its length before it.
  let at = 5 + 4 + 2 + 32;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  at += 2;
  while (hello.readUInt16BE(at) !== 51) at += 4 + hello.readUInt16BE(at + 2);
  const groups: string[] = [];
  const end = at + 6 + hello.readUInt16BE(at + 4);
  for (at += 6; at < end; at += 4 + hello.readUInt16BE(at + 2))
    groups.push(hello.toString('hex', at, at + 2));
  return groups.join(' ');
}
