import { parseArgs } from 'node:util';

/** What the command line says. */
export interface Options {
  readonly help: boolean;
  readonly minutes: number;
  readonly seed: number;
  readonly pods: number;
}

export const USAGE = `npm run soak [-- options]

Runs the gateway in front of a KubeVirt whose pods come, go and misbehave, with clients of every kind, and checks
every answer. Ends with status 1 when something was not as it must be.

  --minutes <n>  how long, fractions allowed (default 1)
  --seed <n>     another seed makes other pods, faults and clients (default 1)
  --pods <n>     how many pods there are at rest, from 4 to 500 (default 30)
  --help
`;

/** The command line is wrong; the message is one line. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args);
  return {
    help: values.help,
    minutes: numberIn('--minutes', values.minutes, [0.01, 24 * 60]),
    seed: wholeIn('--seed', values.seed, [0, 2 ** 31]),
    pods: wholeIn('--pods', values.pods, [4, 500]),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', default: false },
        minutes: { type: 'string', default: '1' },
        seed: { type: 'string', default: '1' },
        pods: { type: 'string', default: '30' },
      },
    }).values;
  } catch (error) {
    const [first = ''] = (error as Error).message.split(/\n|\. /);
    throw new UsageError(`soak: ${first}; see npm run soak -- --help`, { cause: error });
  }
}

function numberIn(flag: string, text: string, [least, most]: readonly [number, number]): number {
  const number = /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(
    `soak: ${flag} is ${JSON.stringify(text)}; it must be a number from ${least} to ${most}`,
  );
}

function wholeIn(flag: string, text: string, range: readonly [number, number]): number {
  const number = numberIn(flag, text, range);
  if (Number.isInteger(number)) return number;
  throw new UsageError(`soak: ${flag} is ${text}; it must be a whole number`);
}
