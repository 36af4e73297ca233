import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The gateway as a process of its own. Disposing ends it. */
export interface GatewayProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** The last lines of what it logged. */
  log(): string;
  /** Fulfilled when it has ended, with its exit code or the signal that ended it. */
  readonly exited: Promise<number | string>;
  /** Sends SIGTERM, and SIGKILL when it has not ended 10 s later. */
  stop(): Promise<number | string>;
}

const LAUNCHER = fileURLToPath(new URL('../bin/kubevirt-metrics-gateway.js', import.meta.url));
const LOG_CHARACTERS = 20_000;

/** Starts the gateway on an address (`host:port`) and waits until it is ready. Rejects, with its last log lines, when that fails within `readySeconds`. */
export async function startGatewayProcess(options: {
  readonly listen: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly readySeconds?: number;
  /** Given each piece of its log as it comes. */
  readonly onLog?: (text: string) => void;
}): Promise<GatewayProcess> {
  const { listen, args, readySeconds = 30 } = options;
  const child = spawn(process.execPath, [LAUNCHER, '--web.listen-address', listen, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: options.env ?? process.env,
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      log = (log + text).slice(-LOG_CHARACTERS);
      options.onLog?.(text);
    });
  }
  let ended = false;
  const exited = once(child, 'close').then(([code, signal]) => {
    ended = true;
    return (code ?? signal) as number | string;
  });
  async function stop(): Promise<number | string> {
    if (ended) return exited;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    const code = await exited;
    clearTimeout(timer);
    return code;
  }

  const url = `http://${listen}`;
  const deadline = performance.now() + readySeconds * 1000;
  let last = 'no answer yet';
  while (last !== '') {
    if (ended) throw new Error(`the gateway ended (${await exited}) before it was ready; it logged:\n${log}`);
    if (performance.now() > deadline) {
      await stop();
      throw new Error(`the gateway was not ready after ${readySeconds} s (${last}); it logged:\n${log}`);
    }
    // Before it listens another program may answer there.
    last = /msg"?[=:]"?listening/.test(log) ? await readiness(url) : 'it does not listen yet';
    if (last !== '') await Promise.race([sleep(50), exited]);
  }
  return {
    url,
    pid: child.pid ?? 0,
    log: () => log,
    exited,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

/** Why it is not ready; empty when it is. */
async function readiness(url: string): Promise<string> {
  try {
    const response = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2_000) });
    const text = await response.text();
    return response.status === 200 ? '' : `${response.status} ${text.trim()}`;
  } catch (error) {
    const { cause } = error as Error;
    return cause instanceof Error ? cause.message : String(error);
  }
}

/** The address itself when it is free, else the same host with a free port. */
export async function freeAddress(host: string, port: number): Promise<string> {
  for (const candidate of [port, 0]) {
    const server = createServer();
    server.listen({ host, port: candidate });
    const outcome = await once(server, 'listening').then(
      () => 'free',
      () => 'taken',
    );
    if (outcome === 'taken') continue;
    const { port: found } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return `${host}:${found}`;
  }
  throw new Error(`no free port on ${host}`);
}
