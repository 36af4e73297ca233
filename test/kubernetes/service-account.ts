import { createPrivateKey, sign } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ApiClient } from './api-client.ts';
import { ISSUER } from './api-server.ts';
import type { ApiServer } from './api-server.ts';

/** What a pod of a ServiceAccount is given. */
export interface ServiceAccount {
  /** `ca.crt`, `namespace` and `token`, as they are mounted into a pod. */
  readonly folder: string;
  /** `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`. */
  readonly env: Readonly<Record<string, string>>;
  /** The path of a kubeconfig that names the files of `folder`. */
  readonly kubeconfig: string;
  /** A new token that the API makes. */
  requestToken(): Promise<string>;
  /** A token as the API would make it, which expires after so many seconds; the API itself makes none for less than ten minutes. */
  signToken(seconds: number): Promise<string>;
  /** Replaces the token's file as a kubelet does: the file is never half there. */
  writeToken(token: string): Promise<void>;
}

/** Makes the namespace and the ServiceAccount where they are missing, and its files below `folder`. */
export async function createServiceAccount(options: {
  readonly api: ApiServer;
  readonly admin: ApiClient;
  readonly folder: string;
  readonly namespace: string;
  readonly name: string;
}): Promise<ServiceAccount> {
  const { api, admin, namespace, name } = options;
  const folder = join(options.folder, 'service-accounts', namespace, name);
  await mkdir(folder, { recursive: true });
  await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await admin.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } });
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`;

  async function requestToken(): Promise<string> {
    const asked = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const { status } = await admin.ask('POST', `${path}/token`, asked);
    return (status as { token: string }).token;
  }
  async function signToken(seconds: number): Promise<string> {
    const { uid } = (await admin.ask('GET', path)).metadata as { uid?: string };
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: ISSUER,
      aud: [ISSUER],
      sub: `system:serviceaccount:${namespace}:${name}`,
      iat: now - 120,
      nbf: now - 120,
      exp: now + seconds,
      'kubernetes.io': { namespace, serviceaccount: { name, uid } },
    };
    const text = [{ alg: 'ES256', typ: 'JWT' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const key = createPrivateKey(api.serviceAccountKey);
    return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }
  async function write(file: string, text: string): Promise<void> {
    await writeFile(join(folder, `.${file}`), text);
    await rename(join(folder, `.${file}`), join(folder, file));
  }

  await write('ca.crt', api.ca);
  await write('namespace', namespace);
  await write('token', await requestToken());
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(
    kubeconfig,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [
        { name: 'test', cluster: { server: api.url, 'certificate-authority': join(folder, 'ca.crt') } },
      ],
      users: [{ name: 'test', user: { tokenFile: join(folder, 'token') } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace } }],
    }),
  );
  return {
    folder,
    env: { KUBERNETES_SERVICE_HOST: api.host, KUBERNETES_SERVICE_PORT: String(api.port) },
    kubeconfig,
    requestToken,
    signToken,
    writeToken: (token) => write('token', token),
  };
}
