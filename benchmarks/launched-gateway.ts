import { eventually, startServer } from '../test/real/server.ts';

/** A gateway of the built bundle. Disposing ends it. */
export interface LaunchedGateway extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** The last lines of its log. */
  log(): string;
}

/** Starts the bundle's launcher with these flags on a free port of 127.0.0.1; resolves when it is ready. Rejects with its last log lines. */
export async function launchGateway(
  launcher: string,
  flags: readonly string[],
  options: { readonly nodeArgs?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<LaunchedGateway> {
  const { nodeArgs = [], env = {} } = options;
  const args = [...nodeArgs, launcher, '--web.listen-address=127.0.0.1:0', ...flags];
  const server = startServer(process.execPath, args, { env });
  try {
    const listening = await server.line(/msg="?listening"?.* address=(127\.0\.0\.1:\d+)/);
    const url = `http://${listening[1]}`;
    await eventually(
      'the gateway is ready',
      async (reason) => {
        const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
        reason(`status ${answer?.status}\n${server.output()}`);
        return answer?.status === 200 ? true : undefined;
      },
      { everyMs: 50, tries: 600 },
    );
    return {
      url,
      pid: server.pid,
      log: () => server.output(),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
