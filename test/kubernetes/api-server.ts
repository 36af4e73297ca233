import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { createAuthority } from '../../simulator/certificate.ts';
import { eventually, startServer } from '../real/server.ts';
import type { Server } from '../real/server.ts';

/** A kube-apiserver with RBAC and TLS. Its certificates, keys and tokens stay over a restart. */
export interface ApiServer extends AsyncDisposable {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The authority of its certificate, as PEM. */
  readonly ca: string;
  /** The token of a user who may do everything. */
  readonly adminToken: string;
  /** The key that it signs tokens of ServiceAccounts with, as PEM. */
  readonly serviceAccountKey: string;
  /** The last lines that it logged. */
  output(): string;
  /** What ServiceAccounts have asked for so far, also before a restart; a watch is there when it has begun. */
  requests(): Promise<readonly AuditedRequest[]>;
  stop(): Promise<void>;
  /** Resolves when it is ready, with its built-in roles made. */
  start(): Promise<void>;
}

/** A request in the audit log. */
export interface AuditedRequest {
  /** The name of the ServiceAccount. */
  readonly account: string;
  readonly verb: string;
  /** Such as `pods`. */
  readonly resource: string;
  readonly query: Readonly<Record<string, string>>;
  readonly status: number;
}

export const ISSUER = 'https://kubernetes.default.svc';

const HOST = '10.244.0.1';
const PORT = 6443;
const ADMIN = 'admin-of-the-tests';

const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', userGroups: ['system:serviceaccounts'] }, { level: 'None' }],
};

/**
 * Starts kube-apiserver in the namespace of this process. Two of its admission plugins ask for controllers that are not here: ServiceAccount
 * for default accounts, TaintNodesByCondition for a controller of nodes. It takes some three seconds.
 */
export async function startApiServer(program: string, etcdUrl: string, folder: string): Promise<ApiServer> {
  const authority = createAuthority({ commonName: 'cluster-ca' });
  const own = authority.issue({
    commonName: 'kube-apiserver',
    dnsNames: ['kubernetes.default.svc', 'localhost'],
    ipAddresses: [HOST, '127.0.0.1', '::1'],
  });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serviceAccountKey = privateKey.export({ type: 'sec1', format: 'pem' });
  const files = {
    'ca.crt': authority.cert,
    'tls.crt': own.cert,
    'tls.key': own.key,
    'service-account.key': serviceAccountKey,
    // JSON is YAML.
    'audit.yaml': JSON.stringify(AUDIT_POLICY),
    'tokens.csv': `${ADMIN},admin,1,system:masters\n`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const at = (name: keyof typeof files): string => join(folder, name);
  const args = [
    `--etcd-servers=${etcdUrl}`,
    // Compacting is for the tests to do.
    '--etcd-compaction-interval=0',
    `--secure-port=${PORT}`,
    '--bind-address=::',
    `--advertise-address=${HOST}`,
    `--cert-dir=${folder}`,
    `--tls-cert-file=${at('tls.crt')}`,
    `--tls-private-key-file=${at('tls.key')}`,
    '--authorization-mode=Node,RBAC',
    `--token-auth-file=${at('tokens.csv')}`,
    `--service-account-issuer=${ISSUER}`,
    `--service-account-key-file=${at('service-account.key')}`,
    `--service-account-signing-key-file=${at('service-account.key')}`,
    '--service-cluster-ip-range=10.96.0.0/16,fd00:10:96::/112',
    '--disable-admission-plugins=ServiceAccount,TaintNodesByCondition',
    '--endpoint-reconciler-type=none',
    `--audit-policy-file=${at('audit.yaml')}`,
    `--audit-log-path=${join(folder, 'audit.log')}`,
    '--shutdown-delay-duration=0s',
    '--profiling=false',
  ];
  const url = `https://${HOST}:${PORT}`;
  let server: Server | undefined;
  async function start(): Promise<void> {
    server = startServer(program, args);
    const dispatcher = new Agent({ connect: { ca: authority.cert } });
    await using stack = new AsyncDisposableStack();
    stack.defer(() => dispatcher.destroy());
    await eventually(
      'kube-apiserver is ready',
      async (reason) => {
        const answer = await request(`${url}/readyz`, { dispatcher }).catch(() => undefined);
        const text = await answer?.body.text();
        reason(`${answer?.statusCode} ${text}\n${server?.output()}`);
        return answer?.statusCode === 200 ? true : undefined;
      },
      { tries: 1200, everyMs: 50 },
    );
  }
  async function stop(): Promise<void> {
    await server?.stop();
  }
  await start();
  return {
    url,
    host: HOST,
    port: PORT,
    ca: authority.cert,
    adminToken: ADMIN,
    serviceAccountKey,
    output: () => server?.output() ?? '',
    async requests() {
      const text = await readFile(join(folder, 'audit.log'), 'utf8');
      const entries = text.split('\n').slice(0, -1);
      return entries.flatMap((entry) => readAudit(JSON.parse(entry) as AuditEntry));
    },
    stop,
    start,
    [Symbol.asyncDispose]: stop,
  };
}

interface AuditEntry {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource?: string };
  readonly responseStatus?: { readonly code?: number };
}

/** A watch is told of when it begins and when it ends, everything else when it is answered. */
function readAudit(entry: AuditEntry): AuditedRequest[] {
  const { stage, verb, requestURI, user, objectRef, responseStatus } = entry;
  const status = responseStatus?.code ?? 0;
  if (stage === 'ResponseStarted' ? verb !== 'watch' : verb === 'watch' && status < 300) return [];
  const query = Object.fromEntries(new URL(requestURI, 'https://api').searchParams);
  const account = user.username.split(':').at(-1) ?? '';
  return [{ account, verb, resource: objectRef?.resource ?? '', query, status }];
}
