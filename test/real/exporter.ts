import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

import { podCertificate } from '../../simulator/pod.ts';
import { findPrometheus } from './prometheus.ts';
import { eventually, findExecutable, startServer } from './server.ts';

/** A real client_golang server in the place of a pod: HTTPS on `address`:8443, path `/metrics`. */
export interface Exporter extends AsyncDisposable {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

/** How to start one of the real servers; `missing` says what to install where it was not found. */
export interface ExporterProgram {
  readonly name: string;
  readonly missing?: string;
  start(address: string): Promise<Exporter>;
}

interface Invocation {
  readonly path: string | undefined;
  readonly install: string;
  args(address: string, folder: string): readonly string[];
}

const PORT = 8443;

/** Prometheus itself, node_exporter and etcd, each with its own TLS: no proxy stands between them and the scrape. */
export function exporterPrograms(): readonly ExporterProgram[] {
  return [
    program('node-exporter', {
      path: findExecutable('prometheus-node-exporter', 'node_exporter'),
      install: 'apt-get install prometheus-node-exporter',
      args: (address, folder) => [
        `--web.listen-address=${address}:${PORT}`,
        `--web.config.file=${folder}/web.yml`,
      ],
    }),
    program('prometheus', {
      path: findPrometheus()[0]?.path,
      install: 'apt-get install prometheus, or set PROMETHEUS',
      args: (address, folder) => [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=${address}:${PORT}`,
        `--web.config.file=${folder}/web.yml`,
      ],
    }),
    program('etcd', {
      path: findExecutable('etcd'),
      install: 'apt-get install etcd-server',
      args: (address, folder) => [
        `--data-dir=${folder}/data`,
        `--listen-metrics-urls=https://${address}:${PORT}`,
        `--cert-file=${folder}/tls.crt`,
        `--key-file=${folder}/tls.key`,
        `--listen-client-urls=http://${address}:2379`,
        `--advertise-client-urls=http://${address}:2379`,
        `--listen-peer-urls=http://${address}:2380`,
        `--initial-advertise-peer-urls=http://${address}:2380`,
        `--initial-cluster=default=http://${address}:2380`,
        '--log-outputs=stderr',
      ],
    }),
  ];
}

function program(name: string, invocation: Invocation): ExporterProgram {
  const { path } = invocation;
  return {
    name,
    ...(path === undefined ? { missing: `${name} not found: ${invocation.install}` } : {}),
    async start(address) {
      if (path === undefined) throw new Error(`${name} not found: ${invocation.install}`);
      const folder = await mkdtemp(join(tmpdir(), `${name}-`));
      const { cert, key } = podCertificate();
      await writeFile(join(folder, 'tls.crt'), cert);
      await writeFile(join(folder, 'tls.key'), key);
      await writeFile(
        join(folder, 'web.yml'),
        stringify({ tls_server_config: { cert_file: 'tls.crt', key_file: 'tls.key' } }),
      );
      await writeFile(join(folder, 'prometheus.yml'), '');
      const server = startServer(path, invocation.args(address, folder), { cwd: folder });
      const exporter: Exporter = {
        name,
        address,
        port: PORT,
        async [Symbol.asyncDispose]() {
          await server.stop();
          await rm(folder, { recursive: true, force: true });
        },
      };
      try {
        await eventually(`${name} answers on ${address}:${PORT}`, async (reason) => {
          const status = await statusOf(`https://${address}:${PORT}/metrics`).catch(String);
          reason(`${status}\n${server.output()}`);
          return status === 200 ? true : undefined;
        });
      } catch (error) {
        await exporter[Symbol.asyncDispose]();
        throw error;
      }
      return exporter;
    },
  };
}

function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(2_000);
    get(url, { rejectUnauthorized: false, agent: false, signal }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode));
    }).once('error', reject);
  });
}
