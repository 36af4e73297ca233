import { join } from 'node:path';
import { request } from 'undici';
import { eventually, startServer } from '../real/server.ts';
import type { Server } from '../real/server.ts';

/** The store of an API server. Its data stay over a restart. */
export interface Etcd extends AsyncDisposable {
  readonly url: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Forgets all revisions but the present one: whoever asks for changes since then is told that they are gone. */
  compact(): Promise<void>;
}

const URL_OF_PEERS = 'http://127.0.0.1:2380';

/** Starts etcd in the namespace of this process, with its data in `folder`; the port is the usual one, since nobody else is here. */
export async function startEtcd(program: string, folder: string): Promise<Etcd> {
  const url = 'http://127.0.0.1:2379';
  let server: Server | undefined;
  async function start(): Promise<void> {
    server = startServer(program, [
      '--name=test',
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${URL_OF_PEERS}`,
      `--initial-advertise-peer-urls=${URL_OF_PEERS}`,
      `--initial-cluster=test=${URL_OF_PEERS}`,
      '--log-level=error',
    ]);
    await eventually(
      'etcd answers',
      async (reason) => {
        const answer = await request(`${url}/health`).catch(() => undefined);
        reason(server?.output() ?? '');
        return (await answer?.body.text())?.includes('true');
      },
      { tries: 600, everyMs: 50 },
    );
  }
  async function ask(path: string, body: object): Promise<unknown> {
    const answer = await request(`${url}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`etcd ${path}: ${answer.statusCode} ${text}`);
    return JSON.parse(text);
  }
  async function stop(): Promise<void> {
    await server?.stop();
  }
  await start();
  return {
    url,
    stop,
    start,
    async compact() {
      const { header } = (await ask('kv/range', { key: 'AA==' })) as { header: { revision: string } };
      await ask('kv/compaction', { revision: header.revision, physical: true });
    },
    [Symbol.asyncDispose]: stop,
  };
}
