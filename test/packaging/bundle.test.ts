import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createProxy } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import t from 'tap';
import { bundle, copyAssets, PROGRAM, root } from '../../scripts/bundle.ts';
import { slimPackages } from '../../scripts/slim-packages.ts';
import * as sources from '../../src/discovery/kubernetes-client.ts';
import { createAuthority } from '../../simulator/certificate.ts';
import { startKubernetesApi } from '../../simulator/kubernetes-api.ts';
import { until } from '../discovery/fixture.ts';

const authority = createAuthority();

/** An API server that tells who asks: the certificate's name, or else the credentials. */
async function startServer(): Promise<{ readonly port: number } & AsyncDisposable> {
  const { key, cert } = authority.issue({ commonName: 'api', ipAddresses: ['127.0.0.1'] });
  const tls = { key, cert, ca: authority.cert, requestCert: true, rejectUnauthorized: false };
  const server = createServer(tls, (request, response) => {
    const socket = request.socket as TLSSocket;
    const { authorization = 'nobody' } = request.headers;
    const who = socket.authorized ? String(socket.getPeerCertificate().subject.CN) : authorization;
    response.end(`${who} ${request.url}`);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

/** A proxy for CONNECT, and what it was asked for. */
async function startProxy(): Promise<
  { readonly url: string; readonly asked: readonly string[] } & AsyncDisposable
> {
  const asked: string[] = [];
  const proxy = createProxy().on('connect', ({ url = '' }, socket) => {
    asked.push(url);
    const [host, port] = url.split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    for (const each of [socket, onward]) each.on('error', () => onward.destroy());
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: async () => void proxy.close(),
  };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

t.test('the bundled Kubernetes client has every way of authentication that the sources have', async (t) => {
  const folder = t.testdir();
  const at = (name: string): string => path.join(folder, name);
  await bundle(at('dist'), { client: 'src/discovery/kubernetes-client.ts' });
  const bundled = (await import(pathToFileURL(at('dist/client.js')).href)) as typeof sources;
  await using server = await startServer();
  await using proxy = await startProxy();

  writeFileSync(at('token'), 'filed');
  writeFileSync(at('ca.crt'), authority.cert);
  const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' };
  const told = JSON.stringify({ ...credential, status: { token: 'executed' } });
  writeFileSync(at('plugin'), `#!/bin/sh\necho '${told}'\n`);
  chmodSync(at('plugin'), 0o755);
  const { key, cert } = authority.issue({ commonName: 'the certificate' });
  const cases: { name: string; user?: object; proxyUrl?: string; want: string }[] = [
    {
      name: 'a client certificate',
      user: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) },
      want: 'the certificate',
    },
    { name: 'a token', user: { token: 'given' }, want: 'Bearer given' },
    { name: 'a password', user: { username: 'u', password: 'p' }, want: `Basic ${base64('u:p')}` },
    {
      name: 'a program',
      user: { exec: { apiVersion: credential.apiVersion, command: at('plugin') } },
      want: 'Bearer executed',
    },
    {
      name: 'a token file',
      user: { 'auth-provider': { name: 'tokenFile', config: { tokenFile: at('token') } } },
      want: 'Bearer filed',
    },
    { name: 'a proxy', user: { token: 'carried' }, proxyUrl: proxy.url, want: 'Bearer carried' },
    { name: 'the service account', want: 'Bearer filed' },
  ];
  for (const [where, { createKubernetesClient }] of Object.entries({ sources, bundled })) {
    for (const { name, user, proxyUrl, want } of cases) {
      const cluster = {
        server: `https://127.0.0.1:${server.port}`,
        'certificate-authority-data': base64(authority.cert),
        'proxy-url': proxyUrl,
      };
      const kubeconfig = {
        clusters: [{ name: 'c', cluster }],
        users: [{ name: 'u', user }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      };
      // JSON is YAML.
      writeFileSync(at('kubeconfig'), JSON.stringify(kubeconfig));
      const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: `${server.port}` };
      const client = await createKubernetesClient({
        sd: {},
        kubeconfig: user === undefined ? undefined : at('kubeconfig'),
        env,
        serviceAccount: folder,
      });
      await using session = await client.open();
      const query = new URLSearchParams({ watch: 'true' });
      const { status, body } = await session.get('/api/v1/pods', query, AbortSignal.timeout(30_000));
      t.same([status, await body.text()], [200, `${want} /api/v1/pods?watch=true`], `${where}: ${name}`);
    }
  }
  t.same(proxy.asked, Array(2).fill(`127.0.0.1:${server.port}`), 'the proxy was used');

  const { key: ownKey, cert: ownCert } = authority.issue({ commonName: 'api', ipAddresses: ['127.0.0.1'] });
  const newer = createSecureServer({ key: ownKey, cert: ownCert }, (request, response) => {
    response.end(`HTTP/${request.httpVersion}`);
  });
  await once(newer.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => newer.close());
  const cluster = {
    server: `https://127.0.0.1:${(newer.address() as AddressInfo).port}`,
    'certificate-authority-data': base64(authority.cert),
  };
  const contexts = [{ name: 'x', context: { cluster: 'c', user: 'u' } }];
  const kubeconfig = { clusters: [{ name: 'c', cluster }], users: [{ name: 'u', user: { token: 'given' } }] };
  writeFileSync(at('kubeconfig'), JSON.stringify({ ...kubeconfig, contexts, 'current-context': 'x' }));
  const client = await bundled.createKubernetesClient({ sd: {}, kubeconfig: at('kubeconfig'), env: {} });
  await using session = await client.open();
  const { body } = await session.get('/api', new URLSearchParams(), AbortSignal.timeout(30_000));
  t.equal(await body.text(), 'HTTP/2.0', 'what is read only for HTTP/2 is there');
});

t.test('the bundled program finds pods by its Kubernetes client', async (t) => {
  const folder = t.testdir();
  mkdirSync(path.join(folder, 'dist'));
  const { inputs, outputs } = await bundle(path.join(folder, 'dist'), PROGRAM);
  await copyAssets(path.join(folder, 'dist'));
  const idle = /client-node\/dist\/gen\/(?:models|apis|types)\/|undici\/lib\/(?:mock|cache|web\/websocket)\//;
  t.same(
    Object.keys(inputs).filter((file) => idle.test(file)),
    [],
    'nothing is in it that nobody can reach',
  );
  t.same(
    Object.values(outputs)
      .flatMap(({ imports }) => imports)
      .filter((each) => each.kind === 'import-statement' && /^(?:node:)?http2?$/.test(each.path)),
    [],
    "nothing of Node's is loaded for names that nobody uses",
  );

  await using api = await startKubernetesApi({ token: 'secret' });
  const kubeconfig = path.join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, api.kubeconfig());
  const program = spawn(process.execPath, [
    path.join(folder, 'dist/main.js'),
    '--web.listen-address=127.0.0.1:0',
    `--kubeconfig=${kubeconfig}`,
  ]);
  t.teardown(() => program.kill('SIGKILL'));
  let log = '';
  // Read to the end: a program whose pipe is closed ends at its next line.
  program.stderr.setEncoding('utf8').on('data', (chunk: string) => (log += chunk));
  await until(() => log.includes('msg="targets changed"') && log.includes('msg=listening'));
  t.match(log, /msg="targets changed" targets=0/);
  await until(() => api.watches > 0);
  const [, address] = /msg=listening address=(\S+)/.exec(log) ?? [];
  const answer = await fetch(`http://${address}/metrics`);
  t.equal(answer.status, 200, log);
  await answer.text();

  const page = await fetch(`http://${address}/targets`);
  t.equal(page.status, 200);
  const text = await page.text();
  const style = /href="(targets\/page\.[0-9a-f]+\.css)"/.exec(text)?.[1];
  t.equal((await fetch(`http://${address}/${style}`)).headers.get('content-type'), 'text/css; charset=utf-8');
  const { imports, inputs: own } = Object.entries(outputs).find(([file]) => file.endsWith('/main.js'))![1];
  const early = new Set(imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path));
  const atStart = [
    own,
    ...Object.entries(outputs).flatMap(([file, { inputs }]) => (early.has(file) ? [inputs] : [])),
  ];
  t.notOk(
    atStart.some((inputs) => Object.keys(inputs).some((file) => file.includes('html-template'))),
    'what the page needs is read when it is asked for',
  );
});

t.test(
  'a package whose files have moved, or of which something else is needed, fails the build',
  async (t) => {
    const dir = t.testdir({ 'more.ts': "import { Pool } from 'undici'; console.log(Pool);" });
    const options = { bundle: true, write: false, platform: 'node', logLevel: 'silent' } as const;
    const make = (entry: string, at: string): Promise<unknown> =>
      build({ ...options, entryPoints: [entry], plugins: [slimPackages(at)] });
    const library = path.join(root, 'src/discovery/kubernetes-library.ts');
    await t.resolves(make(library, root));
    await t.rejects(make(library, '/'), { message: /Could not resolve "@kubernetes\/client-node\/dist\// });
    await t.rejects(make(path.join(dir, 'more.ts'), root), { message: /No matching export .* "Pool"/ });
  },
);
