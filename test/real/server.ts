import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** A server in a process of its own. Disposing of it sends SIGTERM, and SIGKILL after five seconds. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
  /** The last lines of stdout and stderr, for messages. */
  output(): string;
  /** Resolves with the first line, past or future, that matches. Rejects after `withinMs`, or when the process ends first. */
  line(pattern: RegExp, withinMs?: number): Promise<RegExpExecArray>;
  /** Sends the signal and resolves with the exit code (null when a signal ended the process). */
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<number | null>;
}

const KEPT_LINES = 2_000;

/** What still runs when this process ends without disposing of it, as at a time limit. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts `command`; never throws for a command that cannot be run: {@link Server.line} says so. */
export function startServer(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Server {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  });
  running.add(child);
  const lines: string[] = [];
  const listeners = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      for (const listener of listeners) listener(line);
    });
  const exited = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(code));
    child.once('error', (error) => {
      lines.push(error.message);
      resolve(null);
    });
  });
  void exited.then(() => running.delete(child));
  const output = (): string => lines.slice(-30).join('\n');

  async function line(pattern: RegExp, withinMs = 30_000): Promise<RegExpExecArray> {
    for (const past of lines) {
      const match = pattern.exec(past);
      if (match) return match;
    }
    const found = Promise.withResolvers<RegExpExecArray>();
    const listener = (text: string): void => {
      const match = pattern.exec(text);
      if (match) found.resolve(match);
    };
    listeners.add(listener);
    const timer = setTimeout(
      () => found.reject(new Error(`${command}: no line ${pattern} within ${withinMs} ms:\n${output()}`)),
      withinMs,
    );
    void exited.then((code) =>
      found.reject(new Error(`${command} ended (${code}) without a line ${pattern}:\n${output()}`)),
    );
    try {
      return await found.promise;
    } finally {
      clearTimeout(timer);
      listeners.delete(listener);
    }
  }

  async function stop(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    const code = await exited;
    clearTimeout(timer);
    return code;
  }

  return {
    pid: child.pid ?? -1,
    output,
    line,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

/** The first of `names` that is an executable file, in the order of PATH; undefined when there is none. */
export function findExecutable(...names: readonly string[]): string | undefined {
  for (const name of names)
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      const path = join(folder, name);
      if (folder !== '' && isExecutable(path)) return path;
    }
  return undefined;
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Asks again until `attempt` gives something other than undefined; the error names `what` and the last reason. */
export async function eventually<T>(
  what: string,
  attempt: (reason: (text: string) => void) => Promise<T | undefined>,
  options: { readonly tries?: number; readonly everyMs?: number } = {},
): Promise<T> {
  const tries = options.tries ?? 120;
  let last = 'no reason given';
  for (let n = 0; n < tries; n++) {
    const got = await attempt((text) => {
      last = text;
    });
    if (got !== undefined) return got;
    await delay(options.everyMs ?? 250);
  }
  throw new Error(`${what}: not so after ${tries} tries: ${last}`);
}
