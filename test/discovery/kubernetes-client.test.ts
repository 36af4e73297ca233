import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { createKubernetesClient } from '../../src/discovery/kubernetes-client.ts';
import type { KubernetesClient } from '../../src/discovery/kubernetes-client.ts';
import { createAuthority } from '../../simulator/certificate.ts';
import { startKubernetesApi } from '../../simulator/kubernetes-api.ts';
import { temporaryFolder } from './fixture.ts';

function kubeconfig(server: string, { name = 'x', namespace = '', user = '{}', extra = '' } = {}): string {
  return `apiVersion: v1
kind: Config
current-context: ${name}
clusters: [{ name: ${name}, cluster: { server: "${server}"${extra} } }]
users: [{ name: ${name}, user: ${user} }]
contexts: [{ name: ${name}, context: { cluster: ${name}, user: ${name}, namespace: "${namespace}" } }]
`;
}

async function statusOf(client: KubernetesClient): Promise<number> {
  await using session = await client.open();
  const answer = await session.get('/api/v1/pods', new URLSearchParams(), AbortSignal.timeout(5000));
  await answer.body.dump();
  return answer.status;
}

t.test('where the kubeconfig comes from', async (t) => {
  await using folder = await temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  for (const name of ['file', 'flag', 'first', 'second'])
    await writeFile(at(name), kubeconfig(`https://${name}`, { name }));
  await mkdir(at('home/.kube'), { recursive: true });
  await writeFile(at('home/.kube/config'), kubeconfig('https://home', { namespace: 'mine' }));
  await mkdir(at('pod'));
  await writeFile(at('pod/token'), 'secret');
  await writeFile(at('pod/namespace'), 'pods-own\n');
  const inPod = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
  const all = { KUBECONFIG: at('first'), HOME: at('home'), ...inPod };
  const cases: {
    sd?: { kubeconfigFile?: string; apiServer?: string };
    flag?: string;
    env: Record<string, string>;
    server: string;
    namespace?: string;
  }[] = [
    { sd: { apiServer: 'https://direct' }, flag: at('flag'), env: all, server: 'https://direct' },
    { sd: { kubeconfigFile: at('file') }, flag: at('flag'), env: all, server: 'https://file' },
    { flag: at('flag'), env: all, server: 'https://flag' },
    { env: all, server: 'https://first' },
    { env: { ...all, KUBECONFIG: `${at('none')}:${at('second')}:${at('first')}` }, server: 'https://second' },
    { env: { ...all, KUBECONFIG: at('none') }, server: 'https://home', namespace: 'mine' },
    { env: { HOME: at('nobody'), ...inPod }, server: 'https://[fd00::1]:443', namespace: 'pods-own' },
  ];
  for (const { sd = {}, flag, env, server, namespace } of cases) {
    const client = await createKubernetesClient({ sd, kubeconfig: flag, env, serviceAccount: at('pod') });
    t.equal(client.server, server, `${server} from ${client.origin}`);
    t.equal(client.ownNamespace, namespace, `${server}: its namespace`);
  }
});

t.test('none found: the message names every place', async (t) => {
  const create = (env: Record<string, string>, more = {}): Promise<unknown> =>
    createKubernetesClient({ sd: {}, env, serviceAccount: '/no/account', ...more });
  await t.rejects(create({}), {
    name: 'KubeconfigError',
    message:
      'no kubeconfig found; looked at --kubeconfig (not given), KUBECONFIG (not set), ~/.kube/config (HOME is not set), the service account /no/account/token (does not exist); give one with --kubeconfig or KUBECONFIG, or run in a pod with a service account',
  });
  await t.rejects(create({ KUBECONFIG: '/no/file', HOME: '/no/home' }), {
    message: /KUBECONFIG \(no such file: \/no\/file\), \/no\/home\/.kube\/config \(does not exist\)/,
  });
  await t.rejects(create({}, { kubeconfig: '/no/file' }), {
    message:
      /^cannot read the kubeconfig \/no\/file: there is no such file; give --kubeconfig the path of one$/,
  });
});

