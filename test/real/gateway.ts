import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { eventually, startServer } from './server.ts';
import type { Server } from './server.ts';

/** The gateway itself, started as a user starts it. */
export interface RunningGateway extends AsyncDisposable {
  readonly url: string;
  /** host:port, as a Prometheus writes a target. */
  readonly address: string;
  readonly server: Server;
}

const REPOSITORY = join(import.meta.dirname, '..', '..');
const LAUNCHER = join(REPOSITORY, 'bin', 'kubevirt-metrics-gateway.js');

/** The launcher takes the bundle where there is one: an old one would be tested in the place of the sources, and nobody told. */
function refuseOldBundle(): void {
  const bundle = join(REPOSITORY, 'dist', 'main.js');
  if (!existsSync(bundle)) return;
  const built = statSync(bundle).mtimeMs;
  for (const entry of readdirSync(join(REPOSITORY, 'src'), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && statSync(path).mtimeMs > built)
      throw new Error(`dist/main.js is older than ${path}: run npm run build, or remove dist`);
  }
}

/** Starts the gateway on a free port and resolves when `/-/ready` is 200. Rejects with its last log lines otherwise. */
export async function startGateway(
  configFile: string,
  args: readonly string[] = [],
): Promise<RunningGateway> {
  refuseOldBundle();
  const server = startServer(process.execPath, [
    LAUNCHER,
    `--config.file=${configFile}`,
    '--web.listen-address=127.0.0.1:0',
    ...args,
  ]);
  try {
    const listening = await server.line(/msg="?listening"?.* address=(127\.0\.0\.1:\d+)/);
    const address = listening[1]!;
    const url = `http://${address}`;
    await eventually('the gateway is ready', async (reason) => {
      const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
      reason(`status ${answer?.status} ${await answer?.text()}\n${server.output()}`);
      return answer?.status === 200 ? true : undefined;
    });
    return { url, address, server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
