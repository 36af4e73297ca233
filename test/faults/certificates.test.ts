import { writeFile } from 'node:fs/promises';
import type { ServerOptions } from 'node:https';
import { join } from 'node:path';
import t from 'tap';

import { createAuthority, createSelfSigned } from '../../simulator/certificate.ts';
import type { KeyPair } from '../../simulator/certificate.ts';
import { addressIn } from '../../simulator/network.ts';
import { podAuthority, podCertificate, startPod } from '../../simulator/pod.ts';
import { verdictOf } from './answer-reader.ts';
import { reaches, startCluster } from './cluster.ts';
import { checkOthers } from './fault.ts';
import { memoryOf, MIB } from './process-memory.ts';
import { socketsTo } from './sockets.ts';

const SERVER_NAME = 'virt-handler.kubevirt.svc';
const DAY_MS = 86_400_000;

function signed(from: number, to: number, name: string = SERVER_NAME): KeyPair {
  return podAuthority().issue({
    commonName: name,
    dnsNames: [name],
    notBefore: new Date(Date.now() + from * DAY_MS),
    notAfter: new Date(Date.now() + to * DAY_MS),
  });
}

const rows: {
  readonly name: string;
  readonly tls: ServerOptions;
  /** Under `insecure_skip_verify`, and with `ca_file` and `server_name`. */
  readonly want: readonly [insecure: string, verified: string];
}[] = [
  { name: 'as it should be', tls: podCertificate(), want: ['up', 'up'] },
  { name: 'expired', tls: signed(-30, -1), want: ['up', 'tls'] },
  { name: 'not yet valid', tls: signed(1, 30), want: ['up', 'tls'] },
  {
    name: 'self-signed',
    tls: createSelfSigned({ commonName: SERVER_NAME, dnsNames: [SERVER_NAME] }),
    want: ['up', 'tls'],
  },
  {
    name: 'of another authority',
    tls: createAuthority().issue({ commonName: SERVER_NAME, dnsNames: [SERVER_NAME] }),
    want: ['up', 'tls'],
  },
  { name: 'of another name', tls: signed(-1, 30, 'virt-api.kubevirt.svc'), want: ['up', 'tls'] },
  {
    name: 'TLS 1.0',
    tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' },
    want: ['tls', 'tls'],
  },
  {
    name: 'TLS 1.1',
    tls: { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    want: ['tls', 'tls'],
  },
  { name: 'TLS 1.2', tls: { maxVersion: 'TLSv1.2' }, want: ['up', 'up'] },
];

t.test('certificates and versions of TLS', async (t) => {
  const targets = (folder: string): string => join(folder, 'verified.json');
  let folder = '';
  await using cluster = await startCluster({
    faulty: { pods: 1 },
    async config(into) {
      folder = into;
      const ca = join(folder, 'ca.pem');
      await writeFile(ca, podAuthority().cert);
      return `- { job_name: verified, scheme: https, honor_labels: true, tls_config: { ca_file: "${ca}", server_name: ${SERVER_NAME} }, file_sd_configs: [{ files: ["${targets(folder)}"] }] }\n`;
    },
  });
  await using stack = new AsyncDisposableStack();
  const pods = await Promise.all(
    rows.map(async ({ name, tls }, i) => {
      // Between the healthy pods in the order of the targets.
      const address = addressIn(cluster.network, 350 + i);
      const body = `tls_pod{text="${name}"} 1\n`;
      return stack.use(await startPod({ address, port: 8443, tls, body: () => body }));
    }),
  );
  const addresses = pods.map(({ address, port }) => `${address}:${port}`);
  const groups = [{ targets: addresses, labels: { role: 'tls' } }];
  await writeFile(targets(folder), JSON.stringify(groups));
  await cluster.setTargets(groups);

  for (const round of ['first', 'second']) {
    await t.test(`the ${round} round`, async (t) => {
      const all = async (): Promise<boolean> =>
        verdictOf(await cluster.ask(10), addresses[0]!, 'verified') !== 'absent';
      t.ok(await reaches(all, true), 'both jobs have the pods');
      const answer = await cluster.ask(10);
      checkOthers(t, cluster, answer, 10);
      for (const [i, { name, want }] of rows.entries()) {
        const found = ['pods', 'verified'].map((job) => verdictOf(answer, addresses[i]!, job));
        t.strictSame(found, want, name);
      }
      const kept = (): string => socketsTo(addresses).join();
      const wanted = rows.map(({ want }) => want.filter((verdict) => verdict === 'up').length).join();
      t.equal(await reaches(kept, wanted, 5), wanted, 'a connection for each job that may have one');
      const grown = (memoryOf(cluster.pid, 'VmRSS') - cluster.baselineMemory) / MIB;
      t.ok(grown < 50, 'memory is as before', { grown });
      t.equal(await cluster.telemetry('worker_crashes_total'), 0);
    });
  }
});