t.test('files that are not a usable kubeconfig', async (t) => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'kubeconfig');
  const texts = [
    { text: 'clusters: [', want: /^cannot read the kubeconfig / },
    { text: '', want: /^cannot read the kubeconfig / },
    {
      text: 'current-context: nowhere',
      want: /the current context "nowhere" names no cluster with a server/,
    },
  ];
  for (const { text, want } of texts) {
    await writeFile(file, text);
    const created = createKubernetesClient({ sd: {}, kubeconfig: file, env: {} });
    await t.rejects(created, { name: 'KubeconfigError', message: want }, JSON.stringify(text));
  }
});

t.test('plain HTTP without credentials', async (t) => {
  await using api = await startKubernetesApi();
  const client = await createKubernetesClient({ sd: { apiServer: `${api.url}/` }, env: {} });
  t.equal(await statusOf(client), 200);
});

t.test('HTTPS: the CA of the kubeconfig, a token, and a token that is replaced', async (t) => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'kubeconfig');
  const authority = createAuthority();
  const { key, cert } = authority.issue({ commonName: 'api', ipAddresses: ['127.0.0.1'] });
  await using api = await startKubernetesApi({ tls: { key, cert, ca: authority.cert }, token: 'new' });
  await writeFile(file, api.kubeconfig().replace('"new"', '"old"'));
  const client = await createKubernetesClient({ sd: {}, kubeconfig: file, env: {} });
  t.equal(await statusOf(client), 401);
  await writeFile(file, api.kubeconfig());
  t.equal(await statusOf(client), 200, 'read again after the refusal');

  await writeFile(file, kubeconfig(api.url, { user: '{ token: new }' }));
  const distrusting = await createKubernetesClient({ sd: {}, kubeconfig: file, env: {} });
  const message = new RegExp(
    `^the certificate of ${api.url} is not to be trusted .*; look at the certificate authority of --?kubeconfig ${file}$`,
  );
  await t.rejects(statusOf(distrusting), { message }, 'an unknown CA is refused, and named');

  const data = Buffer.from(authority.cert).toString('base64');
  await writeFile(file, kubeconfig(api.url, { user: '', extra: `, certificate-authority-data: ${data}` }));
  const anonymous = await createKubernetesClient({ sd: {}, kubeconfig: file, env: {} });
  t.equal(await statusOf(anonymous), 401, 'the CA counts without a user too');
});

t.test('a token file of a kubeconfig, which is replaced', async (t) => {
  await using folder = await temporaryFolder();
  await using api = await startKubernetesApi({ token: 'new' });
  const file = join(folder.path, 'kubeconfig');
  await writeFile(file, kubeconfig(api.url, { user: '{ tokenFile: token }' }));
  await writeFile(join(folder.path, 'token'), 'old');
  const client = await createKubernetesClient({ sd: {}, kubeconfig: file, env: {} });
  t.equal(await statusOf(client), 401);
  await writeFile(join(folder.path, 'token'), 'new\n');
  t.equal(await statusOf(client), 200, 'read for every session, beside the kubeconfig');
  // As kubectl does it: the first file to define a user wins, with all that it says of it.
  const first = join(folder.path, 'first');
  await writeFile(first, kubeconfig(api.url, { user: '{}' }));
  const env = { KUBECONFIG: `${first}:${file}` };
  t.equal(await statusOf(await createKubernetesClient({ sd: {}, env })), 401);
});

t.test('HTTPS with the service account of a pod', async (t) => {
  await using folder = await temporaryFolder();
  const authority = createAuthority();
  const { key, cert } = authority.issue({ commonName: 'api', ipAddresses: ['127.0.0.1'] });
  await using api = await startKubernetesApi({ tls: { key, cert }, token: 'secret' });
  await writeFile(join(folder.path, 'ca.crt'), authority.cert);
  await writeFile(join(folder.path, 'token'), 'secret');
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: new URL(api.url).port };
  const client = await createKubernetesClient({ sd: {}, env, serviceAccount: folder.path });
  t.equal(await statusOf(client), 200);
  t.equal(client.ownNamespace, undefined, 'a service account without a namespace file');
  await writeFile(join(folder.path, 'token'), 'expired');
  t.equal(await statusOf(client), 401);
  await writeFile(join(folder.path, 'token'), 'secret');
  t.equal(await statusOf(client), 200, 'the token is read anew');
});
