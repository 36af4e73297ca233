import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The sources: the launcher would take a bundle that may be older. */
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface Ended {
  /** The exit status, or the signal that ended it. */
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program as a process of its own. Disposing kills it when it still runs. */
export interface Program extends AsyncDisposable {
  readonly process: ChildProcess;
  /** What it logged so far. */
  log(): string;
  /** `http://host:port`, once it listens; rejects when it ends before. */
  readonly listening: Promise<string>;
  readonly ended: Promise<Ended>;
}

/** Starts the program. Nothing of this process' environment tells it of a Kubernetes API. */
export function startProgram(args: readonly string[], env: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
  });
  let stdout = '';
  let stderr = '';
  const listening = Promise.withResolvers<string>();
  // Nobody may be waiting for it.
  listening.promise.catch(() => undefined);
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    const match = /msg=listening address=(\S+)\n/.exec(stderr);
    if (match !== null) listening.resolve(`http://${match[1]}`);
  });
  const ended = once(child, 'close').then(([code, signal]: (number | string)[]): Ended => {
    listening.reject(new Error(`it ended with ${code ?? signal}: ${stderr}`));
    return { status: (code ?? signal)!, stdout, stderr };
  });
  return {
    process: child,
    log: () => stderr,
    listening: listening.promise,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
