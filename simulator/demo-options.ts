import { parseArgs } from 'node:util';

/** What the command line of the demo says. */
export interface DemoOptions {
  readonly help: boolean;
  readonly once: boolean;
  readonly pods: number;
  readonly seed: number;
  /** Undefined where an address is to be found. */
  readonly listen: string | undefined;
}

export const USAGE = `npm run demo [-- options]

Starts a KubeVirt of its own on addresses of 127.0.0.0/8, puts the gateway in front of it, and shows the merged answer.

  --pods <n>          how many KubeVirt pods, from 7 to 50000 (default 12)
  --listen <address>  where the gateway listens (default 127.0.0.1:8080, or a free port when that is taken)
  --seed <n>          another seed makes other virtual machines (default 1)
  --once              print the summary and end: 0 when the answer is what it must be, else 1
  --help
`;

/** The command line is wrong; the message is one line. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readDemoOptions(args: readonly string[]): DemoOptions {
  const { help, once, pods, seed, listen } = parse(args);
  return {
    help,
    once,
    pods: wholeNumber('--pods', pods, [7, 50_000]),
    seed: wholeNumber('--seed', seed, [0, 2 ** 31]),
    listen: listen === undefined ? undefined : readListen(listen),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        pods: { type: 'string', default: '12' },
        listen: { type: 'string' },
        seed: { type: 'string', default: '1' },
        once: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    const [first = ''] = (error as Error).message.split(/\n|\. /);
    throw new UsageError(`demo: ${first}; see npm run demo -- --help`, { cause: error });
  }
}

function wholeNumber(flag: string, text: string, [least, most]: readonly [number, number]): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(
    `demo: ${flag} is ${JSON.stringify(text)}; it must be a whole number from ${least} to ${most}`,
  );
}

/** With a host and a port, since the demo asks there itself. */
function readListen(text: string): string {
  if (/^(?:\[[\da-f:.]+\]|[\w.-]+):[1-9]\d{0,4}$/i.test(text)) return text;
  throw new UsageError(`demo: --listen is ${JSON.stringify(text)}; write it like 127.0.0.1:8080`);
}
