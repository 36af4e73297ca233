import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

import { eventually, startServer } from '../test/real/server.ts';
import type { Server } from '../test/real/server.ts';

/** The gateway as it ships. */
export interface ShippedGateway extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

const ROOT = join(import.meta.dirname, '..');

/**
 * Makes the package in a folder of its own and returns its launcher. The repository's own dist/ stays as it is: one that is left behind
 * would be started from then on in the place of the sources. `root` is the repository, or another revision of it.
 */
export async function buildGateway(folder: string, root: string = ROOT): Promise<string> {
  const home = join(folder, 'package');
  await mkdir(home, { recursive: true });
  for (const name of ['package.json', 'tsconfig.json', 'bin', 'scripts', 'src', 'assembly']) {
    // Older revisions have no assembly/.
    if (!existsSync(join(root, name))) continue;
    await cp(join(root, name), join(home, name), { recursive: true });
  }
  const modules = join(home, 'node_modules');
  await symlink(join(ROOT, 'node_modules'), modules);
  const built = spawnSync(process.execPath, [join(home, 'scripts', 'build.ts')], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`scripts/build.ts ended with ${built.status}:\n${built.stderr}`);
  // What ships has none.
  await unlink(modules);
  return join(home, 'bin', 'kubevirt-metrics-gateway.js');
}

/** Starts the built gateway, which uses scrapes again for so long, on a free port of 127.0.0.1 and resolves when it is ready. Rejects with its last log lines. */
export async function startShippedGateway(
  launcher: string,
  config: object,
  folder: string,
  reuse: string,
): Promise<ShippedGateway> {
  const configFile = join(folder, 'gateway.yml');
  await writeFile(configFile, stringify(config));
  const server: Server = startServer(process.execPath, [
    launcher,
    `--config.file=${configFile}`,
    '--web.listen-address=127.0.0.1:0',
    `--scrape.reuse=${reuse}`,
  ]);
  try {
    const listening = await server.line(/msg="?listening"?.* address=(127\.0\.0\.1:\d+)/);
    const url = `http://${listening[1]}`;
    await eventually('the gateway is ready', async (reason) => {
      const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
      reason(`status ${answer?.status}\n${server.output()}`);
      return answer?.status === 200 ? true : undefined;
    });
    return { url, pid: server.pid, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
