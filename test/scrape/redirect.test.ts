import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { Connection } from '../../src/scrape/connection.ts';
import type { FailureReason } from '../../src/scrape/failure.ts';
import { placeOf, redirectedTo, refererOf } from '../../src/scrape/redirect.ts';
import { insecure, scraperOf } from './fixture.ts';

interface Server extends AsyncDisposable {
  readonly url: string;
  /** The requests so far. */
  readonly requests: IncomingMessage[];
  connections: number;
}

async function serve(respond: (path: string, response: ServerResponse) => void): Promise<Server> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    respond(request.url!, response);
  });
  const result: Server = {
    url: '',
    requests,
    connections: 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on('connection', () => result.connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(result, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

/** `/n` leads to `/n-1`, and `/0` is the exposition. */
function staircase(path: string, response: ServerResponse): void {
  const steps = Number(path.slice(1));
  if (steps === 0) response.end('a 1\n');
  else response.writeHead(302, { location: `/${steps - 1}` }).end('go on');
}

t.test('redirects are followed as Go follows them', async (t) => {
  await using stairs = await serve(staircase);
  await using other = await serve((_path, response) => response.end('b 1\nb 2\n'));
  const answer = (status: number, location?: string) =>
    serve((path, response) => {
      if (path === '/to') response.end('a 1\n');
      else response.writeHead(status, location === undefined ? {} : { location }).end();
    });
  const cases: readonly {
    readonly why: string;
    readonly server: Server;
    readonly path: string;
    readonly want: number | FailureReason;
    readonly error?: RegExp;
    readonly follow?: boolean;
  }[] = [
    ...(await Promise.all(
      [301, 302, 303, 307, 308].map(async (status) => ({
        why: String(status),
        server: await answer(status, '/to'),
        path: '/x',
        want: 1,
      })),
    )),
    { why: 'a relative path', server: await answer(302, 'to?#x'), path: '/x', want: 'redirect' },
    { why: 'another server', server: await answer(302, other.url), path: '/x', want: 2 },
    { why: 'nine of them', server: stairs, path: '/9', want: 1 },
    { why: 'ten', server: stairs, path: '/10', want: 'redirect', error: /stopped after 10 redirects/ },
    { why: 'no Location', server: await answer(302), path: '/x', want: 'redirect', error: /302 Found/ },
    { why: 'an empty one', server: await answer(302, ''), path: '/x', want: 'redirect' },
    {
      why: 'a Location that is no URL',
      server: await answer(302, 'http://[x'),
      path: '/x',
      want: 'redirect',
      error: /"http:\/\/\[x" of a redirect is no URL/,
    },
    {
      why: 'another scheme',
      server: await answer(302, 'ftp://a/b'),
      path: '/x',
      want: 'redirect',
      error: /has a scheme other than http/,
    },
    {
      why: 'forbidden',
      server: await answer(302, '/to'),
      path: '/x',
      want: 'redirect',
      follow: false,
      error: /302 Found/,
    },
    { why: '300 is none', server: await answer(300, '/to'), path: '/x', want: 'http_status' },
    { why: '304 is none', server: await answer(304, '/to'), path: '/x', want: 'http_status' },
  ];
  for (const { why, server, path, want, error, follow = true } of cases) {
    using scraper = scraperOf(server.url + path, insecure, { followRedirects: follow });
    const outcome = await scraper.scrape();
    if (why === 'a relative path') {
      t.match(outcome, { up: false, reason: 'redirect' }, `${why}: /to? is another path each time`);
      t.equal(server.requests.at(1)?.url, '/to?', 'its query stays and its fragment goes');
    } else if (typeof want === 'number') t.match(outcome, { up: true, samples: want }, why);
    else t.match(outcome, { up: false, reason: want, ...(error && { error }) }, why);
  }
  for (const { server } of cases) if (server !== stairs) await server[Symbol.asyncDispose]();
});

t.test('connections are kept, and those of former redirects are not', async (t) => {
  let place = '';
  await using first = await serve((_path, response) => response.end('a 1\n'));
  await using second = await serve((_path, response) => response.end('a 1\n'));
  await using from = await serve((_path, response) =>
    response.writeHead(307, { location: `${place}/x` }).end(),
  );
  using scraper = scraperOf(`${from.url}/metrics`);
  for (const { url } of [first, first, second, second, first]) {
    place = url;
    t.match(await scraper.scrape(), { up: true });
  }
  t.equal(from.connections, 1);
  t.equal(second.connections, 1);
  t.equal(first.connections, 2, 'left and found again');
  t.match(first.requests[0]?.headers, {
    referer: `${from.url}/metrics`,
    'x-prometheus-scrape-timeout-seconds': '9.75',
    'user-agent': 'kubevirt-metrics-gateway/1.2.3',
  });
});

t.test('a redirect with a long body costs its connection, not the scrape', async (t) => {
  await using server = await serve((path, response) => {
    if (path === '/to') response.end('a 1\n');
    else {
      response.writeHead(302, { location: '/to' });
      // For ever.
      const timer = setInterval(() => response.write('x'.repeat(1000)), 1);
      response.once('close', () => clearInterval(timer));
    }
  });
  using scraper = scraperOf(`${server.url}/x`);
  // It is called with the connection that it belongs to.
  // oxlint-disable-next-line typescript/unbound-method
  const requests = t.capture(Connection.prototype, 'dispatch', Connection.prototype.dispatch);
  t.match(await scraper.scrape(), { up: true, samples: 1 });
  t.equal(server.connections, 2);
  t.equal(requests().length, 2, 'and none is sent to a connection that is closed');
});

t.test('where a redirect leads, and what is told of where it came from', async (t) => {
  const from = placeOf('https://u:p@pod:8443/a/b?c=d')!;
  const cases: readonly (readonly [location: string, want: string, why: string])[] = [
    ['/x', 'https://pod:8443 /x', 'a path'],
    ['x', 'https://pod:8443 /a/x', 'a relative one'],
    ['../x', 'https://pod:8443 /x', 'one up'],
    ['../../../x/.', 'https://pod:8443 /x/', 'up beyond the root'],
    ['?q=1', 'https://pod:8443 /a/b?q=1', 'a query'],
    ['#f', 'https://pod:8443 /a/b?c=d', 'a fragment'],
    ['//other', 'https://other /', 'another host'],
    ['http://u:p@other:81?q', 'http://other:81 /?q', 'another scheme, without a path'],
    ['HTTPS://Other/', 'https://other /', 'in capitals'],
    ['/a\\b', 'https://pod:8443 /a%5Cb', 'a backslash is no slash'],
    ['\\\\other\\x', 'https://pod:8443 /a/%5C%5Cother%5Cx', 'nor two'],
    ['/a/%2e%2e/b', 'https://pod:8443 /a/%2e%2e/b', 'dots that are escaped'],
    ["/[']", "https://pod:8443 /[']", 'legal'],
    ["/|[']", 'https://pod:8443 /%7C%5B%27%5D', 'one that is not takes the others with it'],
    ['/\u00e9', 'https://pod:8443 /%E9', 'bytes'],
    ['/q?"<>\'', 'https://pod:8443 /q?"<>\'', 'a query stays'],
    ['/a%zz', 'has a broken escape', ''],
    ['/a\tb', 'has control characters', ''],
    ['/q?a b', 'has a blank in its query', 'the server would refuse it'],
    ['http:other/x', 'has no host', ''],
    ['http:/other/x', 'has no host', ''],
    ['http://0x7f.0.0.1/', 'is no URL', 'another spelling of an address'],
    ['1:2', 'is no URL', 'a colon in the first segment'],
  ];
  for (const [location, want, why] of cases) {
    let got: string;
    try {
      const { origin, path } = redirectedTo(from, location);
      got = `${origin} ${path}`;
    } catch (error) {
      got = (error as Error).message;
    }
    t.ok(got === want || got.endsWith(want), `${location}: ${got}, ${why}`);
  }
  t.equal(refererOf(from, placeOf('https://other/')!), 'https://pod:8443/a/b?c=d');
  t.equal(refererOf(from, placeOf('http://other/')!), undefined);
});
